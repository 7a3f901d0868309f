import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextEntry, searchAudit, verifyChain } from "../../../src/audit/chain.ts";
import type { AuditContents, AuditEntry } from "../../../src/audit/entry.ts";

const contents = (n: number, more: Partial<AuditContents> = {}): AuditContents => ({
  at: new Date(Date.parse("2026-01-02T12:00:00Z") + n * 60_000).toISOString(),
  actor: { person: n % 2 === 0 ? "ann" : "ben", via: "slack", identity: `U${n}` },
  action: "approval.approved",
  run: `run-${n}`,
  runbook: "failover",
  target: "dragonfly-system/dragonfly",
  digest: `${n}`.repeat(64).slice(0, 64),
  ...more,
});

/** Two writers, their entries as they come. */
function log(writers: readonly string[]): readonly AuditEntry[] {
  const last = new Map<string, AuditEntry>();
  return writers.map((writer, n) => {
    const entry = nextEntry(last.get(writer), writer, contents(n));
    last.set(writer, entry);
    return entry;
  });
}
const whole = log(["a", "a", "b", "a", "b", "b", "a"]);
const edit = (at: number, change: Partial<AuditEntry>) => whole.with(at, { ...(whole[at] as AuditEntry), ...change });

describe("a chain", () => {
  it("holds as it was written, for each writer by itself", () => {
    const report = verifyChain(whole);
    expect(report.problems).toEqual([]);
    expect(report.entries).toBe(7);
    expect(report.heads).toEqual({ a: { seq: 4, hash: whole[6]?.hash }, b: { seq: 3, hash: whole[5]?.hash } });
  });

  it.each<[string, readonly AuditEntry[], RegExp]>([
    ["an entry was changed", edit(3, { reason: "because" }), /a 3 .*not what was written/],
    [
      "an entry was changed and hashed anew",
      whole.with(3, nextEntry(whole[1], "a", contents(9))),
      /a 4 .*does not name the entry before it/,
    ],
    ["an entry was taken out", whole.toSpliced(3, 1), /a 4 .*follows 2, so entries are missing/],
    ["the first one was taken out", whole.toSpliced(0, 1), /a 2 .*the chain begins/],
    ["two changed places", whole.with(1, whole[3] as AuditEntry).with(3, whole[1] as AuditEntry), /out of order/],
    ["one was put in", whole.toSpliced(3, 0, nextEntry(undefined, "a", contents(8))), /a 1 /],
  ])("shows that %s", (_, entries, words) => {
    expect(verifyChain(entries).problems.join("\n")).toMatch(words);
  });

  it("that was cut short shows only against a head that somebody has kept", () => {
    const { heads } = verifyChain(whole);
    const cut = whole.slice(0, 5);
    expect(verifyChain(cut).problems).toEqual([]);
    expect(verifyChain(cut, [heads["a"]?.hash ?? ""]).problems).toHaveLength(1);
    expect(verifyChain(whole, [heads["a"]?.hash ?? ""]).problems).toEqual([]);
  });

  it("shows every change of any field of any entry", () => {
    fc.assert(
      fc.property(
        fc.nat(6),
        fc.constantFrom("at", "action", "run", "runbook", "target", "digest", "reason", "writer", "seq", "previous"),
        (at, field) => {
          const before = whole[at] as AuditEntry;
          const value =
            field === "seq"
              ? before.seq + 1
              : field === "previous"
                ? "f".repeat(64)
                : `${String(before[field as keyof AuditEntry] ?? "")}x`;
          expect(verifyChain(edit(at, { [field]: value })).problems).not.toEqual([]);
        },
      ),
    );
  });
});

describe("the search", () => {
  it("finds who approved what, when", () => {
    const january = { from: new Date("2026-01-02T12:02:00Z"), until: new Date("2026-01-02T12:05:00Z") };
    expect(searchAudit(whole, { person: "ann" }).map(({ run }) => run)).toEqual(["run-0", "run-2", "run-4", "run-6"]);
    expect(searchAudit(whole, { person: "ann", ...january }).map(({ run }) => run)).toEqual(["run-2", "run-4"]);
    expect(searchAudit(whole, { digest: "333333" }).map(({ run }) => run)).toEqual(["run-3"]);
    expect(searchAudit(whole, { runbook: "snapshot" })).toEqual([]);
    expect(searchAudit(whole, {})).toHaveLength(7);
  });
});
