import { describe, expect, it } from "vitest";
import { nothingSeen, seenFailure, seenReport } from "../../../../src/cli/watch/changes.ts";
import { endLines, type ScreenOptions, watchScreen } from "../../../../src/cli/watch/screen.ts";
import { finding, hostileReport, hugeReport, mixedReport, report } from "../../../fakes/report.ts";

const plain: ScreenOptions = { colour: false, columns: 100, rows: 30 };
const now = new Date("2026-01-02T12:00:07.000Z");
const waiting = { now, since: undefined, next: new Date("2026-01-02T12:00:10.000Z") };
const mixed = seenReport(nothingSeen, mixedReport);

describe("the screen of a watch", () => {
  it("says what is awaited before there is anything", () => {
    const reading = { now, since: new Date("2026-01-02T12:00:03.000Z"), next: undefined };
    expect(watchScreen("verify", nothingSeen, reading, plain)).toEqual([
      "verify, round 0, reading for 4 s, Ctrl-C ends",
    ]);
  });

  it("has the verdict, the age of the data, the time to the next round, what failed first, and the changes", () => {
    const fixed = report({
      ...mixedReport,
      startedAt: "2026-01-02T12:00:05.000Z",
      findings: [...mixedReport.findings.slice(0, 3), finding({ id: "service.apps", title: "It is read" })],
    });
    expect(watchScreen("verify", seenReport(mixed, fixed), waiting, plain)).toMatchInlineSnapshot(`
      [
        "FAIL  dragonfly (infra/dragonfly-system) is in trouble: Replica dragonfly-1 has lost its primary",
        "      (and 2 more findings)",
        "verify, round 2, as of 2 s ago, next in 3 s, Ctrl-C ends",
        "",
        "Needs attention",
        "  FAIL    Replica dragonfly-1 has lost its primary",
        "          It serves stale data.",
        "  WARN    PodDisruptionBudget dragonfly does not keep 2 of 3 pods",
        "",
        "Changes, the newest first",
        "> 2026-01-02T12:00:05Z  ok      service.apps: It is read (was unknown)",
        "  2026-01-02T12:00:00Z  WARN    pdb.data: PodDisruptionBudget dragonfly does not keep 2 of 3 pods",
        "  2026-01-02T12:00:00Z  UNKNOWN service.apps: The Services in cluster apps could not be read",
        "  2026-01-02T12:00:00Z  FAIL    replication.dragonfly-1: Replica dragonfly-1 has lost its primary",
        "  2026-01-02T12:00:00Z  FAIL    dragonfly (infra/dragonfly-system) is in trouble: Replica dragonfly-1 has lost its primary (and 2 more findings)",
      ]
    `);
  });

  it("says that it is no longer known when a round could not be made, and of when the rest is", () => {
    const seen = seenFailure(mixed, new Error("no answer"), "2026-01-02T12:00:06.000Z");
    const lines = watchScreen("verify", seen, waiting, plain);
    expect(lines[0]).toMatch(/^ {2}UNKNOWN This round could not be made: no answer\.$/);
    expect(lines[1]).toBe("verify, round 2, as of 7 s ago, next in 3 s, Ctrl-C ends");
    expect(lines).toContain("  FAIL    Replica dragonfly-1 has lost its primary");
  });

  it.each([1, 2, 5, 8, 13, 24, 60])("fits %i rows, and what failed keeps its place beside the changes", (rows) => {
    const lines = watchScreen("verify", seenReport(nothingSeen, hugeReport), waiting, { ...plain, rows });
    expect(lines.length).toBe(rows);
    if (rows >= 8) expect(lines.join("\n")).toMatch(/Needs attention\n.*… \d+ more\n\nChanges/s);
  });

  it("leaves the details out before a finding", () => {
    const lines = watchScreen("verify", mixed, waiting, { ...plain, rows: 11 });
    for (const title of ["has lost its primary", "does not keep 2 of 3 pods", "could not be read"]) {
      expect(lines.filter((line) => /^ {2}(FAIL|WARN|UNKNOWN) /.test(line) && line.includes(title))).toHaveLength(1);
    }
    expect(lines.join("\n")).not.toContain("It serves stale data.");
  });

  it("uses colour only when told to, and lets nothing act on the terminal", () => {
    const seen = seenReport(nothingSeen, hostileReport);
    expect(watchScreen("verify", seen, waiting, plain).join("")).not.toMatch(/\p{Cc}/u);
    expect(endLines(seen, plain).join("")).not.toMatch(/\p{Cc}/u);
    expect(watchScreen("verify", seen, waiting, { ...plain, colour: true }).join("")).toContain("\u001b[31mFAIL");
  });
});

describe("what stays on the terminal", () => {
  it("is every change, oldest first, and how it was in the end", () => {
    const seen = seenReport(mixed, report({ startedAt: "2026-01-02T12:00:05.000Z" }));
    const lines = endLines(seen, plain);
    expect(lines[0]).toMatch(/^2026-01-02T12:00:00Z {2}FAIL /);
    expect(lines.at(-2)).toMatch(/^OK {2}dragonfly .* is healthy/);
    expect(lines.at(-1)).toMatch(/^status, read at 2026-01-02T12:00:05.000Z in 0.3 s/);
  });

  it("says how many changes it forgot", () => {
    expect(endLines({ ...mixed, forgotten: 7 }, plain)[0]).toBe("… 7 earlier changes");
  });

  it("is nothing when there was no round", () => {
    expect(endLines(nothingSeen, plain)).toEqual([]);
  });
});
