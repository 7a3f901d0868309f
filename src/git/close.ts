import type { GitReader, MergeRequest } from "../platform/git.ts";
import { GitError } from "./errors.ts";
import type { Host } from "./host.ts";
import { mergeRequestOf } from "./merge-request.ts";
import { mergeRequestSchema, parsed } from "./schemas.ts";
import { settle } from "./settle.ts";

/**
 * Closes a merge request. Its branch goes with it when the bot's own account opened it: what people pushed is theirs. One that is
 * merged stays as it is, and is returned so.
 */
export async function closeOnce(
  host: Host,
  reader: Pick<GitReader, "mergeRequest" | "self">,
  iid: number,
  signal: AbortSignal,
): Promise<MergeRequest> {
  const api = await host.connect(signal);
  const closed = await settle(host.limits, signal, {
    look: async () => {
      const mergeRequest = await reader.mergeRequest(iid, signal);
      return mergeRequest.state === "closed" || mergeRequest.state === "merged" ? mergeRequest : undefined;
    },
    act: async () => {
      const answer = await api.mergeRequests.edit(host.project, iid, { stateEvent: "close" });
      return mergeRequestOf(parsed("the merge request", mergeRequestSchema, answer));
    },
  });
  const own = closed.author === (await reader.self(signal)) && !closed.fromFork;
  if (closed.state === "closed" && own) await removeBranch(host, closed.sourceBranch, signal);
  return closed;
}

async function removeBranch(host: Host, branch: string, signal: AbortSignal): Promise<void> {
  const api = await host.connect(signal);
  await settle(host.limits, signal, {
    look: async () => {
      try {
        await api.branches.show(host.project, branch);
        return undefined;
      } catch (error) {
        if (error instanceof GitError && error.status === 404) return "gone";
        throw error;
      }
    },
    act: async () => {
      await api.branches.remove(host.project, branch);
      return "gone";
    },
  });
}
