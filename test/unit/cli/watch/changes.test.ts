import { describe, expect, it } from "vitest";
import { nothingSeen, type Seen, seenFailure, seenReport } from "../../../../src/cli/watch/changes.ts";
import { changeLine } from "../../../../src/cli/watch/lines.ts";
import { BotError } from "../../../../src/errors.ts";
import { type Finding, type Report, worstVerdict } from "../../../../src/reports/model.ts";
import { finding, hostileText, report } from "../../../fakes/report.ts";

const at = (second: number) => `2026-01-02T12:00:${String(second).padStart(2, "0")}.000Z`;

/** A round whose findings are given as `id verdict`. */
function round(second: number, ...findings: readonly string[]): Report {
  const made = findings.map((words): Finding => {
    const [id = "", verdict = ""] = words.split(" ");
    if (verdict !== "ok" && verdict !== "fail" && verdict !== "unknown" && verdict !== "warn") throw new Error(words);
    return finding({ id, verdict, title: `about ${id}` });
  });
  const verdict = worstVerdict(made.map((one) => one.verdict));
  return report({ startedAt: at(second), verdict, summary: `all in all ${verdict}`, findings: made });
}

const seenAll = (...rounds: readonly Report[]) => rounds.reduce(seenReport, nothingSeen);
const news = (seen: Seen) =>
  seen.changes
    .filter((change) => change.at === seen.at)
    .map(({ now, before, what }) => `${before ?? "-"} > ${now} ${what}`);

describe("what changed", () => {
  it("at first is how it stands: the verdict, and what does not hold, the worst first", () => {
    expect(news(seenAll(round(1, "a ok", "b unknown", "c fail")))).toEqual([
      "- > fail all in all fail",
      "- > fail c: about c",
      "- > unknown b: about b",
    ]);
  });

  it("is nothing when nothing did, whatever the words are", () => {
    const seen = seenAll(round(1, "a ok", "b fail"), {
      ...round(2, "a ok", "b fail"),
      summary: "in other words",
    });
    expect(news(seen)).toEqual([]);
    expect(seen.rounds).toBe(2);
  });

  it("is what got worse, then what got better, and the verdict before both when it is another", () => {
    expect(news(seenAll(round(1, "a ok", "b fail", "c ok"), round(2, "a unknown", "b ok", "c ok")))).toEqual([
      "fail > unknown all in all unknown",
      "ok > unknown a: about a",
      "fail > ok b: about b",
    ]);
  });

  it("counts what comes and goes only when it does not hold", () => {
    const seen = seenAll(
      round(1, "a ok", "old.good ok", "old.bad fail"),
      round(2, "a ok", "new.good ok", "new.bad fail"),
    );
    expect(news(seen)).toEqual(["- > fail new.bad: about new.bad", "fail > gone old.bad: about old.bad"]);
  });
});

describe("a round that could not be made", () => {
  const away = new BotError("kubernetes.unreachable", "infra does not answer", "Look at it");

  it("is unknown, and said once as long as the reason stays", () => {
    const first = seenFailure(seenAll(round(1, "a ok")), away, at(2));
    expect(news(first)).toEqual(["ok > unknown This round could not be made: infra does not answer. Look at it."]);
    const second = seenFailure(first, away, at(3));
    expect(news(second)).toEqual([]);
    expect(second.rounds).toBe(3);
  });

  it("hides nothing that happened meanwhile", () => {
    const seen = seenReport(
      seenFailure(seenAll(round(1, "a ok", "b fail")), away, at(2)),
      round(3, "a fail", "b fail"),
    );
    expect(news(seen)).toEqual(["unknown > fail all in all fail", "ok > fail a: about a"]);
    expect(seen.failure).toBeUndefined();
  });
});

it("a watch of days keeps the newest changes and counts the others", () => {
  const seen = seenAll(...Array.from({ length: 400 }, (_, i) => round(i % 60, i % 2 === 0 ? "a ok" : "a fail")));
  expect(seen.changes).toHaveLength(500);
  // The verdict and the finding each time, at first only the verdict.
  expect(seen.forgotten).toBe(400 * 2 - 1 - 500);
});

it("a line has time, verdict, check and how it was, and nothing that acts on a terminal", () => {
  const change = { at: at(5), now: "fail", before: "ok", what: `a: ${hostileText}` } as const;
  const line = changeLine(change, { colour: false });
  expect(line).toMatch(/^2026-01-02T12:00:05Z {2}FAIL {4}a: <!channel> .* \(was ok\)$/);
  expect(line).not.toMatch(/\p{Cc}/u);
});
