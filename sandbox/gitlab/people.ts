import { writeCommit } from "./git/write-commit.ts";
import type { Account } from "./world/accounts.ts";
import { approve, unapprove } from "./world/approvals.ts";
import { merge } from "./world/merge.ts";
import { close, openMergeRequest, reopen, updateMergeRequest } from "./world/merge-requests.ts";
import { beginCheck } from "./world/merge-status.ts";
import type { MergeRequestState } from "./world/model.ts";
import { addNote } from "./world/notes.ts";
import { endPipeline } from "./world/pipelines.ts";
import type { Project } from "./world/project.ts";
import { moveBranch } from "./world/pushes.ts";

export interface Push {
  readonly branch: string;
  readonly message: string;
  /** New contents by path; null takes a file away. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Branch or sha that a new branch begins at; the default branch when left out. */
  readonly from?: string;
  /** Who the commit says wrote it, whoever pushes it. */
  readonly author?: { readonly name: string; readonly email: string };
  /** On top of `from`, whatever the branch was before. */
  readonly force?: boolean;
}

/** What people do in GitLab, past the bot. Refusals are thrown as GitLab would show them. */
export interface GitLabPeople {
  /** Returns the sha. Git itself does not ask whether the branch is protected: somebody with the right may. */
  push(who: string, push: Push): Promise<string>;
  deleteBranch(who: string, branch: string): Promise<void>;
  /** Returns its iid. */
  openMergeRequest(
    who: string,
    fields: {
      readonly sourceBranch: string;
      readonly title: string;
      readonly targetBranch?: string;
      readonly description?: string;
    },
  ): Promise<number>;
  retitle(who: string, iid: number, title: string): Promise<void>;
  approve(who: string, iid: number): Promise<void>;
  unapprove(who: string, iid: number): Promise<void>;
  /** Merges as the page's button does: at the head that is there now. Waits until GitLab knows whether it can. */
  merge(who: string, iid: number): Promise<void>;
  close(who: string, iid: number): Promise<void>;
  reopen(who: string, iid: number): Promise<void>;
  comment(who: string, iid: number, body: string): Promise<void>;
  /** A comment that may have to be resolved first. */
  openThread(who: string, iid: number, body: string): Promise<void>;
  resolveThreads(who: string, iid: number): Promise<void>;
  passPipeline(iid: number): Promise<void>;
  failPipeline(iid: number): Promise<void>;
}

export function createPeople(project: Project): GitLabPeople {
  const { repository } = project;
  const at = (iid: number): MergeRequestState => {
    const mergeRequest = project.mergeRequest(iid);
    if (mergeRequest === undefined) throw new Error(`there is no merge request !${iid}`);
    return mergeRequest;
  };
  /** One thing that somebody does, by itself. */
  const act = <T>(who: string, run: (by: Account) => T | Promise<T>): Promise<T> =>
    project.exclusive(async () => run(project.accounts.named(who)));
  const end = (iid: number, status: "success" | "failed") =>
    project.exclusive(async () => {
      if (!endPipeline(project, at(iid), status)) throw new Error(`!${iid} has no pipeline for its newest commit`);
    });
  return {
    push: (who, { branch, message, files, from = project.settings.branch, author, force = false }) =>
      act(who, async (by) => {
        const before = await repository.head(branch);
        const base = force ? undefined : before;
        const self = { name: by.name, email: by.email };
        const sha = await writeCommit(repository, {
          parent: base ?? (await repository.resolve(from)),
          message,
          author: author ?? self,
          committer: author ?? self,
          changes: Object.entries(files).map(([path, content]) => ({
            path,
            mode: "100644",
            content: content === null ? undefined : Buffer.from(content),
          })),
        });
        await moveBranch(project, branch, { from: before, to: sha, by });
        return sha;
      }),
    deleteBranch: (who, branch) =>
      act(who, async (by) => moveBranch(project, branch, { from: await repository.head(branch), to: undefined, by })),
    openMergeRequest: (who, fields) =>
      act(who, async (by) => {
        const { iid } = await openMergeRequest(project, by, { targetBranch: project.settings.branch, ...fields });
        return iid;
      }),
    retitle: (who, iid, title) => act(who, (by) => updateMergeRequest(project, at(iid), by, { title })),
    approve: (who, iid) => act(who, (by) => approve(project, at(iid), by, undefined)),
    unapprove: (who, iid) => act(who, (by) => unapprove(project, at(iid), by)),
    async merge(who, iid) {
      const mergeRequest = at(iid);
      while (mergeRequest.state === "opened" && ["preparing", "unchecked", "checking"].includes(mergeRequest.check)) {
        await beginCheck(project, mergeRequest);
        await new Promise<void>((resolve) => setTimeout(resolve, 5));
      }
      await act(who, (by) => merge(project, mergeRequest, by, { sha: mergeRequest.head }));
    },
    close: (who, iid) => act(who, (by) => close(project, at(iid), by)),
    reopen: (who, iid) => act(who, (by) => reopen(project, at(iid), by)),
    comment: (who, iid, body) => act(who, (by) => void addNote(project, at(iid), by, body)),
    openThread: (who, iid, body) => act(who, (by) => void addNote(project, at(iid), by, body, "thread")),
    resolveThreads: (who, iid) =>
      act(who, (by) => {
        for (const note of at(iid).notes) if (note.resolvable) note.resolvedBy ??= by;
      }),
    passPipeline: (iid) => end(iid, "success"),
    failPipeline: (iid) => end(iid, "failed"),
  };
}
