import type { Config } from "../../config/file.ts";
import type { Finding } from "../../reports/model.ts";
import { prove, type Way } from "../connectivity/prove.ts";
import type { DurableContext } from "../durable/definition.ts";
import type { TenantDeps } from "./deps.ts";
import type { Aim, WantedAccess } from "./follow-aim.ts";
import { lookHowFar } from "./follow-look.ts";

/** Between two looks, in seconds; the last one stays. */
const pauses = [5, 10, 15, 30] as const;
/** Findings that are kept have the beginning of their evidence: a run's record is small. */
const longestEvidence = 1_500;

export interface Followed {
  readonly findings: readonly Finding[];
  readonly waitedMs: number;
}

/**
 * Waits until a merged change serves, or its time is over: parked between the looks. Returns what was seen last, what nobody has proven,
 * and how long it took.
 */
export async function follow(
  context: DurableContext<unknown>,
  deps: TenantDeps,
  aim: Aim,
  merged: string,
): Promise<Followed> {
  const untilMs = deps.config.tenants.readyMinutes * 60_000;
  let waitedMs = 0;
  let well = 0;
  for (let looks = 0; well < 2; looks++) {
    const waits = await context.step(
      looks === 0 ? "look how far the clusters are" : "look again how far the clusters are",
      async ({ signal, now }) => {
        const seen = await lookHowFar(deps, aim, merged, signal, now);
        return seen.filter(({ pending }) => pending).map((one) => one.finding.title.slice(0, 200));
      },
      { timeoutMs: 60_000, retries: 3, backoffMs: 2_000 },
    );
    well = waits.length === 0 ? well + 1 : 0;
    if (waitedMs >= untilMs || well >= 2) break;
    const seconds = well > 0 ? deps.config.tenants.settleSeconds : (pauses[Math.min(looks, pauses.length - 1)] ?? 30);
    waitedMs += seconds * 1_000;
    const [first] = waits;
    await context.sleep(first === undefined ? "looks once more soon" : `waits: ${first}`, seconds * 1_000);
  }
  const findings = await context.step(
    "look what came of it",
    async ({ signal, now }) => (await lookHowFar(deps, aim, merged, signal, now)).map((one) => shortened(one.finding)),
    { timeoutMs: 60_000, retries: 3, backoffMs: 2_000 },
  );
  return { findings: [...findings, ...(await connectivity(context, deps, aim))], waitedMs };
}

function shortened(one: Finding): Finding {
  const evidence = one.evidence.map(({ output, ...rest }) => ({ ...rest, output: output.slice(0, longestEvidence) }));
  return { ...one, evidence };
}

/** A policy that lets somebody in is not a connection: so it is tried, from the namespaces that are to get through. */
function connectivity(
  context: DurableContext<unknown>,
  { config, platform }: TenantDeps,
  { access }: Aim,
): Promise<readonly Finding[]> {
  const ways = waysOf(access, config);
  if (ways.length === 0) return Promise.resolve([]);
  return context.step(
    "try the connections",
    async ({ signal, now }) => {
      const proofs = await prove({ config, platform, signal, now }, ways);
      const there = proofs.filter(({ actual }) => actual.kind !== "no-namespace");
      const isElsewhere = (name: string) => there.some(({ way }) => way.namespace === name);
      return proofs
        .filter((proof) => there.includes(proof) || !isElsewhere(proof.way.namespace))
        .flatMap(({ findings: [whole, ...stages] }) => [whole, ...stages.filter(({ verdict }) => verdict !== "ok")])
        .flatMap((one) => (one === undefined ? [] : [{ ...shortened(one), section: "After the merge" }]));
    },
    { timeoutMs: 180_000, retries: 1 },
  );
}

/**
 * The lists of the shared instance say which namespaces, not in which cluster these are: so all are looked at, and of those that the
 * change did not name the policies say what should be.
 */
function waysOf(access: readonly WantedAccess[], config: Config): readonly Way[] {
  const admitted = access.filter(({ allowed }) => allowed);
  const asked = admitted.map((one): Way => ({ ...one, wanted: "allowed" }));
  const elsewhere = admitted
    .filter(({ login }) => login === undefined)
    .flatMap(({ namespace, instance }) =>
      config.clusters
        .filter(({ name }) => !admitted.some((one) => one.namespace === namespace && one.cluster === name))
        .map(({ name }): Way => ({ cluster: name, namespace, instance, wanted: undefined })),
    );
  return [...asked, ...elsewhere];
}
