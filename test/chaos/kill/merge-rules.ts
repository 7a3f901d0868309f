import { z } from "zod";
import type { Sandbox } from "../../../sandbox/sandbox.ts";
import { conclusionSchema } from "../../../src/reports/model.ts";
import type { RunRecord } from "../../../src/runbooks/durable/record.ts";
import { readMergeKey } from "../../../src/runbooks/tenants/merge-key.ts";
import { askGitLab, git, gitlabOf, mergeRequestsOf } from "./git-project.ts";

const planSchema = z.object({ effects: z.array(z.object({ key: z.string() })) });
const notes = z.array(z.object({ system: z.boolean(), body: z.string(), author: z.object({ username: z.string() }) }));

export interface Since {
  /** How many requests GitLab had answered. */
  readonly requests: number;
  /** Sha of the target branch. */
  readonly base: string;
  readonly mergeRequests: readonly number[];
  readonly commands: number;
}

/** Where GitLab is before a run, to be compared with afterwards. */
export async function rememberGitLab(sandbox: Sandbox): Promise<Since> {
  const gitlab = gitlabOf(sandbox);
  const all = await mergeRequestsOf(sandbox);
  const base = (await gitlab.head()) ?? "";
  const { log, quickActions } = gitlab;
  return { requests: log.length, base, mergeRequests: all.map(({ iid }) => iid), commands: quickActions.length };
}

/** What is not as it must be after a change of the Git project: one branch, one merge request, one merge of what was approved. */
export async function mergeProblems(
  sandbox: Sandbox,
  run: RunRecord | undefined,
  since: Since,
): Promise<readonly string[]> {
  if (run === undefined) return [];
  const gitlab = gitlabOf(sandbox);
  const problems: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown) => {
    if (found !== wanted) problems.push(`${what}: ${String(found)}, not ${String(wanted)}`);
  };
  const approvals = run.checkpoints.flatMap((one) =>
    one.kind === "approval" && one.outcome?.state === "approved" ? [one] : [],
  );
  const { plan, digest = "-" } = approvals.at(-1) ?? {};
  const keys = planSchema.safeParse(plan).data?.effects.map(({ key }) => readMergeKey(key)) ?? [];
  const approved = keys.find((key) => key !== undefined);
  expect("approvals", approvals.length, 1);

  const made = (await mergeRequestsOf(sandbox)).filter(({ iid }) => !since.mergeRequests.includes(iid));
  expect("merge requests", made.map(({ iid, state }) => `!${iid} ${state}`).join(), `!${approved?.iid} merged`);
  const branches = new Set([
    ...git(gitlab, "for-each-ref", "--format=%(refname:short)", "refs/heads").filter((name) => name.includes(run.id)),
    ...made.map(({ source_branch }) => source_branch),
  ]);
  expect("branches", branches.size, 1);
  const merges = gitlab.log
    .slice(since.requests)
    .filter(({ method, path, status }) => method === "PUT" && /\/merge$/.test(path) && status === 200);
  expect("merges that GitLab did", merges.length, 1);

  const commits = (await gitlab.history()).slice(0, Number(git(gitlab, "rev-list", "--count", `${since.base}..main`)));
  const merged = commits.filter(({ message, parents }) => parents.length === 2 && message.includes(run.id));
  expect("merge commits", merged.length, 1);
  const [{ message = "", parents = [] } = {}] = merged;
  expect("what was merged", parents[1], approved?.head);
  for (const trailer of [`Dfbot-Run: ${run.id}`, `Dfbot-Plan: ${digest}`, "Approved-by: U0GRACE (grace in GitLab)"]) {
    expect(`lines "${trailer}" of the merge commit`, message.split("\n").filter((line) => line === trailer).length, 1);
  }
  const said = await notesOf(sandbox, approved?.iid ?? 0);
  expect("notes of the approval", said.filter((body) => body.includes(digest)).length, 1);
  expect("notes that are there twice", said.length - new Set(said).size, 0);
  expect("commands that GitLab read in texts", gitlab.quickActions.length, since.commands);
  const found = conclusionSchema.safeParse(run.conclusion).data?.findings ?? [];
  const wrong = found.filter(({ verdict }) => verdict === "fail").map(({ title, detail }) => `${title}: ${detail}`);
  expect("what it found wrong in the end", wrong.join("; "), "");
  return problems;
}

/** Texts of what the bot's accounts said below a merge request. */
async function notesOf(sandbox: Sandbox, iid: number): Promise<readonly string[]> {
  const all = notes.parse(await askGitLab(sandbox, `merge_requests/${iid}/notes?per_page=100`));
  return all.flatMap(({ system, body, author }) => (!system && author.username.startsWith("dfbot") ? [body] : []));
}
