import { onTestFinished } from "vitest";
import { type GitLabOptions, type GitLabSimulation, startGitLab } from "../../../sandbox/gitlab/gitlab.ts";
import { createGit } from "../../../src/git/git.ts";
import type { GitProject } from "../../../src/git/project.ts";
import type { RequestLimits } from "../../../src/git/request.ts";
import type { CommitProposal, FileEdit, MergeRequestProposal } from "../../../src/platform/git.ts";

/** Short, so that what hangs is given up soon, and long enough for git on a machine that is busy. */
const limits: RequestLimits = { readTimeoutMs: 2_000, writeTimeoutMs: 2_000, waitAtMostMs: 2_500, pauseMs: 20 };
export const signal = () => AbortSignal.timeout(30_000);

/** Has GitLab answer such a request late, once. The returned function says whether it was asked: then there is a second for something else. */
export function answerLate(gitlab: GitLabSimulation, line: string): () => boolean {
  let asked = false;
  gitlab.faults.add({
    on: ({ method, route }) => {
      const is = `${method} ${route}` === line;
      asked ||= is;
      return is;
    },
    fault: { kind: "delay", ms: 1_500 },
    times: 1,
  });
  return () => asked;
}

export interface GitTest {
  readonly gitlab: GitLabSimulation;
  readonly git: GitProject;
  /** Another process of the bot. */
  bot(token?: { readonly token?: string; readonly approver?: string | undefined }): GitProject;
}

const files = new Map([
  ["README.md", "# GitOps\n"],
  ["tenants/kustomization.yaml", "resources:\n  - orders\n"],
  ["tenants/orders/tenant.yaml", "name: orders\n"],
  ["tenants/orders/README.md", "Orders.\n"],
]);

/** A project of a few files, and the bot at it as `dfbot` with `dfbot-approver` as its second account. */
export async function startProject(
  options: Partial<GitLabOptions> = {},
  otherLimits: Partial<RequestLimits> = {},
  /** Tests that run at once end together. */
  onEnd: (stop: () => Promise<void>) => void = onTestFinished,
): Promise<GitTest> {
  const gitlab = await startGitLab({ files, mergeStatusTakesMs: 0, ...options });
  onEnd(() => gitlab.stop());
  const bot: GitTest["bot"] = ({ token = gitlab.token("dfbot"), ...given } = {}) =>
    createGit(
      {
        url: gitlab.url,
        project: gitlab.project,
        token,
        approverToken: "approver" in given ? given.approver : gitlab.token("dfbot-approver"),
      },
      { ...limits, ...otherLimits },
    );
  return { gitlab, git: bot(), bot };
}

export const branch = "dfbot/tenant-propose-payments-r1";
export const edits: readonly FileEdit[] = [
  {
    path: "tenants/kustomization.yaml",
    before: "resources:\n  - orders\n",
    after: "resources:\n  - orders\n  - payments\n",
  },
  { path: "tenants/payments/tenant.yaml", before: null, after: "name: payments\n" },
];

export async function proposalOn(gitlab: GitLabSimulation, run = "r1"): Promise<CommitProposal> {
  const base = (await gitlab.head()) ?? "";
  return { branch, base, message: `Add payments\n\nDfbot-Run: ${run}`, edits };
}

export const mergeRequestProposal: MergeRequestProposal = {
  sourceBranch: branch,
  targetBranch: "main",
  title: "Own instance for payments",
  description: "The plan.\n",
  labels: ["dragonfly", "dfbot"],
  reviewers: ["grace", "nobody-of-that-name"],
};

/** A merge request of the bot's, ready to be merged unless the project demands more. */
export async function proposed({ gitlab, git }: Pick<GitTest, "gitlab" | "git">) {
  const head = await git.changes.commit(await proposalOn(gitlab), signal());
  const { iid } = await git.changes.openMergeRequest(mergeRequestProposal, signal());
  return { iid, head };
}

/** Commits on the target branch that have a second parent. */
export async function mergesOf(gitlab: GitLabSimulation): Promise<readonly string[]> {
  return (await gitlab.history()).filter(({ parents }) => parents.length === 2).map(({ sha }) => sha);
}
