import { BotError } from "../../errors.ts";
import type { MergeReadiness } from "../../platform/git.ts";
import { reviewEdits } from "../../tenants/checks/review.ts";
import { applied } from "../../tenants/tree.ts";
import { editsOf, type FileChange } from "./change-of-files.ts";
import type { TenantDeps } from "./deps.ts";
import { baseOf } from "./plan-change.ts";
import { type Prepared, textDigest } from "./prepared.ts";
import { digestOfEdits, readTree } from "./tree.ts";

/** The merge request that a run is about, with what people were asked about. */
export interface Current {
  readonly iid: number;
  readonly url: string;
  /** Sha that people were asked about. */
  readonly head: string;
  /** Its content is the bot's own draft; else it is what somebody pushed. */
  readonly drafted: boolean;
  readonly prepared: Prepared;
}

/** How things are with a merge request, against what people were asked about. */
export type Situation =
  | {
      readonly kind: "same";
      readonly readiness: MergeReadiness;
      readonly word: string;
      readonly pipelineUrl: string | null;
      /** How many more approvals GitLab itself wants. */
      readonly missing: number;
      /** Newest commit of the target branch for which it was seen that the plan still holds. */
      readonly holdsOn: string;
    }
  | { readonly kind: "closed"; readonly by: string | null }
  | { readonly kind: "merged"; readonly by: string | null; readonly as: string | null; readonly head: string }
  /** Somebody pushed to its branch. */
  | { readonly kind: "pushed"; readonly head: string }
  /** The target branch changed what the plan relied on. */
  | { readonly kind: "moved"; readonly why: string };

/**
 * Reads the merge request, and whether the plan still holds on the target branch as it is now: of a draft of the bot's own, whether it
 * would be drafted the same and no check fails; of anybody's, whether the files are as they were and the rules are still kept.
 */
export async function lookAt(
  deps: TenantDeps,
  change: FileChange,
  current: Current,
  holdsOn: string,
  signal: AbortSignal,
): Promise<Situation> {
  const { git } = deps.platform;
  const mergeRequest = await git.mergeRequest(current.iid, signal);
  const { state, head, mergedBy, mergedAs, closedBy, readiness, readinessWord, pipeline } = mergeRequest;
  if (state === "merged") return { kind: "merged", by: mergedBy ?? null, as: mergedAs ?? null, head };
  if (state === "closed") return { kind: "closed", by: closedBy ?? null };
  if (head !== current.head) return { kind: "pushed", head };
  const now = await baseOf(deps, signal);
  const why = now === holdsOn ? undefined : await whyNot(deps, change, current, now, signal);
  // Where a project takes only what is on top of its target branch, every other merge makes a conflict.
  const onTop = readiness === "conflict" && current.drafted && now !== current.prepared.base;
  if (why !== undefined) return { kind: "moved", why };
  if (onTop) return { kind: "moved", why: `GitLab wants it on top of what ${deps.config.tenants.branch} is now` };
  const missing = readiness === "ready" ? 0 : (await git.approvals(current.iid, signal)).missing;
  return { kind: "same", readiness, word: readinessWord, pipelineUrl: pipeline.url ?? null, missing, holdsOn: now };
}

/** What of the plan does not hold on this commit of the target branch. */
async function whyNot(
  deps: TenantDeps,
  change: FileChange,
  { prepared, iid, drafted }: Current,
  sha: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { config, platform } = deps;
  const { branch } = config.tenants;
  const changed: string[] = [];
  for (const { path, before } of prepared.files) {
    if (textDigest(await platform.git.file(sha, path, signal)) !== before) changed.push(path);
  }
  if (changed.length > 0) return `${branch} has changed ${changed.join(", ")} meanwhile`;
  if (drafted && change.kind === "own") {
    const draft = await change.draftOn(sha, signal);
    if (digestOfEdits(draft.edits) !== prepared.digest) return `${branch} has changed what the change was drafted from`;
    return failing(draft.checks, branch);
  }
  const edits = editsOf(await platform.git.mergeRequestFiles(iid, signal));
  return failing(reviewEdits(edits, applied(await readTree(platform.git, config, sha, signal), edits), config), branch);
}

function failing(checks: Prepared["checks"], branch: string): string | undefined {
  const found = checks.find(({ verdict }) => verdict === "fail");
  return found === undefined ? undefined : `with what is on ${branch} now, a check fails: ${found.title}`;
}

/** Refuses what no waiting will mend, so that the step fails and can be tried again when it is mended. */
export function refuseBroken(situation: Situation, url: string): void {
  if (situation.kind !== "same" || situation.readiness !== "pipeline-failed") return;
  throw new BotError(
    "merge-request.pipeline-failed",
    `The pipeline of the merge request failed: ${situation.pipelineUrl ?? url}`,
    "Mend it and have the pipeline run again in GitLab, then let this run go on; or ask for the change anew",
  );
}
