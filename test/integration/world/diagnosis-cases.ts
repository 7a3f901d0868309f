import { fluxKustomization } from "../../../sandbox/faults/catalog/gitops.ts";
import { beBusy, openConnections } from "../../../sandbox/faults/catalog/load.ts";
import { cordon, nodesOf } from "../../../sandbox/faults/catalog/placement.ts";
import type { Heal } from "../../../sandbox/faults/fault.ts";
import type { FaultPanel } from "../../../sandbox/faults/faults.ts";
import { deletePod, operatorPods, primaryOf, replicasOf } from "../../../sandbox/faults/instance-pods.ts";
import { changeSpec } from "../../../sandbox/faults/objects.ts";
import { until } from "../../../sandbox/faults/wait.ts";
import { podNamed } from "../../../sandbox/world/kubelet/kubelet.ts";
import { places } from "../../../sandbox/world/places.ts";
import { reportApplied } from "../../../sandbox/world/platform/platform.ts";
import { isReady, record } from "../../../sandbox/world/views.ts";
import { instance, type World } from "../../../sandbox/world/world.ts";

/** A world that looks like the fault to whoever looks once, and is not. */
export type NearMiss = readonly [what: string, make: (world: World, panel: FaultPanel) => Promise<Heal>];

export interface Case {
  readonly fault: string;
  readonly alert: string;
  /** Id of the cause that the triage must name. */
  readonly cause: string;
  readonly says: RegExp;
  readonly near: NearMiss;
}

const { namespace, name } = instance;

const fault = (other: string, what: string): NearMiss => [
  what,
  async (_, panel) => {
    await panel.set(other, true);
    return async () => void (await panel.set(other, false));
  },
];

const replaced: NearMiss = [
  "a replica that was replaced and is in sync again",
  async (world) => {
    const [{ name: pod }] = replicasOf(world);
    const uid = () => podNamed(world.infra.objects, namespace, pod)?.metadata.uid;
    const before = uid();
    deletePod(world, namespace, pod);
    await until("there is a new pod", () => uid() !== undefined && uid() !== before);
    await world.whenHealthy();
    return async () => undefined;
  },
];

const crashed: NearMiss = [
  "a replica that crashed once and is back",
  async (world) => {
    const [{ name: pod }] = replicasOf(world);
    world.kubelet.kill(namespace, pod, "crash");
    const ready = () => {
      const found = podNamed(world.infra.objects, namespace, pod);
      return found !== undefined && isReady(found);
    };
    await until("it is down", () => !ready());
    await world.whenHealthy();
    return async () => {
      deletePod(world, namespace, pod);
      await until("it is replaced", () => !ready());
      await world.whenHealthy();
    };
  },
];

const failedAndMended: NearMiss = [
  "a snapshot that failed, and one that went well since",
  async (_, panel) => {
    await panel.set("failed-snapshot", true);
    await panel.set("failed-snapshot", false);
    return async () => undefined;
  },
];

const halfFull: NearMiss = [
  "a volume that is 60 % full",
  async ({ metrics, ...world }) => {
    const claim = `df-${primaryOf({ metrics, ...world }).name}`;
    metrics?.fillVolume(claim, 0.6);
    return async () => metrics?.fillVolume(claim, undefined);
  },
];

const oneOperator: NearMiss = [
  "one of two operator pods down",
  async (world) => {
    const [pod] = operatorPods(world);
    if (pod === undefined) throw new Error("there is an operator");
    world.kubelet.hold(pod.metadata.namespace, pod.metadata.name);
    await until("it is down", () => operatorPods(world).filter(isReady).length === 1);
    return async () => {
      deletePod(world, pod.metadata.namespace, pod.metadata.name);
      await until("both are up", () => operatorPods(world).filter(isReady).length === 2);
      await world.whenHealthy();
    };
  },
];

const oneCordoned: NearMiss = [
  "one node cordoned, every pod at its place",
  async (world) => {
    const uncordon = cordon(world, nodesOf(world).slice(0, 1));
    return async () => uncordon();
  },
];

const manyAddresses: NearMiss = [
  "as many clients, from fifty addresses",
  async (world) =>
    openConnections(
      primaryOf(world).ip,
      Array.from({ length: 50 }, (_, n) => `127.250.8.${n + 1}`),
      150,
    ),
];

const littleSlow: NearMiss = [
  "one command of a quarter of a second",
  async (world) => {
    await beBusy(primaryOf(world).ip, 250);
    return async () => undefined;
  },
];

const clientsBlocked: NearMiss = [
  "a policy that keeps clients out, not the scraper",
  async (world) => {
    const undo = changeSpec(world, places.ciliumPolicies, { namespace, name }, (spec) =>
      JSON.parse(JSON.stringify(spec).replaceAll('"harbor"', '"harbour"')),
    );
    return async () => undo();
  },
];

const oldChange: NearMiss = [
  "a revision that Flux applied three hours ago",
  async (world) => {
    const at = fluxKustomization(world);
    const revision = "main@sha1:1111111111111111111111111111111111111111";
    reportApplied(world.infra.objects, at, revision, new Date(Date.now() - 3 * 3_600_000));
    return async () => undefined;
  },
];

const suspended: NearMiss = [
  "a Kustomization that somebody suspended",
  async (world, panel) => {
    await panel.set("flux-failing", true);
    const at = fluxKustomization(world);
    const suspend = (value: boolean) =>
      world.infra.objects.patch(places.kustomizations, at.namespace, at.name, (object) => {
        object["spec"] = { ...record(object["spec"]), suspend: value };
      });
    suspend(true);
    return async () => {
      suspend(false);
      await panel.set("flux-failing", false);
    };
  },
];

