import { appendFileSync } from "node:fs";
import type { ApiLogEntry } from "./server.ts";

/** Names the file that the API calls of a world are appended to when it stops: one JSON document a line. */
export const callRecordVariable = "DFBOT_API_CALLS";

/** One call of the bot, in the cluster where it was made. */
export type RecordedCall = Omit<ApiLogEntry, "code" | "user"> & { readonly cluster: string };

/** Appends every different call of one user. */
export function recordCalls(path: string, cluster: string, log: readonly ApiLogEntry[], user: string): void {
  const calls = log
    .filter((entry) => entry.user === user)
    .map(({ verb, group, resource, subresource, namespace, name }) =>
      JSON.stringify({ cluster, verb, group, resource, subresource, namespace, name } satisfies RecordedCall),
    );
  const lines = [...new Set(calls)].map((call) => `${call}\n`);
  if (lines.length > 0) appendFileSync(path, lines.join(""));
}
