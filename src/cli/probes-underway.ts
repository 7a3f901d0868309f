import type { ProbePods } from "../platform/probes.ts";

/** The same probes, and a way to wait for those whose pods are being removed when the person has given up. */
export function trackProbes(probes: ProbePods): { readonly probes: ProbePods; settled(): Promise<unknown> } {
  const underway = new Set<Promise<unknown>>();
  return {
    probes: {
      ...probes,
      run(wanted, signal) {
        const run = probes.run(wanted, signal).finally(() => underway.delete(run));
        underway.add(run);
        return run;
      },
    },
    settled: () => Promise.allSettled(underway),
  };
}
