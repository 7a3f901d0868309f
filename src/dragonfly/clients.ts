import type { ClientCount } from "../platform/ports.ts";

/**
 * Counts CLIENT LIST by address, the most connections first. Replication and the admin port (9999) are left out.
 * The format: CLIENT LIST of Dragonfly v1.40.1, which names its replication connections `repl_…`; Redis marks them by flags.
 */
export function countClients(list: string): readonly ClientCount[] {
  const counts = new Map<string, number>();
  for (const line of list.split("\n")) {
    const address = /\baddr=(?:\[([^\]]+)\]|([^\s:]+)):\d+/.exec(line);
    const from = address?.[1] ?? address?.[2];
    const isAdmin = /\bladdr=\S+:9999\b/.test(line);
    const isReplication = /\bname=repl_|\brepl-phase=|\bflags=\S*[SM]/.test(line);
    if (from === undefined || isAdmin || isReplication) continue;
    counts.set(from, (counts.get(from) ?? 0) + 1);
  }
  return [...counts]
    .map(([address, connections]) => ({ address, connections }))
    .toSorted((a, b) => b.connections - a.connections);
}
