import type { ProbePods } from "./platform/probes.ts";

export interface LeftoverProbesOptions {
  readonly clusters: readonly string[];
  readonly probes: Pick<ProbePods, "removeLeftovers">;
  readonly timeoutMs: number;
  readonly onRemoved: (cluster: string, pods: readonly string[]) => void;
  readonly onTrouble: (cluster: string, error: unknown) => void;
}

const everyMs = 60_000;
const olderThanMs = 120_000;

/**
 * Once a minute removes the pods of probes whose process died before it could: those older than any probe that is still
 * waited for. Every replica does so; two of them do no harm.
 */
export function watchLeftoverProbes(options: LeftoverProbesOptions): { stop(): void } {
  const { clusters, probes, timeoutMs, onRemoved, onTrouble } = options;
  const look = async (cluster: string) => {
    try {
      const removed = await probes.removeLeftovers(cluster, olderThanMs, AbortSignal.timeout(timeoutMs));
      if (removed.length > 0) onRemoved(cluster, removed);
    } catch (error) {
      onTrouble(cluster, error);
    }
  };
  const timer = setInterval(() => void Promise.all(clusters.map(look)), everyMs);
  return { stop: () => clearInterval(timer) };
}
