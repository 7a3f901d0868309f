import type { GitLabSettings } from "../config/environment.ts";
import { commitUrl } from "./commit-url.ts";
import type { GitProject } from "./project.ts";
import type { RequestLimits } from "./request.ts";

/**
 * The Git project on GitLab: what may be read of it, and what may be done to it. Loaded when it is first used, after the process is
 * ready: with its schemas it takes 15 ms, and the client library another 50.
 */
export function createGit(settings: GitLabSettings, limits?: RequestLimits): GitProject {
  let opened: Promise<GitProject> | undefined;
  const open = () => {
    opened ??= import("./project.ts").then(({ openProject }) => openProject(settings, limits));
    return opened;
  };
  const reader = async () => (await open()).reader;
  const changes = async () => (await open()).changes;
  return {
    reader: {
      head: async (...asked) => (await reader()).head(...asked),
      commit: async (...asked) => (await reader()).commit(...asked),
      files: async (...asked) => (await reader()).files(...asked),
      file: async (...asked) => (await reader()).file(...asked),
      mergeRequest: async (...asked) => (await reader()).mergeRequest(...asked),
      openMergeRequests: async (...asked) => (await reader()).openMergeRequests(...asked),
      mergeRequestFiles: async (...asked) => (await reader()).mergeRequestFiles(...asked),
      mergeRequestCommits: async (...asked) => (await reader()).mergeRequestCommits(...asked),
      approvals: async (...asked) => (await reader()).approvals(...asked),
      self: async (...asked) => (await reader()).self(...asked),
      commitUrl: (sha) => commitUrl(settings, sha),
    },
    changes: {
      commit: async (...asked) => (await changes()).commit(...asked),
      openMergeRequest: async (...asked) => (await changes()).openMergeRequest(...asked),
      note: async (...asked) => (await changes()).note(...asked),
      approve: async (...asked) => (await changes()).approve(...asked),
      merge: async (...asked) => (await changes()).merge(...asked),
      close: async (...asked) => (await changes()).close(...asked),
    },
  };
}
