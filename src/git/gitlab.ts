import type {
  Branches,
  Commits,
  MergeRequestApprovals,
  MergeRequestNotes,
  MergeRequests,
  Repositories,
  RepositoryFiles,
  Users,
} from "@gitbeaker/rest";
import { createSend, type RequestLimits } from "./request.ts";

/** The parts of GitLab's API that the bot uses, bound to one token and one signal. */
export interface GitLabApi {
  readonly branches: Branches;
  readonly commits: Commits;
  readonly files: RepositoryFiles;
  readonly repositories: Repositories;
  readonly mergeRequests: MergeRequests;
  readonly notes: MergeRequestNotes;
  readonly approvals: MergeRequestApprovals;
  readonly users: Users;
}

export type Connect = (signal: AbortSignal) => Promise<GitLabApi>;

/**
 * GitLab's API with this token. The client library takes no signal a call, so a client is made for each: that is eight small
 * objects. The library itself takes 50 ms to load, so nothing imports it before it is needed.
 */
export function createConnect(url: string, token: string, limits: RequestLimits): Connect {
  const send = createSend(token, limits);
  const host = url.replace(/\/+$/, "");
  return async (signal) => {
    const [rest, { createRequesterFn }] = await Promise.all([
      import("@gitbeaker/rest"),
      import("@gitbeaker/requester-utils"),
    ]);
    signal.throwIfAborted();
    const options = {
      host,
      token,
      // Timeouts and rate limits are those of `send`.
      queryTimeout: null,
      rateLimits: {},
      requesterFn: createRequesterFn(
        async (_service, request) => request,
        (endpoint, request) => send(endpoint, request, signal),
      ),
    };
    return {
      branches: new rest.Branches(options),
      commits: new rest.Commits(options),
      files: new rest.RepositoryFiles(options),
      repositories: new rest.Repositories(options),
      mergeRequests: new rest.MergeRequests(options),
      notes: new rest.MergeRequestNotes(options),
      approvals: new rest.MergeRequestApprovals(options),
      users: new rest.Users(options),
    };
  };
}
