import type { Config } from "../config/file.ts";
import type { GitChanges, GitReader, MergeRequest } from "../platform/git.ts";
import type { Requester } from "../runbooks/definition.ts";
import { hasEnded, type RunRecord } from "../runbooks/durable/record.ts";
import { requesterOf } from "../runbooks/tenants/identity.ts";
import { awakened, leftBehind, mergeRequestOf } from "../runbooks/tenants/merge-request-of.ts";
import { isSame, newsOf, seenOf } from "./seen.ts";

export interface LookDeps {
  readonly config: Config;
  readonly git: GitReader;
  readonly changes: Pick<GitChanges, "note" | "close">;
  /** Whether a path belongs to a tenant or to what tenants share. */
  touchesTenants(path: string): boolean;
  readonly driver: {
    voidApproval(id: string, digest: string, reason: string): Promise<unknown>;
    amend(id: string, edit: (record: RunRecord) => RunRecord): Promise<RunRecord>;
  };
  /** Has a merge request that people opened reviewed; `id` is the same for the same head, so that there is one review of it. */
  review(wanted: { readonly id: string; readonly iid: number; readonly requester: Requester }): Promise<void>;
  /** Says something in the thread of a run. */
  say(record: RunRecord, text: string): Promise<void>;
  /** Brings the card of a run up to date. */
  show(record: RunRecord): void;
  readonly now: () => Date;
}

/**
 * Compares one merge request with the runs that are about it. What happened in the Git host is shown on the run's card and said in its
 * thread; an open question is void once what it is about has changed; a run that waits goes on at once. One that no run is about gets
 * a review when people opened it, and is closed when it is the bot's own and was decided against.
 */
export async function lookAt(
  iid: number,
  runs: readonly RunRecord[],
  deps: LookDeps,
  signal: AbortSignal,
): Promise<void> {
  const mergeRequest = await deps.git.mergeRequest(iid, signal);
  const its = runs.filter((record) => mergeRequestOf(record)?.iid === iid);
  const open = its.find(({ state }) => !hasEnded(state));
  if (open !== undefined) return await mirror(open, mergeRequest, deps, signal);
  if (mergeRequest.state !== "opened") return;
  if ((await deps.git.self(signal)) === mergeRequest.author) return await clearAway(its, mergeRequest, deps, signal);
  await reviewOf(mergeRequest, runs, deps, signal);
}

async function mirror(
  record: RunRecord,
  mergeRequest: MergeRequest,
  deps: LookDeps,
  signal: AbortSignal,
): Promise<void> {
  const now = seenOf(mergeRequest, await deps.git.approvals(mergeRequest.iid, signal));
  const self = await deps.git.self(signal);
  let news: readonly string[] | undefined;
  const amended = await deps.driver.amend(record.id, (current) => {
    news = undefined;
    if (isSame(current.mergeRequest, now)) return current;
    news = newsOf(current.mergeRequest, now, self);
    return awakened({ ...current, mergeRequest: now }, deps.now());
  });
  await voidWhatChanged(amended, now.state, now.head, deps);
  // Whoever wrote it down says it.
  if (news === undefined) return;
  deps.show(amended);
  if (news.length > 0) await deps.say(amended, news.map((sentence) => `${sentence}.`).join(" "));
}

async function voidWhatChanged(
  record: RunRecord,
  state: MergeRequest["state"],
  head: string,
  { driver }: LookDeps,
): Promise<void> {
  const asked = mergeRequestOf(record);
  if (asked?.digest === undefined || (state === "opened" && head === asked.head)) return;
  const why = state === "opened" ? `it was pushed to and is at ${head.slice(0, 8)} now` : `it is ${state}`;
  await driver.voidApproval(record.id, asked.digest, `Merge request !${asked.iid}: ${why}`);
}

/** One of the bot's own that nobody will be asked about again: it says why, and is closed. */
async function clearAway(
  runs: readonly RunRecord[],
  { iid }: MergeRequest,
  { changes }: LookDeps,
  signal: AbortSignal,
): Promise<void> {
  const last = runs.toSorted((a, b) => a.requestedAt.localeCompare(b.requestedAt)).at(-1);
  const left = last === undefined ? undefined : leftBehind(last);
  if (last === undefined || left === undefined) return;
  await changes.note(iid, `ended ${last.id}`, `Closed by run \`${last.id}\`: ${left.why}.`, signal);
  await changes.close(iid, signal);
}

async function reviewOf(
  { iid, head, author, readiness }: MergeRequest,
  runs: readonly RunRecord[],
  deps: LookDeps,
  signal: AbortSignal,
): Promise<void> {
  const id = reviewIdOf(iid, head);
  if (readiness === "draft" || runs.some((record) => record.id === id)) return;
  const files = await deps.git.mergeRequestFiles(iid, signal);
  const paths = files.flatMap(({ path, renamedFrom }) => (renamedFrom === undefined ? [path] : [path, renamedFrom]));
  if (!paths.some(deps.touchesTenants)) return;
  await deps.review({ id, iid, requester: requesterOf({ author }, deps.config) });
}

export function reviewIdOf(iid: number, head: string): string {
  return `r-mr-${iid}-${head.slice(0, 12)}`;
}
