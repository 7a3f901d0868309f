import { setTimeout as sleep } from "node:timers/promises";
import type { ProbeOutcome, ProbePods } from "../src/platform/probes.ts";
import { apiLatencyMs, type FarWorld, startFarWorld } from "./read-runbook.ts";
import { type Line, median, ms } from "./report.ts";

const namespaces = 50;
const rounds = 3;

/**
 * `connectivity --matrix` over many namespaces against one of them. The probe of the one is real; then as many pods as the
 * configuration lets run at once take as long as it took and say what it said. Fifty real ones would measure this machine's cores, of
 * which a cluster has more.
 */
export async function matrix(): Promise<readonly Line[]> {
  const far = await startFarWorld({ metrics: false });
  try {
    const names = Array.from({ length: namespaces }, (_, i) => `bench-${i}`);
    for (const name of names) addNamespace(far, name);
    const { probes, probeMs } = await rehearsed(far, names[0] ?? "");
    const { config: given } = far;
    const config = {
      ...given,
      namespaces: { ...given.namespaces, allowed: [], denied: names },
      probes: { ...given.probes, sample: 0 },
    };
    const platform = { ...far.platform, probes };
    const timed = async (params: Readonly<Record<string, unknown>>) => {
      const started = performance.now();
      const { verdict } = await far.run("connectivity", { ...params, cluster: "infra" }, { config, platform });
      if (verdict !== "ok") throw new Error(`Namespaces that are shut out gave ${verdict}`);
      return performance.now() - started;
    };
    const [one, all]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      one.push(await timed({ namespace: names[0] }));
      all.push(await timed({ matrix: true }));
    }
    return [
      {
        name: `connectivity --matrix: ${namespaces} namespaces / one`,
        ratio: median(all) / median(one),
        // As many rounds of pods as there must be, and a tenth for everything else.
        atMost: 1.1 * Math.ceil(namespaces / config.probes.parallel),
        figures: {
          all: ms(median(all)),
          one: ms(median(one)),
          "a probe": ms(probeMs),
          "at once": String(config.probes.parallel),
          "API server latency": ms(apiLatencyMs),
          rounds: String(rounds),
        },
      },
    ];
  } finally {
    await far.stop();
  }
}

function addNamespace({ world }: FarWorld, name: string): void {
  world.infra.objects.create(
    { group: "", plural: "namespaces" },
    { apiVersion: "v1", kind: "Namespace", metadata: { name } },
  );
}

/** Tries one way with a real pod, and gives probes that take as long and come to the same. */
async function rehearsed(far: FarWorld, namespace: string) {
  const seen: { readonly outcome: ProbeOutcome; readonly probeMs: number }[] = [];
  const watched: ProbePods = {
    ...far.platform.probes,
    async run(wanted, signal) {
      const started = performance.now();
      const outcome = await far.platform.probes.run(wanted, signal);
      seen.push({ outcome, probeMs: performance.now() - started });
      return outcome;
    },
  };
  const platform = { ...far.platform, probes: watched };
  await far.run("connectivity", { namespace, cluster: "infra" }, { platform });
  const [first] = seen;
  if (first === undefined) throw new Error("No probe was made");
  const { outcome, probeMs } = first;
  const probes: ProbePods = {
    ...far.platform.probes,
    async run(_, signal) {
      await sleep(probeMs, undefined, { signal });
      return outcome;
    },
  };
  return { probes, probeMs };
}
