import { BotError } from "../../errors.ts";
import { waitFor } from "../changes/wait-for.ts";
import type { DurableContext, StepContext } from "../durable/definition.ts";
import type { OwnChange } from "./change-of-files.ts";
import type { TenantDeps } from "./deps.ts";
import { type About, commitMessage, mergeRequestDescription, mergeRequestTitle } from "./describe.ts";
import { type Prepared, prepare } from "./prepared.ts";
import type { Current } from "./situation.ts";
import { digestOfEdits } from "./tree.ts";

interface Opened {
  readonly iid: number;
  readonly url: string;
  readonly head: string;
}

/**
 * Drafts the change on the target branch as it is now, and puts it on the run's branch and into its merge request, both made when they
 * are not there yet: one branch and one merge request for a run, however often it comes here.
 */
export async function draftAndOpen(
  context: DurableContext<unknown>,
  deps: TenantDeps,
  change: OwnChange,
  about: About,
  named: (step: string) => string,
): Promise<Current> {
  const prepared = await context.step(
    named("draft the change"),
    async ({ signal }) => prepare(await change.propose(signal)),
    { timeoutMs: 60_000 },
  );
  const branch = branchOf(change, about.runId);
  const opened = await context.effect(
    named("open the merge request"),
    {
      find: ({ signal }) => findOpened(deps, branch, prepared, about, signal),
      apply: (step) => open(deps, change, branch, prepared, about, step),
    },
    { timeoutMs: 120_000, retries: 3, backoffMs: 2_000 },
  );
  return { ...opened, drafted: true, prepared };
}

/** `dfbot/tenant-propose-payments-r-…`: what stands between is made of letters, digits and dashes. */
function branchOf({ runbook, subject }: OwnChange, runId: string): string {
  const safe = subject.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return `dfbot/${runbook}-${safe}-${runId}`;
}

async function findOpened(
  { platform: { git }, config }: TenantDeps,
  branch: string,
  prepared: Prepared,
  about: About,
  signal: AbortSignal,
): Promise<Opened | undefined> {
  const head = await git.head(branch, signal);
  if (head === undefined) return undefined;
  const { parents, message } = await git.commit(head, signal);
  if (parents[0] !== prepared.base || !message.includes(trailerOf(prepared, about))) return undefined;
  const open = await git.openMergeRequests(config.tenants.branch, signal);
  const found = open.find(({ sourceBranch, fromFork }) => sourceBranch === branch && !fromFork);
  // Its text is written after its commit.
  if (found?.head !== head || !found.description.includes(prepared.digest)) return undefined;
  return { iid: found.iid, url: found.url, head };
}

function trailerOf({ digest }: Prepared, { runId }: About): string {
  return `Dfbot-Run: ${runId}\nDfbot-Draft: ${digest}`;
}

async function open(
  deps: TenantDeps,
  change: OwnChange,
  branch: string,
  prepared: Prepared,
  about: About,
  { signal }: StepContext,
): Promise<Opened> {
  const { git, platform, config } = deps;
  const { base, digest } = prepared;
  const { edits } = await change.draftOn(base, signal);
  // What is committed is what was drafted, or nothing: another version of the bot may draft something else.
  if (digestOfEdits(edits) !== digest) {
    throw new BotError(
      "draft.changed",
      "The same change is drafted differently now than when it was checked",
      "The bot was probably replaced by another version meanwhile: ask for the change again",
    );
  }
  const head = await git.commit({ branch, base, message: commitMessage(prepared, about), edits }, signal);
  const { branch: targetBranch, labels, reviewers } = config.tenants;
  const { iid, url } = await git.openMergeRequest(
    {
      sourceBranch: branch,
      targetBranch,
      title: mergeRequestTitle(prepared),
      description: mergeRequestDescription(prepared, about),
      labels,
      reviewers,
    },
    signal,
  );
  // GitLab takes note of a push some time after it has answered it.
  await waitFor(signal, async () => ((await platform.git.mergeRequest(iid, signal)).head === head ? true : undefined));
  return { iid, url, head };
}
