import type { DrillConfig, InstanceConfig } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import type { CanaryTry, RunningCanary } from "../../platform/canary.ts";
import { read } from "../../platform/reading.ts";
import { type ChangeDeps, type Member, type Members, targetOf } from "../changes/members.ts";
import type { Effect, StepContext } from "../durable/definition.ts";
import { type Measurement, measure } from "./measure.ts";
import { syncState } from "./synced.ts";

/** What came of the eviction, as it is kept in the run's record. */
export interface Disruption {
  /** When it was asked for; of one that was not measured: when it was found. ISO 8601. */
  readonly at: string;
  /** Null when nobody measured it. */
  readonly measurement: Measurement | null;
  readonly whyNot: string;
  /** Who became the primary, by the server's and the operator's word; null when nobody was seen to. */
  readonly elected: { readonly pod: string; readonly afterMs: number } | null;
  /** When every replica was seen to follow it in sync; null: not while the canary was at it. */
  readonly syncedAfterMs: number | null;
}

/** Clean figures before anything is done: what fails without an eviction says nothing about one. */
const baselineMs = 2_000;
/** So long everything must succeed under the new primary before it counts as over. */
const steadyMs = 3_000;
const lookEveryMs = 200;
const lookWithinMs = 1_000;
const spareMs = 60_000;

/** How long the effect may take as a whole. */
export function disruptionTakesAtMost({ measureForMs }: DrillConfig): number {
  return baselineMs + measureForMs + spareMs;
}

/**
 * Evicts one very pod, with a canary around it. Both are one effect, so that what was measured is kept with what was done: a process that
 * dies in between leaves an eviction that the next one finds, and a measurement that nobody has. It is never evicted again for its sake.
 */
export function disruption(deps: ChangeDeps, members: Members, since: string): Effect<Disruption> {
  const { instance, primary } = members;
  const { cluster, namespace, name } = instance;
  const isGoing = async (signal: AbortSignal) => {
    const pods = await deps.platform.cluster(cluster).pods(namespace, `app=${name}`, signal);
    const pod = pods.find(({ meta }) => meta.uid === primary.uid);
    return pod === undefined || pod.meta.deletedAt !== undefined;
  };
  return {
    find: async ({ signal, interrupted, now }) => {
      if (!(await isGoing(signal))) return undefined;
      const at = now().toISOString();
      const whyNot = interrupted
        ? `The process that measured was gone from ${since} to ${at} at the latest`
        : `${primary.pod} was gone before the drill evicted it`;
      return { at, measurement: null, whyNot, elected: null, syncedAfterMs: null };
    },
    apply: (step) => evictAndMeasure(deps, members, isGoing, step),
  };
}

async function evictAndMeasure(
  deps: ChangeDeps,
  { instance, primary, replicas }: Members,
  isGoing: (signal: AbortSignal) => Promise<boolean>,
  { signal, now }: StepContext,
): Promise<Disruption> {
  const { config, platform, changes } = deps;
  const canary = await platform.canary.start(config.drill.everyMs);
  let ended: ReturnType<RunningCanary["end"]> | undefined;
  const end = () => {
    ended ??= canary.end();
    return ended;
  };
  try {
    await canary.pause(baselineMs, signal);
    refuseUnlessClean(canary.tries());
    const evictedAt = canary.elapsedMs();
    const at = now().toISOString();
    const { cluster, namespace } = instance;
    try {
      await changes.evictPod({ cluster, namespace, name: primary.pod, uid: primary.uid }, signal);
    } catch (error) {
      // An answer that was lost says nothing: what counts is whether the pod goes.
      if (!(await isGoing(signal))) throw error;
    }
    let elected: Disruption["elected"] = null;
    let syncedAfterMs: number | null = null;
    const after = () => Math.round(canary.elapsedMs() - evictedAt);
    while (after() < config.drill.measureForMs) {
      const seen = await lookAt(deps, instance, primary, signal);
      signal.throwIfAborted();
      if (seen?.primary !== undefined) elected ??= { pod: seen.primary, afterMs: after() };
      if (elected !== null && syncedAfterMs === null) {
        const { missing } = await syncState(deps, targetOf(instance), primary, replicas.length, signal);
        if (missing === "") syncedAfterMs = after();
      }
      const since = elected === null ? 0 : after() - elected.afterMs;
      if (seen?.gone === true && since >= steadyMs && isSteady(canary)) break;
      await canary.pause(lookEveryMs, signal);
    }
    return { at, measurement: measure(await end(), evictedAt), whyNot: "", elected, syncedAfterMs };
  } finally {
    await end();
  }
}

function refuseUnlessClean(tries: readonly CanaryTry[]): void {
  const failed = tries.find(({ outcome }) => outcome !== "ok");
  const reads = tries.some(({ kind }) => kind === "read");
  if (failed === undefined && reads) return;
  throw new BotError(
    "drill.not-clean",
    `Nothing was evicted: the canary's ${failed?.kind ?? "reads"} failed before that (${failed?.outcome ?? "none was answered"})`,
    "Find out what clients see now: /dragonfly status, then drill again",
  );
}

/** Everything of the last seconds succeeded, and there was something. */
function isSteady(canary: RunningCanary): boolean {
  const from = canary.elapsedMs() - steadyMs;
  const late = canary.tries().filter(({ endedAt }) => endedAt >= from);
  const kinds = new Set(late.map(({ kind }) => kind));
  return kinds.size === 2 && late.every(({ outcome }) => outcome === "ok");
}

/** What became of the pod, and of its role. Undefined while the API server cannot be asked: the canary goes on. */
async function lookAt(
  { config, platform }: ChangeDeps,
  { cluster, namespace, name }: InstanceConfig,
  before: Member,
  signal: AbortSignal,
): Promise<{ readonly gone: boolean; readonly primary: string | undefined } | undefined> {
  const timeoutMs = Math.min(config.readTimeoutMs, lookWithinMs);
  const pods = await read({ command: "", timeoutMs, signal }, (inner) =>
    platform.cluster(cluster).pods(namespace, `app=${name}`, inner),
  );
  if (!pods.ok) return undefined;
  // The pod that the operator sends clients to, if its server says so too: one that begins anew says so for a moment as well.
  const labelled = pods.value.find(
    ({ meta, roleLabel }) => roleLabel === "master" && meta.uid !== before.uid && meta.deletedAt === undefined,
  );
  const address = labelled && { cluster, namespace, pod: labelled.meta.name, ip: labelled.ip };
  const state =
    address && (await read({ command: "", timeoutMs, signal }, (inner) => platform.servers.state(address, inner)));
  return {
    gone: pods.value.every(({ meta }) => meta.uid !== before.uid),
    primary: state?.ok && state.value.role.kind === "primary" ? labelled?.meta.name : undefined,
  };
}
