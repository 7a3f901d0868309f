import { podNamed } from "../../world/kubelet/kubelet.ts";
import { setRole } from "../../world/operator/objects.ts";
import { places } from "../../world/places.ts";
import { getView, isReady, record, statefulSetView } from "../../world/views.ts";
import { instance, type World } from "../../world/world.ts";
import { type Fault, shown } from "../fault.ts";
import { deletePod, operatorPods, primaryOf, replicasOf } from "../instance-pods.ts";
import { changeSpec, takeAway } from "../objects.ts";
import { putOperatorToSleep } from "../sleep.ts";
import { until } from "../wait.ts";

const { namespace, name } = instance;

const deletePdb: Fault = {
  name: "delete-pdb",
  title: "Delete the PodDisruptionBudget",
  description: "Nothing keeps a node drain from taking the primary and its replicas together.",
  start: async (world) => {
    const bringBack = takeAway(world, places.budgets, namespace, name);
    return async () => {
      bringBack();
      await world.whenHealthy();
    };
  },
};

const policyMissing: Fault = {
  name: "cluster-policy-missing",
  title: "The network policies are gone",
  description: "Any pod of the cluster can reach the data port, and the admin port, which asks for no password.",
  start: async (world) => {
    const restore = [
      takeAway(world, places.ciliumPolicies, namespace, name),
      takeAway(world, places.policies, namespace, "default-deny"),
    ];
    return async () => {
      for (const bringBack of restore) bringBack();
    };
  },
};

const serviceAtReplica: Fault = {
  name: "service-at-replica",
  title: "Point the Services at a replica",
  description: "Somebody edited the Services' selectors: clients reach a replica, and their writes fail with READONLY.",
  start: async (world) => {
    const [replica] = replicasOf(world);
    const restore = [name, `${name}-global`].map((service) =>
      changeSpec(world, places.services, { namespace, name: service }, (spec) => ({
        ...record(spec),
        selector: { app: name, "statefulset.kubernetes.io/pod-name": replica.name },
      })),
    );
    return async () => {
      for (const undo of restore) undo();
      await world.whenHealthy();
    };
  },
};

const labelMismatch: Fault = {
  name: "label-mismatch",
  title: "Labels and servers disagree",
  description: "The role labels of the primary and a replica are swapped, so the Services lead to the replica.",
  start: async (world) => {
    const primary = primaryOf(world);
    const [replica] = replicasOf(world);
    const wake = putOperatorToSleep(world);
    const label = (pod: string, role: "master" | "replica", primaryIp?: string) => {
      const found = podNamed(world.infra.objects, namespace, pod);
      if (found !== undefined) setRole(world.infra.objects, found, role, primaryIp);
    };
    label(primary.name, "replica", replica.ip);
    label(replica.name, "master");
    return async () => {
      label(replica.name, "replica", primary.ip);
      label(primary.name, "master");
      wake();
      await world.whenHealthy();
    };
  },
};

const operatorDown: Fault = {
  name: "operator-down",
  title: "The operator is down",
  description: "Both operator pods crash: no failover, no relabelling, no rollout.",
  start: async (world) => {
    const pods = operatorPods(world).map(({ metadata }) => metadata);
    for (const pod of pods) world.kubelet.hold(pod.namespace, pod.name);
    const heal = async () => {
      for (const pod of pods) deletePod(world, pod.namespace, pod.name);
      await until("the operator is back", () => {
        const now = operatorPods(world);
        return now.length === pods.length && now.every(isReady);
      });
      await world.whenHealthy();
    };
    return await shown(heal, () => until("no operator pod is ready", () => !operatorPods(world).some(isReady)));
  },
};

const pinned = "docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.1";

const wrongImage: Fault = {
  name: "wrong-image",
  title: "Another version than the pinned one",
  description: "Somebody set an older image in the Dragonfly resource, and the operator rolled it out.",
  start: async (world) => {
    return await shown(
      () => rollTo(world, pinned),
      () => rollTo(world, pinned.replace("v1.40.1", "v1.39.0")),
    );
  },
};

/** Sets the resource's image and waits until the operator has rolled it out to every pod. */
async function rollTo(world: World, image: string): Promise<void> {
  const { objects } = world.infra;
  changeSpec(world, places.dragonflies, { namespace, name }, (spec) => ({ ...record(spec), image }));
  await until(`every pod runs ${image}`, () => {
    const set = getView(objects, places.statefulSets, statefulSetView, namespace, name);
    const applied = set?.spec.template.spec.containers[0]?.image === image;
    return applied && set.status.currentRevision === set.status.updateRevision && allRun(world, image);
  });
  await world.whenHealthy();
}

function allRun(world: World, image: string): boolean {
  return world.infra.objects
    .list(places.pods, namespace)
    .every((pod) => podNamed(world.infra.objects, namespace, pod.metadata.name)?.spec.containers[0]?.image === image);
}

const apiSlow: Fault = {
  name: "api-slow",
  title: "A slow API server",
  description: "Every answer of the infra cluster's API server takes eight seconds; the servers themselves are fine.",
  start: async (world) => {
    world.infra.api.faults.latencyMs = 8_000;
    return async () => {
      world.infra.api.faults.latencyMs = 0;
    };
  },
};

const apiForbidden: Fault = {
  name: "api-forbidden",
  title: "The bot may read nothing",
  description: "The bot's role bindings in the infra cluster are deleted: every read is answered with 403.",
  start: async (world) => {
    const rbac = "rbac.authorization.k8s.io";
    const { objects } = world.infra;
    const bindings = [
      { group: rbac, plural: "clusterrolebindings" },
      { group: rbac, plural: "rolebindings" },
    ].flatMap((place) => objects.list(place).map(({ metadata }) => ({ place, metadata })));
    const restore = bindings.map(({ place, metadata }) => takeAway(world, place, metadata.namespace, metadata.name));
    return async () => {
      for (const bringBack of restore) bringBack();
    };
  },
};

const appsUnreachable: Fault = {
  name: "apps-unreachable",
  title: "The apps cluster is unreachable",
  description: "The apps cluster's API server cuts every connection; the infra cluster is fine.",
  start: async (world) => {
    world.apps.api.faults.unreachable = true;
    return async () => {
      world.apps.api.faults.unreachable = false;
    };
  },
};

export const clusterFaults: readonly Fault[] = [
  deletePdb,
  policyMissing,
  serviceAtReplica,
  labelMismatch,
  operatorDown,
  wrongImage,
  apiSlow,
  apiForbidden,
  appsUnreachable,
];
