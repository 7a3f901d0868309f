import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { BotError } from "../errors.ts";
import type { Ending, ProbeOutcome, WantedProbe } from "../platform/probes.ts";
import { containerState, endingOf, isHopeless, wordsOfState } from "./container-state.ts";
import { badAnswer } from "./errors.ts";
import { ephemeralProbe } from "./probe-manifest.ts";
import { type Refused, refusalOf } from "./probe-refusal.ts";
import type { CallApi } from "./request.ts";

const lookEveryMs = 250;
/** Pulling the image included; nothing ends a container that never starts. */
const waitAtMostMs = 75_000;
/** A node that is there takes it up within a second or two, and says so before it pulls the image. */
const silentAtMostMs = 20_000;
const logBytes = "65536";
/** Nobody can take them out of the pod again, so there is an end to adding. */
const mostInOnePod = 20;
/** The pod's status changes all the time, and any change is a conflict. */
const triesToAdd = 5;
const prefix = "dfbot-probe-";

const podSchema = z.object({
  metadata: z.object({
    uid: z.string().default(""),
    resourceVersion: z.string(),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({
    nodeName: z.string().default("its node"),
    ephemeralContainers: z.array(z.object({ name: z.string() })).default([]),
  }),
  status: z
    .object({
      phase: z.string().default("Pending"),
      ephemeralContainerStatuses: z
        .array(z.object({ name: z.string(), state: containerState.prefault({}) }))
        .default([]),
    })
    .prefault({}),
});
type PodNow = z.infer<typeof podSchema>;
type WantedInPod = WantedProbe & { readonly pod: string };

/**
 * Tries it in a running pod, by an ephemeral container: with the pod's address and labels, by which policies select. It ends by
 * the probe's own deadline and stays in the pod's list. Its name begins with what it asks, so that a second bot, or this one after
 * a restart, waits for one that has not ended instead of adding another; the resource version of the look keeps two that look at
 * the same moment apart.
 */
export async function runInPod(call: CallApi, wanted: WantedInPod, signal: AbortSignal): Promise<ProbeOutcome> {
  const { cluster, namespace, pod } = wanted;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`;
  const look = async (): Promise<PodNow> => {
    const body = await call({ method: "GET", path }, signal);
    const parsed = podSchema.safeParse(body);
    if (!parsed.success) throw badAnswer(cluster, path, "no pod", parsed.error);
    return parsed.data;
  };
  const added = await findOrAdd(call, path, wanted, look, signal);
  if (added.kind === "refused") return added;
  const { name, uid } = added;
  const since = Date.now();
  const stuck = (why: Ending, ...said: readonly string[]): ProbeOutcome => ({
    kind: "stuck",
    why,
    pod,
    said: said.filter(Boolean).join(": "),
  });
  for (;;) {
    const now = await unlessGone(look());
    if (now === undefined) return stuck("pod-gone", `pod ${pod} is not there any more`);
    if (now.metadata.uid !== uid) return stuck("pod-gone", `pod ${pod} is another one by now`);
    const state = now.status.ephemeralContainerStatuses.find((one) => one.name === name)?.state;
    const subject = `container ${name} of pod ${pod} (${now.status.phase})`;
    if (state?.terminated?.exitCode === 0) {
      const query = { container: name, limitBytes: logBytes };
      const log = await unlessGone(call({ method: "GET", path: `${path}/log`, query, plain: true }, signal));
      return log === undefined
        ? stuck("pod-gone", `pod ${pod} is not there any more`)
        : { kind: "ended", pod, log: String(log) };
    }
    if (state?.terminated !== undefined || (state !== undefined && isHopeless(state)))
      return stuck(endingOf(state), subject, wordsOfState(state));
    if (isOver(now)) return stuck("pod-gone", subject, reasonAgainst(now, pod)?.said ?? "");
    const waitedMs = Date.now() - since;
    // A probe ends by itself long before that: one that is said to run still is said so by nobody.
    if (waitedMs > (state === undefined ? silentAtMostMs : waitAtMostMs))
      return state?.waiting === undefined
        ? stuck("node-silent", subject, `${now.spec.nodeName} has not said what became of it`)
        : stuck(endingOf(state), subject, wordsOfState(state));
    await sleep(lookEveryMs, undefined, { signal });
  }
}

/** Undefined when it is not there. */
async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  return await asked.catch((error: unknown) => {
    if (error instanceof BotError && error.code === "kubernetes.not-found") return undefined;
    throw error;
  });
}

async function findOrAdd(
  call: CallApi,
  path: string,
  wanted: WantedInPod,
  look: () => Promise<PodNow>,
  signal: AbortSignal,
): Promise<{ readonly kind: "there"; readonly name: string; readonly uid: string } | Refused> {
  const asking = `${prefix}${digestOf(wanted)}-`;
  const name = `${asking}${wanted.run}`;
  for (let tries = 1; ; tries++) {
    const now = await look().catch((error: unknown) => {
      if (error instanceof BotError && error.code === "kubernetes.not-found") return error;
      throw error;
    });
    if (now instanceof BotError) return { kind: "refused", why: "pod-missing", said: now.message };
    const open = openProbe(now, asking);
    const { uid, resourceVersion } = now.metadata;
    if (open !== undefined) return { kind: "there", name: open, uid };
    const not = reasonAgainst(now, wanted.pod);
    if (not !== undefined) return not;
    try {
      const body = { metadata: { resourceVersion }, spec: { ephemeralContainers: [ephemeralProbe(name, wanted)] } };
      await call({ method: "PATCH", path: `${path}/ephemeralcontainers`, body }, signal);
      return { kind: "there", name, uid };
    } catch (error) {
      if (error instanceof BotError && error.code === "kubernetes.conflict" && tries < triesToAdd) continue;
      // The pod was there a moment ago: what is not found is the subresource, or the pod is gone, which the next look says.
      if (error instanceof BotError && error.code === "kubernetes.not-found") {
        const isThere = await look().then(
          () => true,
          () => false,
        );
        if (isThere) return { kind: "refused", why: "no-ephemeral-containers", said: error.message };
        continue;
      }
      const refused = refusalOf(error);
      if (refused === undefined) throw error;
      return refused;
    }
  }
}

/** One that asks the same and has not ended; the node goes on trying to start it, so a second would be stuck beside it. */
function openProbe({ spec, status }: PodNow, asking: string): string | undefined {
  const states = new Map(status.ephemeralContainerStatuses.map(({ name, state }) => [name, state]));
  return spec.ephemeralContainers.find(
    ({ name }) => name.startsWith(asking) && states.get(name)?.terminated === undefined,
  )?.name;
}

function reasonAgainst(now: PodNow, pod: string): Refused | undefined {
  const refused = (why: Refused["why"], said: string): Refused => ({ kind: "refused", why, said });
  if (now.metadata.deletionTimestamp !== undefined) return refused("pod-not-running", `pod ${pod} is being deleted`);
  if (now.status.phase !== "Running") return refused("pod-not-running", `pod ${pod} is ${now.status.phase}`);
  const probes = now.spec.ephemeralContainers.filter(({ name }) => name.startsWith(prefix)).length;
  return probes < mostInOnePod
    ? undefined
    : refused("pod-full", `pod ${pod} has ${probes} probes in its list, which only a new pod gets rid of`);
}

function isOver({ metadata, status }: PodNow): boolean {
  return metadata.deletionTimestamp !== undefined || status.phase === "Succeeded" || status.phase === "Failed";
}

/** Of what is asked, and as whom. */
function digestOf({ image, args, credentials }: WantedProbe): string {
  return createHash("sha256")
    .update(JSON.stringify([image, args, credentials?.secret, credentials?.user]))
    .digest("hex")
    .slice(0, 8);
}
