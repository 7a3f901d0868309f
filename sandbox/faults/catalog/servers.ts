import { podNamed } from "../../world/kubelet/kubelet.ts";
import { askAdmin, replicationOf } from "../../world/operator/admin.ts";
import { isReady } from "../../world/views.ts";
import { instance, type World } from "../../world/world.ts";
import { type Fault, shown } from "../fault.ts";
import { deletePod, operatorPods, primaryOf, replicasOf } from "../instance-pods.ts";
import { putOperatorToSleep } from "../sleep.ts";
import { until } from "../wait.ts";

const { namespace } = instance;

const stopPrimary: Fault = {
  name: "stop-primary",
  title: "Stop the primary",
  description: "The primary's container crashes and keeps crashing. The operator promotes a replica within seconds.",
  start: async (world) => {
    const primary = primaryOf(world);
    world.kubelet.hold(namespace, primary.name);
    const heal = async () => {
      deletePod(world, namespace, primary.name);
      await world.whenHealthy();
    };
    return await shown(heal, () =>
      until("another primary", () => {
        try {
          return primaryOf(world).name !== primary.name;
        } catch {
          return false;
        }
      }),
    );
  },
};

const noPrimaryOperatorDown: Fault = {
  name: "no-primary-operator-down",
  title: "No primary, and no operator to make one",
  description: "Both operator pods and then the primary go down: nobody promotes a replica, and every write fails.",
  start: async (world) => {
    const primary = primaryOf(world);
    const operators = operatorPods(world).map(({ metadata }) => metadata);
    for (const pod of operators) world.kubelet.hold(pod.namespace, pod.name);
    const heal = async () => {
      for (const pod of operators) deletePod(world, pod.namespace, pod.name);
      deletePod(world, namespace, primary.name);
      await until("the operator is back", () => operatorPods(world).some(isReady));
      await world.whenHealthy();
    };
    return await shown(heal, async () => {
      await until("no operator pod is ready", () => !operatorPods(world).some(isReady));
      world.kubelet.hold(namespace, primary.name);
      await until("the primary is down", () => !readyNow(world, primary.name));
    });
  },
};

const twoPrimaries: Fault = {
  name: "two-primaries",
  title: "Two primaries",
  description: "A replica is promoted beside the primary, and the operator has not noticed: two servers take writes.",
  start: async (world) => {
    const primary = primaryOf(world);
    const [replica] = replicasOf(world);
    const wake = putOperatorToSleep(world);
    const heal = async () => {
      wake();
      await askAdmin(replica.ip, "REPLICAOF", primary.ip, "9999");
      await world.whenHealthy();
    };
    return await shown(heal, async () => {
      await askAdmin(replica.ip, "REPLICAOF", "NO", "ONE");
    });
  },
};

const stuckReplica: Fault = {
  name: "stuck-replica",
  title: "Replicas stuck after a silent restart",
  description:
    "The primary's container restarts at the same address, unnoticed by the operator: its replicas stay down.",
  start: async (world) => {
    const primary = primaryOf(world);
    const replicas = replicasOf(world);
    const wake = putOperatorToSleep(world);
    world.kubelet.kill(namespace, primary.name, "crash");
    const heal = async () => {
      for (const { ip } of replicas) await askAdmin(ip, "REPLICAOF", primary.ip, "9999");
      wake();
      await world.whenHealthy();
      await replacePod(world, primary.name);
    };
    return await shown(heal, async () => {
      await until("the primary is down", () => !readyNow(world, primary.name));
      await until("the primary is back", () => readyNow(world, primary.name));
      await until("its replicas are not", async () => {
        const links = await Promise.all(replicas.map(({ ip }) => replicationOf(ip)));
        return links.every((link) => link.get("master_link_status") === "down");
      });
    });
  },
};

const oomKilled: Fault = {
  name: "oom-killed",
  title: "A replica was killed for lack of memory",
  description: "The kernel kills a replica's process (OOMKilled, exit 137); it restarts and attaches again.",
  start: async (world) => {
    const [replica] = replicasOf(world);
    world.kubelet.kill(namespace, replica.name, "oom");
    return await shown(
      () => replacePod(world, replica.name),
      async () => {
        await until("the replica is down", () => !readyNow(world, replica.name));
        await world.whenHealthy();
      },
    );
  },
};

const podHangs: Fault = {
  name: "pod-hangs",
  title: "A replica hangs",
  description:
    "A replica's process stops running without ending: its port is open and its pod ready, but it never answers.",
  start: async (world) => {
    const replica = replicasOf(world).at(-1) ?? primaryOf(world);
    world.kubelet.signal(namespace, replica.name, "SIGSTOP");
    return async () => {
      world.kubelet.signal(namespace, replica.name, "SIGCONT");
      await world.whenHealthy();
    };
  },
};

const breakReplicaLink: Fault = {
  name: "break-replica-link",
  title: "Break a replica's link",
  description: "One replica can no longer reach the primary's admin port: it serves data that grows old.",
  start: async (world) => {
    const primary = primaryOf(world);
    const [replica] = replicasOf(world);
    const container = () => world.kubelet.container(namespace, primary.name);
    container()?.cut(replica.ip);
    const heal = async () => {
      container()?.mend(replica.ip);
      await world.whenHealthy();
    };
    return await shown(heal, () =>
      until("the link is down", async () => (await replicationOf(replica.ip)).get("master_link_status") === "down"),
    );
  },
};

/** Clears a pod's history of restarts, so that nothing of the fault is left to see. */
async function replacePod(world: World, name: string): Promise<void> {
  deletePod(world, namespace, name);
  await until("the old pod is gone", () => !readyNow(world, name));
  await world.whenHealthy();
}

function readyNow(world: World, name: string): boolean {
  const pod = podNamed(world.infra.objects, namespace, name);
  return pod !== undefined && isReady(pod);
}

export const serverFaults: readonly Fault[] = [
  stopPrimary,
  breakReplicaLink,
  twoPrimaries,
  noPrimaryOperatorDown,
  stuckReplica,
  oomKilled,
  podHangs,
];
