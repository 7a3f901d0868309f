import { BotError } from "../../errors.ts";
import type { FileEdit } from "../../platform/git.ts";
import { reviewEdits } from "../../tenants/checks/review.ts";
import type { Check, Draft } from "../../tenants/draft.ts";
import { applied } from "../../tenants/tree.ts";
import { editsOf } from "./change-of-files.ts";
import { clusterChecks } from "./cluster-checks.ts";
import type { PlanDeps } from "./deps.ts";
import { flatten } from "./markdown.ts";
import { baseOf, type Proposal } from "./plan-change.ts";
import { digestOfEdits, readTree } from "./tree.ts";

/** What it takes to take a merged merge request back, on the target branch as it is now. Throws as `draftRevert` does. */
export async function planRevert(deps: PlanDeps, iid: number, signal: AbortSignal): Promise<Proposal> {
  const base = await baseOf(deps, signal);
  const draft = await draftRevert(deps, iid, base, signal);
  const tree = await readTree(deps.platform.git, deps.config, base, signal);
  const clusters = await clusterChecks(deps, draft.edits, tree, signal);
  return { base, draft, checks: [...draft.checks, ...clusters], digest: digestOfEdits(draft.edits) };
}

/** Throws BotError `revert.not-merged`, and `change.needless` when nothing of it is left. */
export async function draftRevert(deps: PlanDeps, iid: number, sha: string, signal: AbortSignal): Promise<Draft> {
  const { config, platform } = deps;
  const { git } = platform;
  const { state, mergedAs, head, title } = await git.mergeRequest(iid, signal);
  if (state !== "merged" || mergedAs === undefined) {
    throw new BotError(
      "revert.not-merged",
      `!${iid} is ${state}, not merged`,
      "Only what was merged can be taken back",
    );
  }
  const merged = editsOf(await git.mergeRequestFiles(iid, signal));
  const parent = mergedAs === head ? undefined : (await git.commit(mergedAs, signal)).parents[0];
  const edits: FileEdit[] = [];
  const since: string[] = [];
  for (const file of merged) {
    const { path } = file;
    const [then, now, old] = await Promise.all([
      git.file(mergedAs, path, signal),
      git.file(sha, path, signal),
      // The branch may have gone on between the merge request's base and its merge.
      parent === undefined ? (file.before ?? undefined) : git.file(parent, path, signal),
    ]);
    if (now === old) continue;
    if (now !== then) since.push(path);
    else edits.push({ path, before: now ?? null, after: old ?? null });
  }
  const tree = await readTree(git, config, sha, signal);
  const own: readonly Check[] = [
    since.length === 0
      ? { id: "revert.unchanged", verdict: "ok", title: "Nobody has changed its files since", detail: "" }
      : {
          id: "revert.unchanged",
          verdict: "fail",
          title: "Its files were changed since",
          detail: `${since.join(", ")}: to take it back would take that back too`,
        },
  ];
  if (since.length === 0 && edits.length === 0) {
    throw new BotError(
      "change.needless",
      `Everything that !${iid} changed is as it was before`,
      "There is nothing to do",
    );
  }
  // Not only to the bot: whoever takes a tenant away takes its instance away.
  const removes = edits.some(({ path, after }) => after === null && path.endsWith("/tenant.yaml"));
  return {
    title: flatten(`Take back !${iid}: ${title}`, 200),
    edits,
    checks: [...own, ...reviewEdits(edits, applied(tree, edits), config)],
    sums: [],
    effects: [`Everything that !${iid} changed is as it was before it`],
    reasons: [],
    risk: removes ? "high" : "medium",
  };
}
