import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { BotError } from "../errors.ts";
import { type ProbePods, probeLabels, type WantedProbe } from "../platform/probes.ts";
import { containerState, endingOf, isHopeless, wordsOfState } from "./container-state.ts";
import { badAnswer } from "./errors.ts";
import { runInPod } from "./probe-in-pod.ts";
import { deadlineSeconds, probeManifest } from "./probe-manifest.ts";
import { refusalOf } from "./probe-refusal.ts";
import type { CallApi } from "./request.ts";

const lookEveryMs = 250;
/** A pod that was not scheduled has no deadline of its own. */
const waitAtMostMs = (deadlineSeconds + 15) * 1_000;
const removeWithinMs = 5_000;
const logBytes = "65536";

const podSchema = z.object({
  status: z
    .object({
      phase: z.string().default("Pending"),
      reason: z.string().optional(),
      message: z.string().optional(),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .default([]),
      containerStatuses: z.array(z.object({ state: containerState.prefault({}) })).default([]),
    })
    .prefault({}),
});
type PodStatus = z.infer<typeof podSchema>["status"];

const leftovers = z.object({
  items: z.array(
    z.object({ metadata: z.object({ name: z.string(), namespace: z.string(), creationTimestamp: z.string() }) }),
  ),
});

/** Probe pods, by the API server of the cluster that `find` has for a name. */
export function createProbePods(find: (cluster: string) => CallApi): ProbePods {
  const path = (namespace: string, name = "") =>
    `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods${name === "" ? "" : `/${encodeURIComponent(name)}`}`;

  const remove = (call: CallApi, namespace: string, name: string, signal: AbortSignal) =>
    call({ method: "DELETE", path: path(namespace, name) }, signal).catch((error: unknown) => {
      if (!(error instanceof BotError && error.code === "kubernetes.not-found")) throw error;
    });

  const untilEnded = async (call: CallApi, wanted: WantedProbe, name: string, signal: AbortSignal) => {
    const { cluster, namespace } = wanted;
    const until = Date.now() + waitAtMostMs;
    for (;;) {
      const body = await call({ method: "GET", path: path(namespace, name) }, signal);
      const parsed = podSchema.safeParse(body);
      if (!parsed.success) throw badAnswer(cluster, path(namespace, name), "no pod", parsed.error);
      const { status } = parsed.data;
      const ended = status.phase === "Succeeded" || status.phase === "Failed";
      const stuck = status.containerStatuses.some(({ state }) => isHopeless(state));
      if (ended || stuck || Date.now() > until) return status;
      await sleep(lookEveryMs, undefined, { signal });
    }
  };

  return {
    async run(wanted, signal) {
      const { cluster, namespace } = wanted;
      const call = find(cluster);
      if (wanted.pod !== undefined) return runInPod(call, { ...wanted, pod: wanted.pod }, signal);
      const name = `dfbot-probe-${randomBytes(4).toString("hex")}`;
      // By its name, which nobody else has, and also when it is not known whether it was made. What cannot be removed now
      // ends by its deadline and is removed with the leftovers.
      const leave = () => remove(call, namespace, name, AbortSignal.timeout(removeWithinMs)).catch(() => undefined);
      try {
        await call({ method: "POST", path: path(namespace), body: probeManifest(name, wanted) }, signal);
      } catch (error) {
        const refused = refusalOf(error);
        if (refused !== undefined) return refused;
        await leave();
        throw error;
      }
      try {
        const status = await untilEnded(call, wanted, name, signal);
        if (status.phase !== "Succeeded")
          return {
            kind: "stuck",
            why: endingOf(status.containerStatuses[0]?.state ?? {}),
            pod: name,
            said: wordsOf(status),
          };
        const query = { container: "probe", limitBytes: logBytes };
        const log = await call({ method: "GET", path: `${path(namespace, name)}/log`, query, plain: true }, signal);
        return { kind: "ended", pod: name, log: String(log) };
      } finally {
        await leave();
      }
    },

    async removeLeftovers(cluster, olderThanMs, signal) {
      const call = find(cluster);
      const labelSelector = Object.entries(probeLabels)
        .map((label) => label.join("="))
        .join(",");
      const body = await call({ method: "GET", path: "/api/v1/pods", query: { labelSelector, limit: "250" } }, signal);
      const parsed = leftovers.safeParse(body);
      if (!parsed.success) throw badAnswer(cluster, "/api/v1/pods", "no list of pods", parsed.error);
      const old = parsed.data.items.filter(
        ({ metadata }) => Date.now() - Date.parse(metadata.creationTimestamp) > olderThanMs,
      );
      for (const { metadata } of old) await remove(call, metadata.namespace, metadata.name, signal);
      return old.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    },
  };
}

/** What a status says of why the pod has not run to a good end. */
function wordsOf({ phase, reason, message, conditions, containerStatuses }: PodStatus): string {
  const unscheduled = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  const words = containerStatuses.map(({ state }) => wordsOfState(state));
  return [phase, reason, message, unscheduled?.message, ...words].filter(Boolean).join("; ");
}
