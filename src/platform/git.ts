/** A commit of the Git project. */
export interface Commit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly authorName: string;
  /** Whoever pushes may write anything here: never a proof of who somebody is. */
  readonly authorEmail: string;
  readonly at: string;
}

/** What becomes of one file. `before` is its content at the base, `after` what it is to be; null: it is not there. */
export interface FileEdit {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

export type PipelineState = "none" | "running" | "succeeded" | "failed";

/** How far a merge request is from being merged, in our words. The host computes it late: `checking` says nothing yet. */
export type MergeReadiness =
  | "ready"
  | "checking"
  | "pipeline-running"
  | "pipeline-failed"
  | "approval-missing"
  | "conflict"
  | "draft"
  | "blocked";

export interface MergeRequest {
  readonly iid: number;
  readonly url: string;
  readonly title: string;
  readonly description: string;
  readonly state: "opened" | "merged" | "closed" | "locked";
  readonly sourceBranch: string;
  readonly targetBranch: string;
  /** Comes from another project than the one it goes to. */
  readonly fromFork: boolean;
  /** Of the newest commit of the source branch. */
  readonly head: string;
  /** User name of the account that opened it. */
  readonly author: string;
  readonly labels: readonly string[];
  readonly readiness: MergeReadiness;
  /** The host's own word behind `readiness`, for people: `ci_must_pass`. */
  readonly readinessWord: string;
  readonly pipeline: { readonly state: PipelineState; readonly url: string | undefined };
  /** Of the commit on the target branch that brought it in, once merged. */
  readonly mergedAs: string | undefined;
  readonly mergedBy: string | undefined;
  readonly closedBy: string | undefined;
  readonly updatedAt: string;
}

/** Approvals as the Git host counts them. They are beside the bot's own, never instead of them. */
export interface HostApprovals {
  /** How many more the host demands. */
  readonly missing: number;
  /** User names. */
  readonly by: readonly string[];
}

/** A file that a merge request touches, as it is at its merge base and at its head. */
export interface MergeRequestFile extends FileEdit {
  readonly renamedFrom: string | undefined;
  /** Not text, or too large to be shown: `before` and `after` are null then. */
  readonly opaque: boolean;
}

export interface CommitProposal {
  readonly branch: string;
  /** Sha that the commit is made on; what the branch was before does not matter. */
  readonly base: string;
  readonly message: string;
  readonly edits: readonly FileEdit[];
}

export interface MergeRequestProposal {
  readonly sourceBranch: string;
  readonly targetBranch: string;
  readonly title: string;
  /** Markdown. */
  readonly description: string;
  readonly labels: readonly string[];
  /** User names; unknown ones are left out. */
  readonly reviewers: readonly string[];
}

/** What came of an attempt to merge, read back from the host whatever it answered. */
export type MergeOutcome =
  | { readonly kind: "merged"; readonly mergeRequest: MergeRequest }
  /** Its head is not the approved one any more. */
  | { readonly kind: "moved"; readonly mergeRequest: MergeRequest }
  /** Not now: still being computed, pipeline at work, approval missing. Worth trying again. */
  | { readonly kind: "not-yet"; readonly why: string; readonly mergeRequest: MergeRequest }
  /** Not like this: conflict, closed, no right. */
  | { readonly kind: "refused"; readonly why: string; readonly mergeRequest: MergeRequest };

export type ApproveOutcome =
  | { readonly kind: "approved" }
  /** No second account is configured, or it may not approve this: somebody has to, in the host. */
  | { readonly kind: "not-entitled"; readonly why: string }
  | { readonly kind: "moved" };

/**
 * What may be read of the Git project. Every method throws BotError with a stable code when it cannot answer (`git.not-configured`,
 * `git.unreachable`, `git.timeout`, `git.unauthorized`, `git.forbidden`, `git.not-found`, `git.rate-limited`, `git.refused`), never with the
 * token in it, and stops when its signal aborts.
 */
export interface GitReader {
  /** Sha of the newest commit of a branch; undefined when there is no such branch. */
  head(branch: string, signal: AbortSignal): Promise<string | undefined>;
  commit(sha: string, signal: AbortSignal): Promise<Commit>;
  /** Text files below a folder at a commit, by path from the root of the project. Empty when there is no such folder. */
  files(sha: string, folder: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /** Undefined when it is not there. */
  file(sha: string, path: string, signal: AbortSignal): Promise<string | undefined>;
  mergeRequest(iid: number, signal: AbortSignal): Promise<MergeRequest>;
  /** Open ones into a branch, newest change first; all pages. */
  openMergeRequests(targetBranch: string, signal: AbortSignal): Promise<readonly MergeRequest[]>;
  mergeRequestFiles(iid: number, signal: AbortSignal): Promise<readonly MergeRequestFile[]>;
  /** Oldest first. */
  mergeRequestCommits(iid: number, signal: AbortSignal): Promise<readonly Commit[]>;
  approvals(iid: number, signal: AbortSignal): Promise<HostApprovals>;
  /** User name of the account that the bot uses. */
  self(signal: AbortSignal): Promise<string>;
  /** Where a commit is shown to people; needs no call. */
  commitUrl(sha: string): string;
}

/** What change runbooks may do to the Git project. Each looks first whether it is done already, so each may be asked for twice. Throws as GitReader does. */
export interface GitChanges {
  /**
   * One atomic commit on a branch; the branch is made, or moved to it. Done already when the branch's head has this base as its
   * parent and this message. Returns its sha. Throws `git.branch-taken` when the branch has a commit that is not one of the bot's
   * for the same run (trailer `Dfbot-Run`).
   */
  commit(proposal: CommitProposal, signal: AbortSignal): Promise<string>;
  /** The open merge request of the source branch, made when there is none; title and description are brought up to the proposal. */
  openMergeRequest(proposal: MergeRequestProposal, signal: AbortSignal): Promise<MergeRequest>;
  /** A note that is there once: `mark` is an invisible part of its text. */
  note(iid: number, mark: string, markdown: string, signal: AbortSignal): Promise<void>;
  /** Approves as the second account, when there is one. */
  approve(iid: number, head: string, signal: AbortSignal): Promise<ApproveOutcome>;
  /** Merges exactly this head, or says why not; `message` becomes the merge commit's. */
  merge(
    iid: number,
    wanted: { readonly head: string; readonly message: string },
    signal: AbortSignal,
  ): Promise<MergeOutcome>;
  /** Closes a merge request without merging it and takes its branch away. Done already when it is closed. */
  close(iid: number, signal: AbortSignal): Promise<MergeRequest>;
}
