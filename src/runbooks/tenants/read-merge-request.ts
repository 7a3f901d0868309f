import { BotError } from "../../errors.ts";
import type { MergeRequest } from "../../platform/git.ts";
import { onboardingEffects } from "../../tenants/changes/onboarding-effects.ts";
import { reviewEdits } from "../../tenants/checks/review.ts";
import type { Check } from "../../tenants/draft.ts";
import { touchesTenants } from "../../tenants/places.ts";
import { applied } from "../../tenants/tree.ts";
import { editsOf } from "./change-of-files.ts";
import { clusterChecks } from "./cluster-checks.ts";
import type { TenantDeps } from "./deps.ts";
import { authorsOf } from "./identity.ts";
import { baseOf } from "./plan-change.ts";
import { fileOf, ready, textDigest } from "./prepared.ts";
import type { Current, Situation } from "./situation.ts";
import { digestOfEdits, readTree } from "./tree.ts";

export type ReadMergeRequest =
  | ({ readonly kind: "open" } & Current)
  | Extract<Situation, { kind: "closed" | "merged" }>;

/**
 * A merge request with what somebody pushed to it, held against the same rules as the bot's own drafts.
 *
 * @throws BotError `review.*` when it cannot be decided about here, `change.refused` with every check that fails
 */
export async function readMergeRequest(
  deps: TenantDeps,
  iid: number,
  /** Shas that the bot is known to have made. */
  own: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadMergeRequest> {
  const { config, platform } = deps;
  const { git } = platform;
  const mergeRequest = await git.mergeRequest(iid, signal);
  const { state, head, url, mergedBy, mergedAs, closedBy } = mergeRequest;
  if (state === "merged") return { kind: "merged", by: mergedBy ?? null, as: mergedAs ?? null, head };
  if (state === "closed") return { kind: "closed", by: closedBy ?? null };
  const base = await baseOf(deps, signal);
  const [files, commits, account, tree] = await Promise.all([
    git.mergeRequestFiles(iid, signal),
    git.mergeRequestCommits(iid, signal),
    git.self(signal),
    readTree(git, config, base, signal),
  ]);
  const edits = editsOf(files);
  if (edits.length === 0) throw new BotError("review.empty", `!${iid} changes no file`, "Push something to it first");
  const touched = edits.filter(({ path }) => touchesTenants(path, config));
  if (touched.length === 0) {
    throw new BotError(
      "review.not-tenants",
      `!${iid} touches nothing of tenants, so it is not decided about here`,
      "Have it reviewed in GitLab",
    );
  }
  const after = applied(tree, edits);
  const behind: string[] = [];
  for (const { path, before } of edits) {
    if (textDigest(await git.file(base, path, signal)) !== textDigest(before)) behind.push(path);
  }
  const opaque = files.filter((file) => file.opaque).map(({ path }) => path);
  const checks: readonly Check[] = [
    ...shapeChecks(mergeRequest, config.tenants.branch, { behind, opaque }),
    ...reviewEdits(edits, after, config),
    ...(await clusterChecks(deps, touched, tree, signal)),
  ];
  const authors = authorsOf(mergeRequest, commits, { account, commits: own }, config);
  const prepared = ready({
    title: mergeRequest.title === "" ? `Merge request !${iid}` : mergeRequest.title,
    risk: "medium",
    base,
    digest: digestOfEdits(edits),
    files: edits.map((edit) => fileOf(edit)),
    checks,
    sums: [],
    effects: [],
    reasons: [],
    authors: authors.known,
  });
  if (authors.unknown.length > 0) throw authorUnknown(iid, authors.unknown);
  // Only now: with a failing check the files may be unreadable.
  const effects = onboardingEffects(tree, after, config);
  return { kind: "open", iid, url, head, drafted: false, prepared: { ...prepared, effects } };
}

function shapeChecks(
  { targetBranch, fromFork, readiness }: MergeRequest,
  branch: string,
  found: { readonly behind: readonly string[]; readonly opaque: readonly string[] },
): readonly Check[] {
  const { behind, opaque } = found;
  const rules: readonly (readonly [id: string, broken: boolean, good: string, bad: string, detail: string])[] = [
    [
      "merge-request.target",
      targetBranch !== branch,
      `It goes into ${branch}`,
      `It goes into ${targetBranch}, not into ${branch}`,
      `Flux applies ${branch}`,
    ],
    [
      "merge-request.fork",
      fromFork,
      "It comes from the project itself",
      "It comes from another project",
      "Push the branch to the project itself, where its pipeline and its protection are known",
    ],
    [
      "merge-request.draft",
      readiness === "draft",
      "It is not marked as a draft",
      "It is marked as a draft",
      "Mark it as ready in GitLab",
    ],
    [
      "merge-request.text",
      opaque.length > 0,
      "Every change of it can be shown",
      "It has files that cannot be shown",
      `${opaque.join(", ")}: not text, or too large`,
    ],
    [
      "merge-request.behind",
      behind.length > 0,
      `${branch} has not changed its files meanwhile`,
      `${branch} has changed the same files meanwhile`,
      `${behind.join(", ")}: rebase it, so that what is approved is what ${branch} gets`,
    ],
  ];
  return rules.map(([id, broken, good, bad, detail]) =>
    broken ? { id, verdict: "fail", title: bad, detail } : { id, verdict: "ok", title: good, detail: "" },
  );
}

/** Whoever approves must be known not to be one of them, so with an author who may be anybody, nobody can. */
function authorUnknown(iid: number, names: readonly string[]): BotError {
  return new BotError(
    "review.author-unknown",
    `Nobody can approve !${iid} here: who ${names.join(", ")} ${names.length === 1 ? "is" : "are"} in Slack is not known, and authors never approve their own`,
    "Add them to approvals.people of dfbot.yaml (GitLab user name, and the addresses of their commits) and let this run go on; or review and merge it in GitLab",
  );
}
