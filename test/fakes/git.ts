import { createHash } from "node:crypto";
import { BotError } from "../../src/errors.ts";
import type {
  ApproveOutcome,
  Commit,
  GitChanges,
  GitReader,
  MergeReadiness,
  MergeRequest,
  MergeRequestFile,
  PipelineState,
} from "../../src/platform/git.ts";

type Files = ReadonlyMap<string, string>;

interface KeptCommit extends Commit {
  readonly files: Files;
}

interface KeptMergeRequest {
  readonly iid: number;
  title: string;
  description: string;
  state: MergeRequest["state"];
  readonly sourceBranch: string;
  readonly targetBranch: string;
  readonly author: string;
  readonly labels: readonly string[];
  readonly fromFork: boolean;
  mergedAs: string | undefined;
  mergedBy: string | undefined;
  closedBy: string | undefined;
  /** Head and merge base when it was merged or closed: its branch may be gone. */
  frozen: { readonly head: string; readonly base: string } | undefined;
  approvedBy: string[];
  /** So many looks at it say `checking`: the host computes late. */
  checks: number;
  pipeline: PipelineState;
  readonly notes: { readonly mark: string; readonly text: string }[];
}

export interface FakeGitOptions {
  readonly now: () => Date;
  /** Called before and after everything that changes something; may throw, as a process that dies does. */
  boundary?(name: string): void;
}

/**
 * A Git project in memory, as strict as the real host: merges are bound to a sha, whether something can be merged is computed late, two
 * changes of one file conflict, and an answer may be lost after what was asked for was done.
 */
