import { BotError } from "../../errors.ts";
import type { TenantChange } from "../../tenants/change.ts";
import type { Check, Draft, Tree } from "../../tenants/draft.ts";
import { draftChange } from "../../tenants/drafting.ts";
import { clusterChecks } from "./cluster-checks.ts";
import { consumerChecks } from "./consumers.ts";
import type { PlanDeps } from "./deps.ts";
import { digestOfEdits, readTree } from "./tree.ts";

/** A change, or what it is on a tree: whether a new tenant gets an instance of its own may depend on the shared one's size. */
export type WantedChange = TenantChange | ((tree: Tree) => TenantChange);

/** What a change would be, before anything is written anywhere. */
export interface Proposal {
  /** Sha of the commit that it is drafted on: the newest of the target branch at that moment. */
  readonly base: string;
  readonly draft: Draft;
  /** Those of the draft, and what the live clusters say. */
  readonly checks: readonly Check[];
  /** Of what becomes of which files. */
  readonly digest: string;
}

export interface PlanOptions {
  /** Goes on where clients are still connected, or the last snapshot cannot be made. */
  readonly force?: boolean | undefined;
}

/**
 * Drafts a change on the newest commit of the target branch and checks it against the live clusters. A cluster that cannot be asked
 * makes a check `unknown`.
 *
 * @throws BotError `git.*` when the project cannot be read, and what the draft throws
 */
export async function planChange(
  deps: PlanDeps,
  change: WantedChange,
  signal: AbortSignal,
  options: PlanOptions = {},
): Promise<Proposal> {
  const base = await baseOf(deps, signal);
  const { draft, tree, change: wanted } = await draftAt(deps, change, base, signal);
  const [clusters, consumers] = await Promise.all([
    clusterChecks(deps, draft.edits, tree, signal),
    wanted.kind === "offboard" ? consumerChecks(deps, wanted.name, tree, options.force === true, signal) : [],
  ]);
  return { base, draft, checks: [...draft.checks, ...clusters, ...consumers], digest: digestOfEdits(draft.edits) };
}

/** Sha of the newest commit of the branch that Flux applies. */
export async function baseOf({ config, platform }: PlanDeps, signal: AbortSignal): Promise<string> {
  const { branch } = config.tenants;
  const head = await platform.git.head(branch, signal);
  if (head !== undefined) return head;
  throw new BotError(
    "git.not-found",
    `The Git project has no branch ${branch}`,
    "Correct tenants.branch in dfbot.yaml, or GITLAB_PROJECT",
  );
}

/** The same change on one commit: always the same draft. */
export async function draftAt(
  { config, platform }: PlanDeps,
  change: WantedChange,
  sha: string,
  signal: AbortSignal,
): Promise<{ readonly change: TenantChange; readonly draft: Draft; readonly tree: Tree }> {
  const tree = await readTree(platform.git, config, sha, signal);
  const wanted = typeof change === "function" ? change(tree) : change;
  return { change: wanted, draft: draftChange(wanted, tree, config), tree };
}
