import type { GitLabSettings } from "../config/environment.ts";
import type { GitChanges, GitReader } from "../platform/git.ts";
import { approveOnce } from "./approve.ts";
import { closeOnce } from "./close.ts";
import { commitOnce } from "./commit.ts";
import { createContents } from "./content.ts";
import { createHost } from "./host.ts";
import { mergeOnce } from "./merge.ts";
import { noteOnce } from "./note.ts";
import { openMergeRequestOnce } from "./open-merge-request.ts";
import { createGitReader, userNameOf } from "./reader.ts";
import type { RequestLimits } from "./request.ts";

export interface GitProject {
  readonly reader: GitReader;
  readonly changes: GitChanges;
}

/** The Git project on GitLab. Nothing is connected to before it is used. */
export function openProject(settings: GitLabSettings, limits?: RequestLimits): GitProject {
  const host = createHost(settings, limits);
  const contents = createContents(host);
  const reader = createGitReader(host, contents);
  const approver = host.connectApprover === undefined ? undefined : userNameOf(host.connectApprover);
  return {
    reader,
    changes: {
      commit: (proposal, signal) => commitOnce(host, contents, proposal, signal),
      openMergeRequest: (proposal, signal) => openMergeRequestOnce(host, reader, proposal, signal),
      note: (iid, mark, markdown, signal) => noteOnce(host, reader.self, { iid, mark, markdown }, signal),
      approve: (iid, head, signal) => approveOnce(host, reader, approver, { iid, head }, signal),
      merge: (iid, { head, message }, signal) => mergeOnce(host, reader, { iid, head, message }, signal),
      close: (iid, signal) => closeOnce(host, reader, iid, signal),
    },
  };
}