export function fakeGit(files: Files, { now, boundary = () => undefined }: FakeGitOptions) {
  const commits = new Map<string, KeptCommit>();
  const branches = new Map<string, string>();
  const mergeRequests: KeptMergeRequest[] = [];
  const did: string[] = [];
  const lost = new Set<string>();
  const rules = {
    account: "dfbot",
    approvalsRequired: 0,
    /** Whether there is a second account that may approve. */
    secondAccount: false,
    pipeline: "none" as PipelineState,
    /** Looks at a merge request after each push that say nothing yet. */
    lateBy: 0,
    requirePipeline: true,
  };

  const put = (
    parents: readonly string[],
    message: string,
    content: Files,
    author: { readonly name: string; readonly email: string },
  ): string => {
    const key = JSON.stringify([parents, message, [...content].toSorted(), author, commits.size]);
    const sha = createHash("sha1").update(key).digest("hex");
    const { name: authorName, email: authorEmail } = author;
    commits.set(sha, { sha, parents, message, authorName, authorEmail, at: now().toISOString(), files: content });
    return sha;
  };
  const bot = { name: "dfbot", email: "dfbot@example.com" };
  branches.set("main", put([], "Begin", files, { name: "Ada", email: "ada@example.com" }));

  const known = (sha: string): KeptCommit => {
    const commit = commits.get(sha);
    if (commit === undefined) throw new BotError("git.not-found", `There is no commit ${sha}`, "");
    return commit;
  };
  const found = (iid: number): KeptMergeRequest => {
    const one = mergeRequests.find((candidate) => candidate.iid === iid);
    if (one === undefined) throw new BotError("git.not-found", `There is no merge request !${iid}`, "");
    return one;
  };
  const ancestors = (sha: string): Set<string> => {
    const seen = new Set<string>();
    const queue = [sha];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (!seen.has(next)) queue.push(...known(next).parents);
      seen.add(next);
    }
    return seen;
  };
  const mergeBase = (a: string, b: string): string => {
    const of = ancestors(a);
    return [...ancestors(b)].find((sha) => of.has(sha)) ?? "";
  };
  const endsOf = (one: KeptMergeRequest) => {
    const head = branches.get(one.sourceBranch) ?? "";
    return one.frozen ?? { head, base: mergeBase(branches.get(one.targetBranch) ?? "", head) };
  };
  const pathsBetween = (a: Files, b: Files) =>
    [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path)).toSorted();
  const mergedFiles = (one: KeptMergeRequest): Files | undefined => {
    const { head, base } = endsOf(one);
    const target = known(branches.get(one.targetBranch) ?? "").files;
    const [from, to] = [known(base).files, known(head).files];
    const next = new Map(target);
    for (const path of pathsBetween(from, to)) {
      if (target.get(path) !== from.get(path) && target.get(path) !== to.get(path)) return undefined;
      const text = to.get(path);
      if (text === undefined) next.delete(path);
      else next.set(path, text);
    }
    return next;
  };
  const missing = (one: KeptMergeRequest) => Math.max(0, rules.approvalsRequired - one.approvedBy.length);
  const readinessOf = (one: KeptMergeRequest): MergeReadiness => {
    if (one.checks > 0) return "checking";
    if (one.title.startsWith("Draft:")) return "draft";
    if (mergedFiles(one) === undefined) return "conflict";
    if (one.pipeline === "failed") return "pipeline-failed";
    if (one.pipeline === "running") return "pipeline-running";
    return missing(one) > 0 ? "approval-missing" : "ready";
  };
  const shown = (one: KeptMergeRequest): MergeRequest => ({
    iid: one.iid,
    url: `https://git.example.com/platform/gitops/-/merge_requests/${one.iid}`,
    title: one.title,
    description: one.description,
    state: one.state,
    sourceBranch: one.sourceBranch,
    targetBranch: one.targetBranch,
    fromFork: one.fromFork,
    head: endsOf(one).head,
    author: one.author,
    labels: one.labels,
    readiness: one.state === "opened" ? readinessOf(one) : "blocked",
    readinessWord: one.state === "opened" ? readinessOf(one) : "not_open",
    pipeline: { state: one.pipeline, url: "https://git.example.com/platform/gitops/-/pipelines/1" },
    mergedAs: one.mergedAs,
    mergedBy: one.mergedBy,
    closedBy: one.closedBy,
    updatedAt: now().toISOString(),
  });
  const freeze = (one: KeptMergeRequest) => {
    one.frozen = endsOf(one);
  };
  const pushed = (branch: string) => {
    for (const one of mergeRequests) {
      if (one.sourceBranch !== branch || one.state !== "opened") continue;
      one.checks = rules.lateBy;
      one.pipeline = rules.pipeline;
      // GitLab takes approvals back at a push, where the project says so.
      one.approvedBy = [];
    }
  };
  const mergeAs = (one: KeptMergeRequest, by: string, message: string): boolean => {
    const next = mergedFiles(one);
    if (next === undefined) return false;
    const { head } = endsOf(one);
    freeze(one);
    one.mergedAs = put([branches.get(one.targetBranch) ?? "", head], message, next, { name: by, email: `${by}@x` });
    one.mergedBy = by;
    one.state = "merged";
    branches.set(one.targetBranch, one.mergedAs);
    branches.delete(one.sourceBranch);
    return true;
  };
  /** Something that changes the project: counted, and its answer may be lost. */
  const doing = <T>(name: string, change: () => T): T => {
    boundary(`before ${name}`);
    did.push(name);
    const result = change();
    boundary(`after ${name}`);
    if (lost.delete(name.split(" ")[0] ?? "")) throw new BotError("git.timeout", "GitLab did not answer", "Try again");
    return result;
  };
  const withCommit = (base: string, edits: readonly { path: string; after: string | null }[]): Files => {
    const next = new Map(known(base).files);
    for (const { path, after } of edits) {
      if (after === null) next.delete(path);
      else next.set(path, after);
    }
    return next;
  };

  const reader: GitReader = {
    head: async (branch) => branches.get(branch),
    commit: async (sha) => {
      const { files: _, ...commit } = known(sha);
      return commit;
    },
    files: async (sha, folder) => new Map([...known(sha).files].filter(([path]) => path.startsWith(`${folder}/`))),
    file: async (sha, path) => known(sha).files.get(path),
    mergeRequest: async (iid) => {
      const one = found(iid);
      const now = shown(one);
      if (one.checks > 0) one.checks -= 1;
      return now;
    },
    openMergeRequests: async (target) =>
      mergeRequests.filter((one) => one.state === "opened" && one.targetBranch === target).map(shown),
    mergeRequestFiles: async (iid): Promise<readonly MergeRequestFile[]> => {
      const { head, base } = endsOf(found(iid));
      const [from, to] = [known(base).files, known(head).files];
      return pathsBetween(from, to).map((path) => ({
        path,
        before: from.get(path) ?? null,
        after: to.get(path) ?? null,
        renamedFrom: undefined,
        opaque: false,
      }));
    },
    mergeRequestCommits: async (iid) => {
      const { head, base } = endsOf(found(iid));
      const old = ancestors(base);
      return [...ancestors(head)]
        .filter((sha) => !old.has(sha))
        .toReversed()
        .map((sha) => known(sha));
    },
    approvals: async (iid) => ({ missing: missing(found(iid)), by: found(iid).approvedBy }),
    self: async () => rules.account,
    commitUrl: (sha) => `https://git.example.com/platform/gitops/-/commit/${sha}`,
  };

  const changes: GitChanges = {
    commit: async ({ branch, base, message, edits }) => {
      const head = branches.get(branch);
      const before = head === undefined ? undefined : known(head);
      if (before?.parents[0] === base && before.message === message) return before.sha;
      const run = /^Dfbot-Run: (.*)$/m.exec(message)?.[1];
      if (before !== undefined && /^Dfbot-Run: (.*)$/m.exec(before.message)?.[1] !== run) {
        throw new BotError("git.branch-taken", `Branch ${branch} has a commit of somebody else`, "");
      }
      for (const { path, before: text } of edits) {
        if ((known(base).files.get(path) ?? null) !== text) throw new BotError("git.refused", `${path} differs`, "");
      }
      return doing(`commit ${branch}`, () => {
        const sha = put([base], message, withCommit(base, edits), bot);
        branches.set(branch, sha);
        pushed(branch);
        return sha;
      });
    },
    openMergeRequest: async ({ sourceBranch, targetBranch, title, description, labels }) => {
      const open = mergeRequests.find((one) => one.sourceBranch === sourceBranch && one.state === "opened");
      if (open !== undefined) {
        if (open.title !== title || open.description !== description) {
          doing(`edit !${open.iid}`, () => Object.assign(open, { title, description }));
        }
        return shown(open);
      }
      return doing(`open ${sourceBranch}`, () =>
        shown(openOne({ sourceBranch, title, description, labels, targetBranch })),
      );
    },
    note: async (iid, mark, text) => {
      const { notes } = found(iid);
      if (notes.some((note) => note.mark === mark)) return;
      doing(`note !${iid}`, () => notes.push({ mark, text }));
    },
    approve: async (iid, head): Promise<ApproveOutcome> => {
      const one = found(iid);
      if (endsOf(one).head !== head) return { kind: "moved" };
      if (!rules.secondAccount) return { kind: "not-entitled", why: "no second account is configured" };
      if (!one.approvedBy.includes("dfbot-approver")) {
        doing(`approve !${iid}`, () => one.approvedBy.push("dfbot-approver"));
      }
      return { kind: "approved" };
    },
    merge: async (iid, { head, message }) => {
      const one = found(iid);
      const mergeRequest = () => shown(one);
      if (endsOf(one).head !== head) return { kind: "moved", mergeRequest: mergeRequest() };
      if (one.state === "merged") return { kind: "merged", mergeRequest: mergeRequest() };
      if (one.state !== "opened") return { kind: "refused", why: "it was closed", mergeRequest: mergeRequest() };
      const readiness = readinessOf(one);
      if (readiness === "conflict") return { kind: "refused", why: "conflict", mergeRequest: mergeRequest() };
      if (readiness !== "ready") return { kind: "not-yet", why: readiness, mergeRequest: mergeRequest() };
      doing(`merge !${iid} ${head}`, () => mergeAs(one, rules.account, message));
      return { kind: "merged", mergeRequest: mergeRequest() };
    },
    close: async (iid) => {
      const one = found(iid);
      if (one.state === "opened") {
        doing(`close !${iid}`, () => {
          freeze(one);
          one.state = "closed";
          one.closedBy = rules.account;
        });
      }
      return shown(one);
    },
  };

  function openOne(
    more: Pick<KeptMergeRequest, "sourceBranch" | "title"> & Partial<KeptMergeRequest>,
  ): KeptMergeRequest {
    const one: KeptMergeRequest = {
      iid: mergeRequests.length + 1,
      description: "",
      state: "opened",
      targetBranch: "main",
      author: rules.account,
      labels: [],
      fromFork: false,
      mergedAs: undefined,
      mergedBy: undefined,
      closedBy: undefined,
      frozen: undefined,
      approvedBy: [],
      checks: rules.lateBy,
      pipeline: rules.pipeline,
      notes: [],
      ...more,
    };
    mergeRequests.push(one);
    return one;
  }

  /** What people do in the host. */
  const people = {
    /** A commit of somebody on a branch, made from main when it is not there. */
    push: (branch: string, files: Readonly<Record<string, string | null>>, email = "eve@example.com") => {
      const base = branches.get(branch) ?? branches.get("main") ?? "";
      const edits = Object.entries(files).map(([path, after]) => ({ path, after }));
      branches.set(
        branch,
        put([base], `Change ${edits.length} files`, withCommit(base, edits), { name: "Eve", email }),
      );
      pushed(branch);
    },
    open: (sourceBranch: string, author: string, title = "A change by hand", more: Partial<KeptMergeRequest> = {}) =>
      openOne({ sourceBranch, title, author, ...more }).iid,
    close: (iid: number, by: string) => {
      const one = found(iid);
      freeze(one);
      Object.assign(one, { state: "closed", closedBy: by });
    },
    merge: (iid: number, by: string) => mergeAs(found(iid), by, `Merge !${iid}`),
    approve: (iid: number, by: string) => found(iid).approvedBy.push(by),
    pipeline: (iid: number, state: PipelineState) => {
      found(iid).pipeline = state;
    },
  };

  return {
    reader,
    changes,
    people,
    rules,
    /** Everything that was changed by the bot, in order. */
    did,
    mergeRequests,
    commits,
    branches,
    /** The answer to the next call of this kind (`commit`, `open`, `merge`, `note`) is lost after it was done. */
    loseAnswerOf: (what: string) => lost.add(what),
    text: (branch: string, path: string) => known(branches.get(branch) ?? "").files.get(path),
    files: (branch: string) => known(branches.get(branch) ?? "").files,
  };
}

export type FakeGit = ReturnType<typeof fakeGit>;
