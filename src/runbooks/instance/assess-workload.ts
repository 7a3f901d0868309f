import type { InstanceConfig, Thresholds } from "../../config/file.ts";
import type { Pod } from "../../platform/kubernetes.ts";
import type { Finding } from "../../reports/model.ts";
import { evidence, finding, firstVerdict, fromReading } from "./findings.ts";
import type { InstanceObservation } from "./observe.ts";
import { ageSeconds, duration, plural } from "./units.ts";

/** The Dragonfly resource, its StatefulSet and its pods: what was asked for against what is there. */
export function assessWorkload(
  seen: InstanceObservation,
  instance: InstanceConfig,
  thresholds: Thresholds,
  now: Date,
): readonly Finding[] {
  return [
    ...assessResource(seen, instance),
    ...assessStatefulSet(seen, instance),
    ...assessPods(seen, instance, thresholds, now),
  ];
}

function assessResource(seen: InstanceObservation, instance: InstanceConfig): readonly Finding[] {
  const section = "Instance";
  return fromReading(
    { id: "resource.phase", section, what: `Dragonfly ${instance.namespace}/${instance.name}` },
    seen.resource,
    (resource) => {
      const ready = seen.pods.ok ? seen.pods.value.filter((pod) => pod.ready).length : undefined;
      const phase = resource.phase ?? "not set";
      const phaseIsReady = /^ready$/i.test(phase);
      const healthy = ready !== undefined && ready >= resource.replicas;
      const wrongImage =
        instance.image !== undefined && resource.image !== undefined && resource.image !== instance.image;
      return [
        finding({
          id: "resource.phase",
          section,
          verdict: firstVerdict(
            [ready === undefined, "unknown"],
            [ready === 0, "fail"],
            [!healthy || !phaseIsReady, "warn"],
          ),
          title:
            ready === undefined
              ? `Phase is ${phase}; whether the pods are healthy could not be read`
              : `Phase is ${phase}; ${ready} of ${resource.replicas} pods are ready`,
          detail:
            phaseIsReady && ready !== undefined && !healthy
              ? "The operator never withdraws Ready when pods die, so the phase says nothing here: trust the pods."
              : resource.isRollingUpdate
                ? "A rollout is in progress."
                : "",
          evidence: [
            evidence(
              seen.resource,
              `phase=${phase}, isRollingUpdate=${resource.isRollingUpdate}, replicas=${resource.replicas}`,
            ),
          ],
        }),
        finding({
          id: "resource.image",
          section,
          verdict: resource.image === undefined || wrongImage ? "warn" : "ok",
          title:
            resource.image === undefined
              ? "The resource does not pin its image"
              : wrongImage
                ? `The resource asks for ${resource.image}, pinned is ${instance.image}`
                : "The resource asks for the pinned image",
          detail:
            resource.image === undefined
              ? "It follows the operator's default and rolls whenever the operator is upgraded."
              : "",
          evidence: [evidence(seen.resource, `spec.image=${resource.image ?? "<unset>"}`)],
        }),
      ];
    },
  );
}

function assessStatefulSet(seen: InstanceObservation, instance: InstanceConfig): readonly Finding[] {
  const section = "Instance";
  const id = "statefulset.replicas";
  return fromReading(
    { id, section, what: `StatefulSet ${instance.namespace}/${instance.name}` },
    seen.statefulSet,
    (set) => {
      const stale = set.currentRevision !== set.updateRevision && set.updatedReplicas < set.replicas;
      return [
        finding({
          id,
          section,
          verdict: firstVerdict(
            [set.readyReplicas === 0, "fail"],
            [set.readyReplicas < Math.max(set.replicas, instance.replicas) || stale, "warn"],
          ),
          title: stale
            ? `StatefulSet: ${set.updatedReplicas} of ${set.replicas} pods have the newest revision`
            : `StatefulSet: ${set.readyReplicas} of ${set.replicas} pods ready`,
          detail: stale ? "A rollout is under way or stalled; any pod that is not ready stalls it." : "",
          evidence: [
            evidence(
              seen.statefulSet,
              `replicas ${set.replicas}, ready ${set.readyReplicas}, updated ${set.updatedReplicas}, revision ${set.currentRevision} -> ${set.updateRevision}`,
            ),
          ],
        }),
      ];
    },
  );
}

