import type { Finding } from "../../reports/model.ts";
import { prove } from "../connectivity/prove.ts";
import type { DurableContext } from "../durable/definition.ts";
import type { TenantDeps } from "./deps.ts";
import type { Aim } from "./follow-aim.ts";
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
  const ways = access.filter(({ allowed }) => allowed).map((one) => ({ ...one, wanted: "allowed" as const }));
  if (ways.length === 0) return Promise.resolve([]);
  return context.step(
    "try the connections",
    async ({ signal, now }) => {
      const proofs = await prove({ config, platform, signal, now }, ways);
      return proofs
        .flatMap(({ findings: [whole, ...stages] }) => [whole, ...stages.filter(({ verdict }) => verdict !== "ok")])
        .flatMap((one) => (one === undefined ? [] : [{ ...shortened(one), section: "After the merge" }]));
    },
    { timeoutMs: 180_000, retries: 1 },
  );
}
