import { isMissing } from "./errors.ts";
import type { Host } from "./host.ts";
import { branchSchema, type CommitAnswer, parsed } from "./schemas.ts";

/** The newest commit of a branch; undefined when there is no such branch. */
export async function headOf(host: Host, branch: string, signal: AbortSignal): Promise<CommitAnswer | undefined> {
  const api = await host.connect(signal);
  try {
    return parsed("a branch", branchSchema, await api.branches.show(host.project, branch)).commit;
  } catch (error) {
    if (isMissing(error, "branch")) return undefined;
    throw error;
  }
}