function assessPods(
  seen: InstanceObservation,
  instance: InstanceConfig,
  thresholds: Thresholds,
  now: Date,
): readonly Finding[] {
  const section = "Pods";
  return fromReading({ id: "pods.count", section, what: "The instance's pods" }, seen.pods, (pods) => [
    finding({
      id: "pods.count",
      section,
      verdict: firstVerdict([pods.length === 0, "fail"], [pods.length < instance.replicas, "warn"]),
      title:
        pods.length === 0 ? "The instance has no pods" : `${plural(pods.length, "pod")} of ${instance.replicas} exist`,
      evidence: [evidence(seen.pods, pods.map((pod) => pod.meta.name).join(", ") || "No resources found")],
    }),
    ...pods.map((pod) => assessPod(pod, seen, instance, thresholds, now)),
    ...assessSpread(pods, seen),
  ]);
}

function assessPod(
  pod: Pod,
  seen: InstanceObservation,
  instance: InstanceConfig,
  thresholds: Thresholds,
  now: Date,
): Finding {
  const { name } = pod.meta;
  const last = pod.lastTermination;
  const recent =
    last?.finishedAt !== undefined && ageSeconds(last.finishedAt, now) < thresholds.recentRestartMinutes * 60;
  const wrongImage = instance.image !== undefined && pod.image !== instance.image;
  const died =
    last === undefined
      ? ""
      : `last ended ${last.reason} (exit ${last.exitCode})${last.finishedAt === undefined ? "" : `, ${duration(ageSeconds(last.finishedAt, now))} ago`}`;
  const restarts = pod.restarts > 0 ? `${plural(pod.restarts, "restart")}${died === "" ? "" : `, ${died}`}` : died;
  const state =
    pod.meta.deletedAt !== undefined
      ? "is being deleted"
      : pod.waitingReason !== undefined
        ? `waits: ${pod.waitingReason}`
        : `is ${pod.phase}, not ready`;
  const title = !pod.ready
    ? `Pod ${name} ${state}`
    : wrongImage
      ? `Pod ${name} runs ${pod.image}, pinned is ${instance.image}`
      : recent
        ? `Pod ${name} restarted recently: ${died}`
        : `Pod ${name} is ready`;
  return finding({
    id: `pod.${name}`,
    section: "Pods",
    verdict: firstVerdict([!pod.ready, "fail"], [wrongImage || recent, "warn"]),
    title,
    detail: restarts,
    evidence: [
      evidence(
        seen.pods,
        `${name} ready=${pod.ready} phase=${pod.phase} restarts=${pod.restarts} node=${pod.node ?? "<none>"} image=${pod.image}`,
      ),
    ],
  });
}

function assessSpread(pods: readonly Pod[], seen: InstanceObservation): readonly Finding[] {
  const section = "Pods";
  const placed = pods.filter((pod) => pod.node !== undefined);
  if (placed.length < 2) return [];
  const shared = duplicates(placed.flatMap((pod) => (pod.node === undefined ? [] : [pod.node])));
  const nodes = finding({
    id: "pods.nodes",
    section,
    verdict: shared.length === 0 ? "ok" : "warn",
    title:
      shared.length === 0
        ? "Every pod has a node of its own"
        : `Several pods share ${plural(shared.length, "node")}: ${shared.join(", ")}`,
    detail: shared.length === 0 ? "" : "One lost node would take more than one copy of the data.",
    evidence: [evidence(seen.pods, placed.map((pod) => `${pod.meta.name}: ${pod.node}`).join(", "))],
  });
  const zones = fromReading({ id: "pods.zones", section, what: "The nodes' zones" }, seen.nodes, (all) => {
    const zoneOf = new Map(all.map((node) => [node.meta.name, node.zone]));
    const used = new Set(placed.map((pod) => zoneOf.get(pod.node ?? "")).filter((zone) => zone !== undefined));
    const exist = new Set(all.map((node) => node.zone).filter((zone) => zone !== undefined));
    const possible = Math.min(exist.size, placed.length);
    return [
      finding({
        id: "pods.zones",
        section,
        verdict: used.size >= possible ? "ok" : "warn",
        title:
          exist.size === 0
            ? "The nodes carry no zone labels"
            : `Pods are spread over ${used.size} of ${plural(exist.size, "zone")}`,
        detail: used.size >= possible ? "" : "One lost zone would take more copies than it has to.",
        evidence: [
          evidence(
            seen.nodes,
            placed.map((pod) => `${pod.meta.name}: ${zoneOf.get(pod.node ?? "") ?? "no zone"}`).join(", "),
          ),
        ],
      }),
    ];
  });
  return [nodes, ...zones];
}

function duplicates(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
}
