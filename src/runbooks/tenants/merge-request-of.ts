import { z } from "zod";
import type { RunRecord } from "../durable/record.ts";
import { mergeEffect, readMergeKey } from "./merge-key.ts";

/** A merge request as a run knows it. */
export interface RunMergeRequest {
  readonly iid: number;
  /** Newest head that the run has made or read; undefined while it has read none. */
  readonly head: string | undefined;
  /** Of the plan of the question that is open about this head; undefined when nothing is being asked. */
  readonly digest?: string;
}

const planSchema = z.object({ effects: z.array(z.object({ key: z.string() })) });
const resultSchema = z.object({ iid: z.int(), head: z.string() });
const paramsSchema = z.object({ mergeRequest: z.int() });

/**
 * Which merge request a run is about, read from its checkpoints: that of its newest plan, else the one that a step has opened or read,
 * else the one that it was asked to look at.
 */
export function mergeRequestOf(record: RunRecord): RunMergeRequest | undefined {
  for (const checkpoint of record.checkpoints.toReversed()) {
    if (checkpoint.kind === "approval") {
      const keys = planSchema.safeParse(checkpoint.plan).data?.effects.map(({ key }) => readMergeKey(key)) ?? [];
      const found = keys.find((key) => key !== undefined);
      if (found === undefined) continue;
      return checkpoint.outcome === undefined ? { ...found, digest: checkpoint.digest } : found;
    }
    if (checkpoint.kind === "step") {
      const { data } = resultSchema.safeParse(checkpoint.result);
      if (data !== undefined) return data;
    }
  }
  // That which a revert takes back is another one.
  const asked = record.runbook === "review" ? paramsSchema.safeParse(record.params).data : undefined;
  return asked === undefined ? undefined : { iid: asked.mergeRequest, head: undefined };
}

/**
 * The merge request of the bot's own that a run has left behind, and why it is of no use any more: nobody will be asked about it again.
 * Undefined for a run that goes on, that merged, or that failed and can go on; and for merge requests of people, which are theirs.
 */
export function leftBehind(record: RunRecord): { readonly iid: number; readonly why: string } | undefined {
  const reasons: Partial<Record<RunRecord["state"], string>> = {
    rejected: "it was rejected in Slack",
    expired: "nobody decided about it in time",
    cancelled: "whoever asked for it took it back",
  };
  const why = reasons[record.state];
  const found = mergeRequestOf(record);
  const isMerged = record.checkpoints.some(
    (one) => one.kind === "step" && one.name === mergeEffect && one.result === "merged",
  );
  if (why === undefined || found === undefined || isMerged || record.runbook === "review") return undefined;
  return { iid: found.iid, why };
}

/**
 * A run that sleeps, as it is when it need not wait any longer, because something happened in GitLab; any other as it is. To be given to
 * `RunDriver.amend`.
 */
export function awakened(record: RunRecord, now: Date): RunRecord {
  const last = record.checkpoints.at(-1);
  if (record.state !== "sleeping" || last?.kind !== "sleep") return record;
  const at = now.toISOString();
  if (Date.parse(last.until) <= now.getTime()) return record;
  return { ...record, wakeAt: at, checkpoints: [...record.checkpoints.slice(0, -1), { ...last, until: at }] };
}
