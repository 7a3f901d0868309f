import { z } from "zod";

/** A run of a change runbook as it is kept: everything that another process needs to carry it on. */

export const runStates = [
  "queued",
  "running",
  "waiting",
  "sleeping",
  "succeeded",
  "failed",
  "rejected",
  "expired",
  "cancelled",
] as const;
export type RunState = (typeof runStates)[number];

const ended: ReadonlySet<RunState> = new Set(["succeeded", "failed", "rejected", "expired", "cancelled"]);

/** Whether nothing will change any more. */
export function hasEnded(state: RunState): boolean {
  return ended.has(state);
}

const time = z.iso.datetime();
const failureSchema = z.strictObject({ code: z.string(), message: z.string(), next: z.string() });
export type Failure = z.infer<typeof failureSchema>;

const stepSchema = z.strictObject({
  kind: z.literal("step"),
  name: z.string(),
  /** It changes the world, once. */
  effect: z.literal(true).optional(),
  begunAt: time,
  /** How often it was begun: of an effect over all processes, of a step in the one that did it. */
  attempts: z.int().min(1),
  doneAt: time.optional(),
  /** JSON; absent until it is done. */
  result: z.unknown(),
  /** Instead of a result, when every attempt failed. */
  failure: failureSchema.optional(),
});

const sleepSchema = z.strictObject({ kind: z.literal("sleep"), name: z.string(), until: time });

const outcomeSchema = z.strictObject({
  state: z.enum(["approved", "rejected", "expired", "voided"]),
  at: time,
  /** Canonical ids of the people who decided. */
  by: z.array(z.string()),
  reason: z.string().default(""),
});
export type ApprovalOutcome = z.infer<typeof outcomeSchema>;

const voteSchema = z.strictObject({
  /** Canonical id. */
  person: z.string(),
  choice: z.enum(["approve", "reject", "break-glass"]),
  at: time,
  reason: z.string(),
});
export type Vote = z.infer<typeof voteSchema>;

const approvalSchema = z.strictObject({
  kind: z.literal("approval"),
  name: z.string(),
  askedAt: time,
  expiresAt: time,
  /** Everything that was said and counted, in its order. */
  votes: z.array(voteSchema),
  /** How many of the policy's reminders were sent. */
  reminded: z.int().optional(),
  /** SHA-256 of the plan. */
  digest: z.string(),
  /** The plan as it was approved: data, checked by its own schema where it is used. */
  plan: z.unknown(),
  outcome: outcomeSchema.optional(),
});

const checkpointSchema = z.discriminatedUnion("kind", [stepSchema, sleepSchema, approvalSchema]);
export type Checkpoint = z.infer<typeof checkpointSchema>;
export type StepCheckpoint = z.infer<typeof stepSchema>;
export type ApprovalCheckpoint = z.infer<typeof approvalSchema>;

const mergeRequestSchema = z.strictObject({
  iid: z.int().min(1),
  url: z.string(),
  state: z.enum(["opened", "merged", "closed", "locked"]),
  head: z.string(),
  pipeline: z.enum(["none", "running", "succeeded", "failed"]),
  /** User names there; beside our own approvals, never instead of them. */
  approvedBy: z.array(z.string()),
  /** Of the account that merged or closed it. */
  by: z.string().optional(),
});
export type SeenMergeRequest = z.infer<typeof mergeRequestSchema>;

export const runRecordSchema = z.strictObject({
  /** Ours, never the queue's: an emptied queue counts from one again. */
  id: z.string(),
  runbook: z.string(),
  /** Of the runbook that it began with. */
  version: z.int().min(1),
  params: z.record(z.string(), z.unknown()),
  requester: z.strictObject({ surface: z.enum(["slack", "cli", "webhook", "schedule"]), id: z.string() }),
  requestedAt: time,
  /** Where the message is that shows it, when it was asked for in Slack. */
  slack: z
    .strictObject({
      channel: z.string(),
      /** Absent until the message is there. */
      ts: z.string().optional(),
      /** When somebody began to post it. */
      postingAt: time.optional(),
      /** What the card shows, as `cardState` names it; written where the run rests. */
      shown: z.string().optional(),
      /** Digest of the plan whose diff is a file in the thread. */
      attached: z.string().optional(),
    })
    .optional(),
  /** What the Git host says of the merge request that it is about, for its card. */
  mergeRequest: mergeRequestSchema.optional(),
  state: z.enum(runStates),
  /** What it alone may change while it is not ended: `dragonfly-system/dragonfly`. */
  lock: z.string().optional(),
  /** The process that carries it on, which shows by a rising count that it is alive. */
  owner: z.strictObject({ process: z.string(), beat: z.int() }).optional(),
  checkpoints: z.array(checkpointSchema),
  /** While sleeping. */
  wakeAt: time.optional(),
  /** Somebody wants it to end; it ends before its next step. */
  cancel: z.strictObject({ by: z.string(), at: time, reason: z.string().default("") }).optional(),
  /** Who had it tried again after it had failed, and from which step. */
  reruns: z.array(z.strictObject({ by: z.string(), at: time, from: z.string() })).optional(),
  /** Why it failed. */
  failure: failureSchema.optional(),
  endedAt: time.optional(),
  /** What it concluded: summary, findings, tables. */
  conclusion: z.unknown(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

/** Changes whenever the card of the run has to change. */
export function cardState({ state, checkpoints, cancel, reruns = [], mergeRequest }: RunRecord): string {
  const last = checkpoints.at(-1);
  const votes = last?.kind === "approval" ? last.votes.length : 0;
  const voided = last?.kind === "approval" && last.outcome?.state === "voided" ? "voided" : "";
  const there =
    mergeRequest === undefined
      ? []
      : [mergeRequest.state, mergeRequest.pipeline, mergeRequest.approvedBy.length, mergeRequest.head.slice(0, 12)];
  return [state, reruns.length, checkpoints.length, votes, cancel === undefined ? "" : "cancel", voided, ...there]
    .join(" ")
    .trim();
}

/** Whether there is something left to do about it: it has not ended, or its card does not show that yet. */
export function isOpen(record: RunRecord): boolean {
  const { state, slack } = record;
  return !hasEnded(state) || (slack !== undefined && slack.shown !== cardState(record));
}

/** The first form of a run: accepted, nothing done. */
export function newRun(
  wanted: Pick<RunRecord, "id" | "runbook" | "version" | "params" | "requester" | "lock" | "slack">,
  now: Date,
): RunRecord {
  return { ...wanted, requestedAt: now.toISOString(), state: "queued", checkpoints: [], conclusion: null };
}
