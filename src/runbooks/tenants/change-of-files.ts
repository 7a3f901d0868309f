import type { FileEdit, MergeRequestFile } from "../../platform/git.ts";
import type { Draft } from "../../tenants/draft.ts";
import type { Proposal } from "./plan-change.ts";

/** A change that the bot drafts itself. */
export interface OwnChange {
  readonly kind: "own";
  readonly runbook: string;
  /** In the name of its branch, after the runbook: `payments`. */
  readonly subject: string;
  /** What policies know it by: `tenant/payments`, `dragonfly-system/dragonfly`. */
  readonly target: string;
  /** Drafts it on the newest commit, and checks it against the live clusters. */
  propose(signal: AbortSignal): Promise<Proposal>;
  /** The same on a given commit, without the clusters; for the same commit always the same. */
  draftOn(sha: string, signal: AbortSignal): Promise<Draft>;
}

/** A merge request that people opened in GitLab. */
export interface TheirChange {
  readonly kind: "theirs";
  readonly runbook: string;
  readonly target: string;
  readonly iid: number;
}

export type FileChange = OwnChange | TheirChange;

/** The files of a merge request as edits; one that was renamed goes in one place and comes in another. */
export function editsOf(files: readonly MergeRequestFile[]): readonly FileEdit[] {
  return files.flatMap(({ path, renamedFrom, before, after }) =>
    renamedFrom === undefined || renamedFrom === path
      ? [{ path, before, after }]
      : [
          { path: renamedFrom, before, after: null },
          { path, before: null, after },
        ],
  );
}