export const cases: readonly Case[] = [
  {
    fault: "no-primary-operator-down",
    alert: "DragonflyNoPrimary",
    cause: "no-primary-operator-down",
    says: /no primary, and the operator .* is down too/,
    near: fault("operator-down", "the operator down, the primary up"),
  },
  {
    fault: "two-primaries",
    alert: "DragonflySeveralPrimaries",
    cause: "two-primaries",
    says: /servers say they are primary/,
    near: fault("label-mismatch", "two labels swapped, one primary"),
  },
  {
    fault: "stuck-replica",
    alert: "DragonflyReplicaLinkDown",
    cause: "stuck-replica",
    says: /is stuck/,
    near: replaced,
  },
  {
    fault: "break-replica-link",
    alert: "DragonflyReplicaStale",
    cause: "stuck-replica",
    says: /lost its primary|follows|heard nothing/,
    near: crashed,
  },
  { fault: "oom-killed", alert: "DragonflyOomKilled", cause: "oom-killed", says: /OOM/, near: crashed },
  { fault: "oom-killed", alert: "DragonflyRestarted", cause: "oom-killed", says: /OOM/, near: crashed },
  {
    fault: "pod-hangs",
    alert: "DragonflyPodDown",
    cause: "server-hangs",
    says: /could not be read|does not answer/,
    near: crashed,
  },
  {
    fault: "stop-primary",
    alert: "DragonflyPodDown",
    cause: "crash-loop",
    says: /CrashLoopBackOff/,
    near: crashed,
  },
  {
    fault: "fill-memory",
    alert: "DragonflyMemoryCritical",
    cause: "memory",
    says: /Memory of/,
    near: fault("oom-killed", "a container at its limit, the server far from maxmemory"),
  },
  {
    fault: "failed-snapshot",
    alert: "DragonflySnapshotFailed",
    cause: "snapshot-failed",
    says: /no metric shows that/,
    near: failedAndMended,
  },
  { fault: "disk-full", alert: "DragonflyDiskFull", cause: "disk-full", says: /is \d+ ?% full/, near: halfFull },
  { fault: "disk-full", alert: "DragonflySnapshotOld", cause: "disk-full", says: /snapshots fill it/, near: halfFull },
  {
    fault: "service-at-replica",
    alert: "DragonflyNoPrimary",
    cause: "service-at-replica",
    says: /READONLY/,
    near: fault("stop-primary", "a failover that went well"),
  },
  {
    fault: "label-mismatch",
    alert: "DragonflyRoleChanged",
    cause: "service-at-replica",
    says: /READONLY/,
    near: fault("stop-primary", "a failover that went well"),
  },
  {
    fault: "operator-down",
    alert: "DragonflyOperatorDown",
    cause: "operator-down",
    says: /nothing fails over/,
    near: fault("api-forbidden", "the bot may not look at the operator"),
  },
  {
    fault: "wrong-image",
    alert: "DragonflyRolloutStuck",
    cause: "rollout",
    says: /stalls a rollout|pinned/,
    near: oneOperator,
  },
  {
    fault: "image-pull",
    alert: "DragonflyRolloutStuck",
    cause: "image",
    says: /ImagePullBackOff[\s\S]*cannot be pulled/,
    near: fault("wrong-image", "another image that can be pulled"),
  },
  {
    fault: "crash-loop",
    alert: "DragonflyTooFewReplicas",
    cause: "crash-loop",
    says: /ended with: \S+/,
    near: crashed,
  },
  {
    fault: "node-drained",
    alert: "DragonflyTooFewReplicas",
    cause: "node-drained",
    says: /finds no node: 3 nodes are drained/,
    near: oneCordoned,
  },
  {
    fault: "node-lost",
    alert: "DragonflyPodDown",
    cause: "node-lost",
    says: /Node infra-\d is not ready, with dragonfly-\d on it/,
    near: fault("pod-hangs", "a server that hangs on a node that is well"),
  },
  {
    fault: "client-storm",
    alert: "DragonflyClientsNearLimit",
    cause: "client-storm",
    says: /150 of the \d+ clients of dragonfly-\d come from one address: 127\.250\.7\.7/,
    near: manyAddresses,
  },
  {
    fault: "hot-command",
    alert: "DragonflyCommandBurst",
    cause: "hot-command",
    says: /spent \d\.\d s in \d slow EVAL within ten minutes/,
    near: littleSlow,
  },
  {
    fault: "scraper-blocked",
    alert: "DragonflyMetricsAbsent",
    cause: "scraper-blocked",
    says: /keep the scraper of observability from the metrics/,
    near: clientsBlocked,
  },
  {
    fault: "recent-change",
    alert: "SomethingUnknown",
    cause: "recent-change",
    says: /Flux applied main@sha1:feedc0de to \S+ \d+s ago/,
    near: oldChange,
  },
  {
    fault: "flux-failing",
    alert: "SomethingUnknown",
    cause: "flux",
    says: /Flux cannot apply \S+: kustomize build failed/,
    near: suspended,
  },
  {
    fault: "delete-pdb",
    alert: "SomethingUnknown",
    cause: "protection",
    says: /PodDisruptionBudget/,
    near: oneCordoned,
  },
  {
    fault: "cluster-policy-missing",
    alert: "DragonflyMetricsAbsent",
    cause: "protection",
    says: /network policy/,
    near: fault("scraper-blocked", "a policy that keeps the scraper out"),
  },
];
