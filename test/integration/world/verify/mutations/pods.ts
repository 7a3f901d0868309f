import { places } from "../../../../../sandbox/world/places.ts";
import { instance } from "../../../../../sandbox/world/world.ts";
import { type Mutation, podChanged, podsOf, put } from "../mutation.ts";

const server = ["spec", "containers", 0] as const;
const security = [...server, "securityContext"] as const;
export const pods: readonly Mutation[] = [
  podChanged("a pod is not ready", "replica", (pod) => put(pod, ["status", "conditions"], []), "ac2.pods"),
  podChanged(
    "the primary carries no role",
    "master",
    (pod) => put(pod, ["metadata", "labels", "role"], undefined),
    "ac2.labels",
  ),
  podChanged(
    "a replica is labelled primary",
    "replica",
    (pod) => put(pod, ["metadata", "labels", "role"], "master"),
    "ac2.labels",
  ),
  podChanged(
    "a pod may be root",
    "replica",
    (pod) => put(pod, ["spec", "securityContext", "runAsNonRoot"], false),
    "hardening.pods.non-root",
  ),
  podChanged(
    "a pod may write to its root",
    "master",
    (pod) => put(pod, [...security, "readOnlyRootFilesystem"], undefined),
    "hardening.pods.read-only-root",
  ),
  podChanged(
    "a pod may escalate",
    "replica",
    (pod) => put(pod, [...security, "allowPrivilegeEscalation"], true),
    "hardening.pods.no-escalation",
  ),
  podChanged(
    "a pod is privileged",
    "replica",
    (pod) => put(pod, [...security, "privileged"], true),
    "hardening.pods.no-escalation",
  ),
  podChanged(
    "a pod keeps its capabilities",
    "replica",
    (pod) => put(pod, [...security, "capabilities", "drop"], []),
    "hardening.pods.capabilities",
  ),
  podChanged(
    "a pod has a capability more",
    "replica",
    (pod) => put(pod, [...security, "capabilities", "add"], ["NET_ADMIN"]),
    "hardening.pods.capabilities",
  ),
  podChanged(
    "a pod is unconfined",
    "replica",
    (pod) => put(pod, ["spec", "securityContext", "seccompProfile", "type"], "Unconfined"),
    "hardening.pods.seccomp",
  ),
  podChanged(
    "a pod's readiness only opens a connection",
    "replica",
    (pod) => put(pod, [...server, "readinessProbe"], { tcpSocket: { port: 9999 } }),
    "hardening.probes.running",
  ),
  podChanged(
    "a pod has no liveness probe",
    "master",
    (pod) => put(pod, [...server, "livenessProbe"], undefined),
    "hardening.probes.running",
  ),
  podChanged(
    "a pod runs another image",
    "replica",
    (pod) => put(pod, [...server, "image"], "docker.dragonflydb.io/dragonflydb/dragonfly:v1.17.0"),
    "hardening.image.same",
  ),
  {
    name: "two pods share a node",
    red: ["hardening.spread.nodes", "hardening.spread.zones"],
    make: (world) => {
      const [replica, other] = podsOf(world, "replica");
      world.infra.objects.patch(places.pods, instance.namespace, replica?.metadata.name ?? "", (pod) =>
        put(pod, ["spec", "nodeName"], other?.spec.nodeName),
      );
    },
  },
  {
    name: "a pod is gone",
    red: ["ac2.pods", "ac2.replicas.in-sync", "ac2.metrics.arrive", "hardening.spread.zones"],
    make: (world) => {
      world.infra.objects.remove(places.pods, instance.namespace, podsOf(world, "replica")[0]?.metadata.name ?? "");
    },
  },
];
