import { expect, it } from "vitest";
import { createCardWatch } from "../../../src/changes/card-watch.ts";
import { cardState, newRun, type RunRecord } from "../../../src/runbooks/durable/record.ts";

const requester = { surface: "slack" as const, id: "U1" };
const run: RunRecord = {
  ...newRun(
    { id: "r-1", runbook: "x", version: 1, params: {}, requester, slack: { channel: "C1", ts: "1" } },
    new Date(),
  ),
  state: "waiting",
};
const shown = { ...run, slack: { channel: "C1", ts: "1", shown: cardState(run) } };
const names = (runs: readonly RunRecord[]) => runs.map(({ id }) => id);

it("a card that stays behind is found; one that is up to date, being worked on, or of no message is not", () => {
  let at = 0;
  const watch = createCardWatch(5_000, () => at);
  const { slack: _, ...silent } = run;
  const all = [
    run,
    { ...shown, id: "r-2" },
    { ...run, id: "r-3", owner: { process: "p", beat: 1 } },
    { ...silent, id: "r-4" },
  ];
  expect(names(watch.look(all))).toEqual([]);
  at = 4_999;
  expect(names(watch.look(all))).toEqual([]);
  at = 5_000;
  expect(names(watch.look(all))).toEqual(["r-1"]);
});

it("counts anew whenever the run goes on", () => {
  let at = 0;
  const watch = createCardWatch(5_000, () => at);
  watch.look([run]);
  at = 4_000;
  watch.look([{ ...run, state: "succeeded" }]);
  at = 8_000;
  expect(watch.look([{ ...run, state: "succeeded" }])).toEqual([]);
  at = 9_000;
  expect(watch.look([{ ...run, state: "succeeded" }])).toHaveLength(1);
});
