import { describe, expect, it } from "vitest";
import { nextEntry } from "../../../src/audit/chain.ts";
import type { AuditEntry } from "../../../src/audit/entry.ts";
import { auditGaps, createGapFiller } from "../../../src/changes/audit-gaps.ts";
import { newRun, type RunRecord } from "../../../src/runbooks/durable/record.ts";

const at = "2026-01-02T12:00:00.000Z";
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
const shown = (entries: readonly AuditEntry[]) =>
  auditGaps([record], entries).map(({ action, actor }) => `${action} ${actor.person}`);

describe("what a killed process did not write down", () => {
  it("is found in the records: who decided, and how it ended", () => {
    expect(shown([])).toEqual(["approval.approve U2", "run.succeeded dfbot"]);
    expect(auditGaps([record], [])[0]).toMatchObject({ digest: "abc", reason: expect.stringContaining(at) });
  });

  it("is not what is there already, from whichever process", () => {
    expect(shown([entry("approval.approve", "U2")])).toEqual(["run.succeeded dfbot"]);
    expect(shown([entry("approval.approve", "U2"), entry("run.succeeded", "dfbot")])).toEqual([]);
    expect(shown([entry("approval.approve", "U3")])).toContain("approval.approve U2");
  });
});

describe("filling the gaps", () => {
  /** Looks at these entries one after the other, six seconds apart; `undefined` is a look at which not all could be read. */
  async function filled(looks: readonly (readonly AuditEntry[] | undefined)[], apartMs = 6_000): Promise<string[]> {
    const written: string[] = [];
    let turn = 0;
    const fill = createGapFiller({
      look: async () => {
        const entries = looks[turn];
        return entries === undefined ? undefined : auditGaps([record], entries);
      },
      write: ({ action }) => written.push(action),
      now: () => turn * apartMs,
    });
    for (; turn < looks.length; turn++) await fill();
    return written;
  }

  it("waits for a second look, and writes each once", async () => {
    expect(await filled([[]])).toEqual([]);
    expect(await filled([[], []])).toEqual(["approval.approve", "run.succeeded"]);
    expect(await filled([[], [], [], []])).toEqual(["approval.approve", "run.succeeded"]);
  });

  it("leaves out what another process was about to write down", async () => {
    expect(await filled([[], [entry("run.succeeded", "dfbot")]])).toEqual(["approval.approve"]);
  });

  it("leaves to the next process what came up after the first look", async () => {
    const all = [entry("approval.approve", "U2"), entry("run.succeeded", "dfbot")];
    expect(await filled([all, []])).toEqual([]);
  });

  it("does not take looks for two that are close together, or that did not see all entries", async () => {
    expect(await filled([[], []], 1_000)).toEqual([]);
    expect(await filled([undefined, []])).toEqual([]);
    expect(await filled([[], undefined, []])).toEqual(["approval.approve", "run.succeeded"]);
  });
});
