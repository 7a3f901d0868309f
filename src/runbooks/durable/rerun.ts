import { BotError } from "../../errors.ts";
import type { ApprovalCheckpoint, Checkpoint, RunRecord } from "./record.ts";

/**
 * A failed run as it is when it goes on from the step that failed: what was done stays done. While nothing has been changed
 * since the plan was approved, everything after the approval is looked at again, so that what the plan relied on is checked
 * before its first effect. An approval counts until its time is over, not longer.
 *
 * @throws BotError `run.not-failed`, or `run.no-rerun` when it has to be asked for anew
 */
export function rerunFrom(record: RunRecord, by: string, now: Date): RunRecord {
  const { id, runbook, checkpoints } = record;
  const anew = `Ask for ${runbook} again: that makes a new plan`;
  if (record.state !== "failed") {
    throw new BotError("run.not-failed", `Run ${id} is ${record.state}; only a failed one can go on`, anew);
  }
  const at = checkpoints.findIndex((one) => one.kind === "step" && one.failure !== undefined);
  const failed = checkpoints[at];
  if (failed === undefined) {
    throw new BotError("run.no-rerun", `Run ${id} did not fail in a step, so there is none to go on from`, anew);
  }
  const approvedAt = checkpoints.findLastIndex(isApproval);
  const approval = checkpoints[approvedAt];
  const changed = checkpoints.slice(approvedAt + 1, at).some(isEffectDone);
  if (approval !== undefined && isApproval(approval) && !changed) {
    if (approval.outcome?.state !== "approved" || now.getTime() >= Date.parse(approval.expiresAt)) {
      throw new BotError("run.no-rerun", `The time in which run ${id} was approved is over`, anew);
    }
  }
  const keep = changed || approvedAt > at ? at : Math.min(at, approvedAt === -1 ? at : approvedAt + 1);
  const { failure: _, endedAt: __, owner: ___, cancel: ____, ...rest } = record;
  return {
    ...rest,
    state: "queued",
    checkpoints: checkpoints.slice(0, keep),
    reruns: [...(record.reruns ?? []), { by, at: now.toISOString(), from: failed.name }],
  };
}

function isApproval(checkpoint: Checkpoint): checkpoint is ApprovalCheckpoint {
  return checkpoint.kind === "approval";
}

function isEffectDone(checkpoint: Checkpoint): boolean {
  return checkpoint.kind === "step" && checkpoint.effect === true && checkpoint.failure === undefined;
}
