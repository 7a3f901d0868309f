import { describe, expect, it } from "vitest";
import { nextEntry } from "../../../src/audit/chain.ts";
import type { AuditEntry } from "../../../src/audit/entry.ts";
import { auditGaps } from "../../../src/changes/audit-gaps.ts";
import { newRun, type RunRecord } from "../../../src/runbooks/durable/record.ts";

const at = "2026-01-02T12:00:00.000Z";
const later = new Date("2026-01-02T12:01:00Z");
const requester = { surface: "slack" as const, id: "U1" };
const record: RunRecord = {
  ...newRun({ id: "r-1", runbook: "snapshot", version: 1, params: {}, requester }, new Date(at)),
  state: "succeeded",
  endedAt: at,
  checkpoints: [
    {
      kind: "approval",
      name: "approval",
      askedAt: at,
      expiresAt: at,
      digest: "abc",
      plan: {},
      votes: [{ person: "U2", choice: "approve", at, reason: "" }],
    },
  ],
};
const entry = (action: string, person: string): AuditEntry =>
  nextEntry(undefined, "w", { at, actor: { person, via: "slack", identity: person }, action, run: "r-1" });
const shown = (entries: readonly AuditEntry[], before = later) =>
  auditGaps([record], entries, before).map(({ action, actor }) => `${action} ${actor.person}`);

describe("what a killed process did not write down", () => {
  it("is found in the records: who decided, and how it ended", () => {
    expect(shown([])).toEqual(["approval.approve U2", "run.succeeded dfbot"]);
    expect(auditGaps([record], [], later)[0]).toMatchObject({ digest: "abc", reason: expect.stringContaining(at) });
  });

  it("is not what is there already, from whichever process", () => {
    expect(shown([entry("approval.approve", "U2")])).toEqual(["run.succeeded dfbot"]);
    expect(shown([entry("approval.approve", "U2"), entry("run.succeeded", "dfbot")])).toEqual([]);
    expect(shown([entry("approval.approve", "U3")])).toContain("approval.approve U2");
  });

  it("is not what somebody may just be writing", () => {
    expect(shown([], new Date(at))).toEqual([]);
  });
});
