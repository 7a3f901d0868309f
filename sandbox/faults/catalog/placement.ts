import { podNamed } from "../../world/kubelet/kubelet.ts";
import { places } from "../../world/places.ts";
import { getView, isReady, record, statefulSetView } from "../../world/views.ts";
import { instance, type World } from "../../world/world.ts";
import { type Fault, shown } from "../fault.ts";
import { deletePod, primaryOf, replicasOf } from "../instance-pods.ts";
import { changeSpec } from "../objects.ts";
import { until } from "../wait.ts";

const { namespace, name } = instance;

/** Takes nodes out of scheduling, as `kubectl cordon`; returns how to bring them back. */
export function cordon({ infra: { objects } }: World, nodes: readonly string[]): () => void {
  const set = (unschedulable: boolean) => {
    for (const node of nodes) {
      objects.as("kubectl-cordon").patch(places.nodes, undefined, node, (object) => {
        object["spec"] = { ...record(object["spec"] ?? {}), unschedulable };
      });
    }
  };
  set(true);
  return () => set(false);
}

export function nodesOf({ infra: { objects } }: World): readonly string[] {
  return objects.list(places.nodes).map(({ metadata }) => metadata.name);
}

const nodeDrained: Fault = {
  name: "node-drained",
  title: "A drained node, and no other",
  description: "The nodes are cordoned for maintenance, and a replica that was evicted finds no place.",
  start: async (world) => {
    const [replica] = replicasOf(world);
    const uncordon = cordon(world, nodesOf(world));
    deletePod(world, namespace, replica.name);
    const heal = async () => {
      uncordon();
      await world.whenHealthy();
    };
    const isPending = () => {
      const pod = podNamed(world.infra.objects, namespace, replica.name);
      return pod !== undefined && pod.spec.nodeName === undefined;
    };
    return await shown(heal, () => until("the replica waits for a node", isPending));
  },
};

const nodeLost: Fault = {
  name: "node-lost",
  title: "A node is lost",
  description: "The node of a replica does not answer any more: it is NotReady, and so is the server on it.",
  start: async (world) => {
    const { objects } = world.infra;
    const [replica] = replicasOf(world);
    const node = podNamed(objects, namespace, replica.name)?.spec.nodeName ?? "";
    const ready = (status: "True" | "Unknown") =>
      objects.patch(places.nodes, undefined, node, (object) => {
        object["status"] = { ...record(object["status"]), conditions: [{ type: "Ready", status }] };
      });
    ready("Unknown");
    world.kubelet.signal(namespace, replica.name, "SIGSTOP");
    return async () => {
      ready("True");
      world.kubelet.signal(namespace, replica.name, "SIGCONT");
      await world.whenHealthy();
    };
  },
};

const unknownImage = "docker.dragonflydb.io/dragonflydb/dragonfly:latest-nightly";

const imagePull: Fault = {
  name: "image-pull",
  title: "An image that nobody has",
  description: "Somebody set a tag that does not exist: the rollout stops at the first pod, which waits for its image.",
  start: async (world) => {
    const { objects } = world.infra;
    const undo = changeSpec(world, places.dragonflies, { namespace, name }, (spec) => ({
      ...record(spec),
      image: unknownImage,
    }));
    const wanting = () =>
      objects
        .list(places.pods, namespace)
        .filter((pod) => podNamed(objects, namespace, pod.metadata.name)?.spec.containers[0]?.image === unknownImage);
    const heal = async () => {
      undo();
      await until("the operator no longer wants that image", () => {
        const set = getView(objects, places.statefulSets, statefulSetView, namespace, name);
        return set?.spec.template.spec.containers[0]?.image !== unknownImage;
      });
      // A pod that waits for an image is not replaced by a rollout: somebody has to delete it.
      for (const { metadata } of wanting()) deletePod(world, namespace, metadata.name);
      await until("no pod wants that image", () => wanting().length === 0);
      await world.whenHealthy();
    };
    return await shown(heal, () =>
      until("a pod waits for its image", () =>
        wanting().some((pod) => JSON.stringify(pod["status"]).includes("ImagePullBackOff")),
      ),
    );
  },
};

const crashLoop: Fault = {
  name: "crash-loop",
  title: "A replica crashes again and again",
  description: "A replica's process ends at every start; its last words are in the log of the container before.",
  start: async (world) => {
    const replica = replicasOf(world).at(-1) ?? primaryOf(world);
    world.kubelet.hold(namespace, replica.name);
    const heal = async () => {
      deletePod(world, namespace, replica.name);
      await world.whenHealthy();
    };
    return await shown(heal, () =>
      until("the replica is down", () => {
        const pod = podNamed(world.infra.objects, namespace, replica.name);
        return pod !== undefined && !isReady(pod) && JSON.stringify(pod.status).includes("CrashLoopBackOff");
      }),
    );
  },
};

export const placementFaults: readonly Fault[] = [nodeDrained, nodeLost, imagePull, crashLoop];
