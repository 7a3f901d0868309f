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

const { namespace, name } = instance;

export const fault = (other: string, what: string): NearMiss => [
  what,
  async (_, panel) => {
    await panel.set(other, true);
    return async () => void (await panel.set(other, false));
  },
];

export const replaced: NearMiss = [
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

export const crashed: NearMiss = [
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

export const failedAndMended: NearMiss = [
  "a snapshot that failed, and one that went well since",
  async (_, panel) => {
    await panel.set("failed-snapshot", true);
    await panel.set("failed-snapshot", false);
    return async () => undefined;
  },
];

export const halfFull: NearMiss = [
  "a volume that is 60 % full",
  async ({ metrics, ...world }) => {
    const claim = `df-${primaryOf({ metrics, ...world }).name}`;
    metrics?.fillVolume(claim, 0.6);
    return async () => metrics?.fillVolume(claim, undefined);
  },
];

export const oneOperator: NearMiss = [
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

export const oneCordoned: NearMiss = [
  "one node cordoned, every pod at its place",
  async (world) => {
    const uncordon = cordon(world, nodesOf(world).slice(0, 1));
    return async () => uncordon();
  },
];

export const manyAddresses: NearMiss = [
  "as many clients, from fifty addresses",
  async (world) =>
    openConnections(
      primaryOf(world).ip,
      Array.from({ length: 50 }, (_, n) => `127.250.8.${n + 1}`),
      150,
    ),
];

export const littleSlow: NearMiss = [
  "one command of a quarter of a second",
  async (world) => {
    await beBusy(primaryOf(world).ip, 250);
    return async () => undefined;
  },
];

export const clientsBlocked: NearMiss = [
  "a policy that keeps clients out, not the scraper",
  async (world) => {
    const undo = changeSpec(world, places.ciliumPolicies, { namespace, name }, (spec) =>
      JSON.parse(JSON.stringify(spec).replaceAll('"harbor"', '"harbour"')),
    );
    return async () => undo();
  },
];

export const oldChange: NearMiss = [
  "a revision that Flux applied three hours ago",
  async (world) => {
    const at = fluxKustomization(world);
    const revision = "main@sha1:1111111111111111111111111111111111111111";
    reportApplied(world.infra.objects, at, revision, new Date(Date.now() - 3 * 3_600_000));
    return async () => undefined;
  },
];

export const suspended: NearMiss = [
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
