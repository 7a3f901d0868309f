import { BotError } from "../../errors.ts";
import type { DurableContext, StepContext } from "../durable/definition.ts";
import type { FileChange } from "./change-of-files.ts";
import type { TenantDeps } from "./deps.ts";
import { type About, type Approved, approvalNote, mergeMessage } from "./describe.ts";
import { mergeEffect } from "./merge-key.ts";
import { type Current, lookAt, refuseBroken, type Situation } from "./situation.ts";

/** What people approved, on its way into the target branch. */
export interface ToMerge {
  readonly change: FileChange;
  readonly current: Current;
  readonly about: About;
  readonly approved: Approved;
  /** Newest commit of the target branch for which the plan was seen to hold. */
  readonly holdsOn: string;
}

/** Between two looks at GitLab, in seconds; the last one stays. The watch of GitLab wakes the run earlier. */
const pauses = [3, 5, 10, 20, 30, 60, 120, 300, 600, 900] as const;
/** How long GitLab may take until it can be merged: a pipeline, and people who approve there. */
const longestWaitMs = 24 * 3_600_000;

/** What is asked of GitLab may be asked again: each looks first whether it is done. */
const again = { timeoutMs: 60_000, retries: 3, backoffMs: 2_000 };

/**
 * From the approval to the merge: says in GitLab who approved, gives GitLab's own approval where that is wanted, waits for the pipeline and
 * for people, and merges exactly the head that was approved. Returns how things are as soon as that is not what was approved, or merged.
 */
export async function mergeApproved(
  context: DurableContext<unknown>,
  deps: TenantDeps,
  { change, current, about, approved, ...start }: ToMerge,
): Promise<Exclude<Situation, { kind: "same" }>> {
  const { iid, head, url, prepared } = current;
  const { git, config, platform } = deps;
  const target = config.tenants.branch;
  await context.effect(
    "say in GitLab who approved it",
    {
      find: async () => undefined,
      apply: async ({ signal }) => {
        // The note has a mark by which it is there once, however often it is asked for.
        await git.note(iid, `${about.runId}/${approved.digest}`, approvalNote(approved, about, config), signal);
        return "said";
      },
    },
    again,
  );
  let holdsOn = start.holdsOn;
  let hostSays = "";
  let asked = false;
  let waitedMs = 0;
  let told = false;
  for (let looks = 0; ; looks++) {
    const waited = waitedMs;
    const look = async ({ signal }: StepContext) => {
      const now = await lookAt(deps, change, current, holdsOn, signal);
      refuseBroken(now, url);
      if (now.kind === "same" && now.readiness !== "ready" && waited >= longestWaitMs) throw notReady(url, now.word);
      return now;
    };
    const now = await context.step(
      looks === 0 ? "look whether it can be merged" : "look again whether it can be merged",
      look,
      again,
    );
    if (now.kind !== "same") return now;
    holdsOn = now.holdsOn;
    if (now.missing > 0 && !asked) {
      asked = true;
      const answer = await context.effect(
        "approve it in GitLab with the second account",
        {
          find: async ({ signal }) =>
            (await platform.git.approvals(iid, signal)).missing === 0 ? { why: "" } : undefined,
          apply: async ({ signal }) => {
            const outcome = await git.approve(iid, head, signal);
            return { why: outcome.kind === "not-entitled" ? outcome.why : "" };
          },
        },
        again,
      );
      hostSays = answer.why;
      continue;
    }
    if (now.readiness === "ready") {
      const outcome = await context.effect(
        mergeEffect,
        {
          find: async ({ signal }) => {
            const found = await platform.git.mergeRequest(iid, signal);
            return found.state === "merged" && found.head === head ? "merged" : undefined;
          },
          apply: async ({ signal }) => {
            const message = mergeMessage(prepared, { ...approved, iid }, about, config);
            const outcome = await git.merge(iid, { head, message }, signal);
            // A refusal because things have changed is for the next look to tell; any other is for people to mend.
            if (outcome.kind === "refused" && (await lookAt(deps, change, current, holdsOn, signal)).kind === "same") {
              throw refusal(url, outcome.why);
            }
            return outcome.kind;
          },
        },
        again,
      );
      // The next look says what there is. When that does not know it yet, it is waited for like anything else.
      const isNews: boolean = outcome !== "not-yet" && !told;
      told ||= isNews;
      if (isNews) continue;
    }
    const seconds = pauses[Math.min(looks, pauses.length - 1)] ?? 300;
    waitedMs += seconds * 1_000;
    await context.sleep(waitsFor(now, hostSays, target), seconds * 1_000);
  }
}

/** What the card says while nothing but time, or somebody in GitLab, can help. */
function waitsFor(
  { readiness, word, missing }: Extract<Situation, { kind: "same" }>,
  hostSays: string,
  target: string,
) {
  if (missing > 0 && (readiness === "approval-missing" || hostSays !== "")) {
    const why = hostSays === "" ? "" : ` (${hostSays})`;
    return `waits for ${missing} more ${missing === 1 ? "approval" : "approvals"} in GitLab, by somebody who may give it there${why}`;
  }
  switch (readiness) {
    case "pipeline-running":
      return "waits for the pipeline in GitLab";
    case "conflict":
      return `waits: GitLab sees a conflict with ${target}`;
    case "draft":
      return "waits: it is marked as a draft in GitLab";
    case "blocked":
      return `waits: GitLab says ${word}`;
    default:
      return "waits for GitLab";
  }
}

function notReady(url: string, word: string): BotError {
  return new BotError(
    "merge-request.not-ready",
    `GitLab has not let the merge request be merged for a day: ${word}, ${url}`,
    "Mend what GitLab names, then let this run go on",
  );
}

function refusal(url: string, why: string): BotError {
  return new BotError(
    "merge-request.refused",
    `GitLab refuses to merge it: ${why}, ${url}`,
    "Mend what GitLab names, then let this run go on",
  );
}
