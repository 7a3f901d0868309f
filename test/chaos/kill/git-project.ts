import { execFileSync } from "node:child_process";
import { parse } from "yaml";
import { z } from "zod";
import { primaryOf, replicasOf } from "../../../sandbox/faults/instance-pods.ts";
import type { GitLabSimulation } from "../../../sandbox/gitlab/gitlab.ts";
import type { Sandbox } from "../../../sandbox/sandbox.ts";
import { askAdmin } from "../../../sandbox/world/operator/admin.ts";
import { type Config, configSchema } from "../../../src/config/file.ts";
import type { TenantChange } from "../../../src/tenants/change.ts";
import type { Tree } from "../../../src/tenants/draft.ts";
import { draftChange } from "../../../src/tenants/drafting.ts";

const mergeRequests = z.array(z.object({ iid: z.int(), source_branch: z.string(), state: z.string() }));

type Files = Readonly<Record<string, string | null>>;

export function gitlabOf({ gitlab }: Sandbox): GitLabSimulation {
  if (gitlab === undefined) throw new Error("this sandbox has no GitLab");
  return gitlab;
}

/**
 * Somebody pushes the project to what it was in the beginning, with these changes made, as the bot would draft them; what attempts before
 * have left is away. Takes a moment only: nothing of it goes by the bot.
 */
export async function beginWith(sandbox: Sandbox, changes: readonly TenantChange[] = []): Promise<void> {
  const gitlab = gitlabOf(sandbox);
  for (const { iid, state } of await mergeRequestsOf(sandbox)) {
    if (state === "opened") await gitlab.people.close("linus", iid);
  }
  const begin = (await gitlab.history()).at(-1)?.sha ?? "";
  const before: Tree = new Map(await filesAt(gitlab, git(gitlab, "ls-tree", "-r", "--name-only", begin), begin));
  const tree = changes.reduce((made, change) => applied(made, change, configOf(sandbox)), before);
  const paths = new Set([
    ...git(gitlab, "diff", "--name-only", begin, gitlab.branch),
    ...[...tree].flatMap(([path, text]) => (text === before.get(path) ? [] : [path])),
  ]);
  const files: Record<string, string | null> = {};
  for (const path of paths) {
    const wanted = tree.get(path) ?? null;
    if (((await gitlab.file(path)) ?? null) !== wanted) files[path] = wanted;
  }
  if (Object.keys(files).length > 0) await push(gitlab, gitlab.branch, files);
}

/** Takes users off every pod of the shared instance who went from the project by a push: nobody else has the pods forget them. */
export async function forgetUsers({ world }: Sandbox, users: readonly string[]): Promise<void> {
  const pods = [primaryOf(world), ...replicasOf(world)];
  await Promise.all(pods.flatMap(({ ip }) => users.map((user) => askAdmin(ip, "ACL", "DELUSER", user))));
}

/** Somebody opens a merge request that makes this change. Returns its number. */
export async function openByHand(sandbox: Sandbox, branch: string, change: TenantChange): Promise<number> {
  const gitlab = gitlabOf(sandbox);
  const names = git(gitlab, "ls-tree", "-r", "--name-only", gitlab.branch);
  const tree = new Map(await filesAt(gitlab, names, gitlab.branch));
  const { edits } = draftChange(change, tree, configOf(sandbox));
  await push(gitlab, branch, Object.fromEntries(edits.map(({ path, after }) => [path, after])));
  return await gitlab.people.openMergeRequest("linus", { sourceBranch: branch, title: `By hand: ${branch}` });
}

export async function mergeRequestsOf(sandbox: Sandbox): Promise<z.infer<typeof mergeRequests>> {
  return mergeRequests.parse(await askGitLab(sandbox, "merge_requests?state=all&order_by=created_at&per_page=100"));
}

/** Something of the project, read as an account that is not the bot's. */
export async function askGitLab(sandbox: Sandbox, path: string): Promise<unknown> {
  const { url, projectId, token } = gitlabOf(sandbox);
  const headers = { "private-token": token("root") };
  const answer = await fetch(`${url}/api/v4/projects/${projectId}/${path}`, { headers });
  if (!answer.ok) throw new Error(`GitLab answered ${answer.status} to ${path}`);
  return await answer.json();
}

/** Git itself is asked, so that no fault of GitLab is in the way. */
export function git({ repository }: GitLabSimulation, ...args: readonly string[]): readonly string[] {
  const output = execFileSync("git", ["-C", repository, ...args], { encoding: "utf8" });
  return output.split("\n").filter((line) => line !== "");
}

function configOf({ world }: Sandbox): Config {
  return configSchema.parse(parse(world.dfbotYaml));
}

function applied(tree: Tree, change: TenantChange, config: Config): Tree {
  const next = new Map(tree);
  for (const { path, after } of draftChange(change, tree, config).edits) {
    if (after === null) next.delete(path);
    else next.set(path, after);
  }
  return next;
}

function filesAt(gitlab: GitLabSimulation, paths: readonly string[], ref: string) {
  return Promise.all(paths.map(async (path) => [path, (await gitlab.file(path, ref)) ?? ""] as const));
}

async function push({ people }: GitLabSimulation, branch: string, files: Files): Promise<void> {
  await people.push("linus", { branch, message: `Bring ${branch} to where it has to be`, files });
}
