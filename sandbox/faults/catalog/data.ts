import { numberOf, parseInfo } from "../../dragonfly/accent/facts.ts";
import { blockSnapshots, unblockSnapshots } from "../../dragonfly/container.ts";
import { askAdmin } from "../../world/operator/admin.ts";
import { instance } from "../../world/world.ts";
import { type Fault, shown } from "../fault.ts";
import { primaryOf, replicasOf } from "../instance-pods.ts";
import { until } from "../wait.ts";

const mebibyte = 2 ** 20;

const fillMemory: Fault = {
  name: "fill-memory",
  title: "Fill the memory",
  description: "maxmemory is lowered on every server and real data is written until the primary is 93% full.",
  start: async (world) => {
    const primary = primaryOf(world);
    const servers = [primary, ...replicasOf(world)];
    const memory = async () => parseInfo(String(await askAdmin(primary.ip, "INFO", "MEMORY")));
    const before = numberOf(await memory(), "maxmemory");
    const limit = Math.max(48 * mebibyte, 2 * numberOf(await memory(), "used_memory"));
    const keys: string[] = [];
    const full = async () => numberOf(await memory(), "used_memory") >= 0.93 * limit;
    const heal = async () => {
      const now = primaryOf(world);
      for (const key of keys) await askAdmin(now.ip, "DEL", key);
      for (const { ip } of [now, ...replicasOf(world)]) {
        await askAdmin(ip, "CONFIG", "SET", "maxmemory", String(before));
      }
      await world.whenHealthy();
    };
    return await shown(heal, async () => {
      for (const { ip } of servers) await askAdmin(ip, "CONFIG", "SET", "maxmemory", String(limit));
      while (!(await full())) {
        const key = `{sandbox}:fill:${keys.length}`;
        await askAdmin(primary.ip, "SET", key, "x".repeat(mebibyte / 2));
        keys.push(key);
      }
    });
  },
};

const failedSnapshot: Fault = {
  name: "failed-snapshot",
  title: "The last snapshot failed",
  description:
    "Something is in the way of the snapshot file. The server says OK; only last_failed_save and last_error tell.",
  start: async (world) => {
    const primary = primaryOf(world);
    const folder = world.volume(`df-${primary.name}`);
    const persistence = async () => parseInfo(String(await askAdmin(primary.ip, "INFO", "PERSISTENCE")));
    blockSnapshots(world.store.kind, folder);
    const heal = async () => {
      unblockSnapshots(world.store.kind, folder);
      // Both times have whole seconds; the success must be the later one.
      await until("a snapshot that went well since", async () => {
        await askAdmin(primary.ip, "SAVE");
        const now = await persistence();
        return numberOf(now, "last_success_save") > numberOf(now, "last_failed_save");
      });
      await world.whenHealthy();
    };
    return await shown(heal, async () => {
      await askAdmin(primary.ip, "BGSAVE");
      await until("the snapshot has failed", async () => numberOf(await persistence(), "last_failed_save") > 0);
    });
  },
};

const diskFull: Fault = {
  name: "disk-full",
  title: "A volume is nearly full",
  description: "The kubelet reports the primary's volume as 97% full.",
  start: async (world) => {
    const { metrics } = world;
    if (metrics === undefined) {
      throw new Error("This fault shows in the metrics only: install VictoriaMetrics (apt install victoria-metrics).");
    }
    const claim = `df-${primaryOf(world).name}`;
    metrics.fillVolume(claim, 0.97);
    const seen = (full: boolean) => () => isFull(metrics.url, claim, full);
    const heal = async () => {
      metrics.fillVolume(claim, undefined);
      await until("the metrics show that it is over", seen(false));
    };
    return await shown(heal, () => until("the metrics show it", seen(true)));
  },
};

async function isFull(url: string, claim: string, wanted: boolean): Promise<boolean> {
  const of = `{namespace="${instance.namespace}",persistentvolumeclaim="${claim}"}`;
  const query = `kubelet_volume_stats_used_bytes${of} / kubelet_volume_stats_capacity_bytes${of} > bool 0.9`;
  try {
    const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
    return (await answer.text()).includes(`,"${wanted ? 1 : 0}"]`);
  } catch {
    return false;
  }
}

export const dataFaults: readonly Fault[] = [fillMemory, failedSnapshot, diskFull];
