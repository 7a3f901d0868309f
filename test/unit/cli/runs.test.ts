import { describe, expect, it } from "vitest";
import { runsText } from "../../../src/cli/runs-command.ts";
import { noGitChanges } from "../../../src/git/not-configured.ts";
import { changeCatalog } from "../../../src/runbooks/changes/catalog.ts";
import { changeIds } from "../../../src/runbooks/changes/ids.ts";
import { newRun, type RunRecord } from "../../../src/runbooks/durable/record.ts";
import { config, fakePlatform } from "../../fakes/platform.ts";

const requester = { surface: "slack" as const, id: "U0ADA" };
const run = (id: string, more: Partial<RunRecord> = {}): RunRecord => ({
  ...newRun(
    { id, runbook: "snapshot", version: 1, params: {}, requester, lock: "dragonfly-system/dragonfly" },
    new Date("2026-01-02T12:00:00Z"),
  ),
  ...more,
});
const at = "2026-01-02T12:05:00.000Z";
const whole = run("r-2", {
  state: "failed",
  endedAt: at,
  failure: { code: "x", message: "dragonfly-0 did not save", next: "Look at the volume" },
  checkpoints: [
    { kind: "step", name: "look", begunAt: at, attempts: 1, doneAt: at, result: null },
    {
      kind: "approval",
      name: "approval",
      askedAt: at,
      expiresAt: at,
      digest: "abc123",
      plan: {},
      votes: [{ person: "U0GRACE", choice: "approve", at, reason: "" }],
      outcome: { state: "approved", at, by: ["U0GRACE"], reason: "" },
    },
    {
      kind: "step",
      name: "save",
      begunAt: at,
      attempts: 1,
      doneAt: at,
      result: null,
      failure: { code: "x", message: "no space", next: "" },
    },
  ],
});
const question = { waiting: false, json: false, most: 20 };

describe("dfbot runs", () => {
  it("lists the newest first, all of them or those that wait", () => {
    const runs = [run("r-1", { state: "waiting" }), whole];
    expect(runsText(runs, question)).toBe(
      "r-2  failed     snapshot on dragonfly-system/dragonfly, asked for by U0ADA at 2026-01-02T12:00:00.000Z\n" +
        "r-1  waiting    snapshot on dragonfly-system/dragonfly, asked for by U0ADA at 2026-01-02T12:00:00.000Z\n",
    );
    expect(runsText(runs, { ...question, waiting: true })).toMatch(/^r-1 [^\n]*\n$/);
    expect(runsText(runs, { ...question, most: 1 })).toMatch(/^r-2 [^\n]*\n$/);
    expect(runsText([], question)).toBe("No change has been asked for yet.\n");
    expect(JSON.parse(runsText(runs, { ...question, json: true }))).toMatchObject({
      runs: [{ id: "r-2" }, { id: "r-1" }],
    });
  });

  it("shows one with its steps, who decided what, and why it failed", () => {
    const text = runsText([whole], { ...question, id: "r-2" });
    expect(text).toMatch(
      /\+ look[\s\S]*\? plan abc123: approved\n {4}U0GRACE approve at[\s\S]*x save: no space[\s\S]*did not save. Look at the volume/,
    );
    expect(() => runsText([], { ...question, id: "r-9" })).toThrow(/There is no run "r-9"/);
  });

  it("knows the names of all changes that ship", () => {
    const refused = async () => {};
    const changes = { snapshot: refused, follow: refused, loadAccessList: refused, evictPod: refused };
    const catalog = changeCatalog({ config, platform: fakePlatform(), changes, git: noGitChanges, tell: refused });
    expect(catalog.map(({ id }) => id)).toEqual([...changeIds]);
  });
});
