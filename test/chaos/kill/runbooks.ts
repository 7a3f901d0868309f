import { z } from "zod";
import { primaryOf, replicasOf } from "../../../sandbox/faults/instance-pods.ts";
import { putOperatorToSleep } from "../../../sandbox/faults/sleep.ts";
import { podNamed } from "../../../sandbox/world/kubelet/kubelet.ts";
import { askAdmin } from "../../../sandbox/world/operator/admin.ts";
import { instance, type World } from "../../../sandbox/world/world.ts";
import type { RunRecord } from "../../../src/runbooks/durable/record.ts";
import type { Ask } from "./ask.ts";
import { tenantAsks } from "./tenant-runbooks.ts";

const evicts = /^before POST [\w-]+\/eviction$/;
const uidOf = (world: World, pod: string) => podNamed(world.infra.objects, instance.namespace, pod)?.metadata.uid;

const disruption = z.looseObject({ measurement: z.unknown(), whyNot: z.string() });

/** What one process measured, or that it is not known and why: never both, never neither. */
function notMeasuredWell(run: RunRecord | undefined): readonly string[] {
  const step = run?.checkpoints.find(({ name }) => name === "evict the primary's pod, and measure");
  const found = disruption.safeParse(step?.kind === "step" ? step.result : undefined);
  if (!found.success) return ["nothing is kept of what was measured"];
  const { measurement, whyNot } = found.data;
  if ((measurement === null) === (whyNot !== "")) return [];
  return [`measured ${measurement !== null}, and says "${whyNot}"`];
}

/** Those that a killed process left must expire by themselves. */
async function canaryKeysThatStay(ip: string): Promise<readonly string[]> {
  const keys = z.array(z.coerce.string()).parse(await askAdmin(ip, "KEYS", "{dfbot}:canary:*"));
  const [first] = keys;
  if (first === undefined) return [];
  const ttl = Number(await askAdmin(ip, "TTL", first));
  return ttl > 0 ? [] : [`${first} stays for ever`];
}

/** A runbook of the catalog that is not here fails the test; a second word is another way to ask for it. */
export const asks: Readonly<Record<string, Ask>> = {
  ...tenantAsks,
  snapshot: {
    effect: /^before bgsave$/,
    // It has ended, and the audit log does not say so yet.
    sampledAt: "before journal run.succeeded",
    need: async () => ({ command: "snapshot", problems: () => [] }),
  },
  "restart-replica": {
    effect: evicts,
    need: async ({ world }) => {
      const [{ name }] = replicasOf(world);
      const seen = new Set([uidOf(world, name)]);
      const primary = uidOf(world, primaryOf(world).name);
      world.infra.objects.onChange(() => seen.add(uidOf(world, name)));
      return {
        command: `restart-replica ${name}`,
        problems: () => {
          const uids = [...seen].filter((uid) => uid !== undefined);
          return [
            ...(uids.length === 2 ? [] : [`${name} was replaced ${uids.length - 1} times`]),
            ...(uidOf(world, primaryOf(world).name) === primary ? [] : ["the primary is another pod"]),
          ];
        },
      };
    },
  },
  failover: {
    effect: evicts,
    need: async ({ world }) => {
      await world.whenHealthy();
      const before = primaryOf(world).name;
      const [to = ""] = replicasOf(world)
        .map(({ name }) => name)
        .toSorted();
      const seen = new Set([uidOf(world, before)]);
      world.infra.objects.onChange(() => seen.add(uidOf(world, before)));
      return {
        command: `failover ${to}`,
        problems: () => [
          ...(primaryOf(world).name === to ? [] : [`the primary is ${primaryOf(world).name}, not ${to}`]),
          ...([...seen].filter((uid) => uid !== undefined).length === 2 ? [] : [`${before} was not replaced once`]),
        ],
      };
    },
  },
  "drill-failover": {
    effect: evicts,
    need: async ({ world }) => {
      await world.whenHealthy();
      const { name: before } = primaryOf(world);
      // A new primary has saved nothing yet, and is not drilled.
      await world.kubelet.container(instance.namespace, before)?.snapshot();
      const seen = new Set([uidOf(world, before)]);
      world.infra.objects.onChange(() => seen.add(uidOf(world, before)));
      return {
        command: "drill failover",
        problems: async (run) => [
          ...(primaryOf(world).name === before ? [`the primary is still ${before}`] : []),
          ...([...seen].filter((uid) => uid !== undefined).length === 2 ? [] : [`${before} was not replaced once`]),
          ...notMeasuredWell(run),
          ...(await canaryKeysThatStay(primaryOf(world).ip)),
        ],
      };
    },
  },
  "reattach-replica": {
    effect: /^before slaveof$/,
    need: async ({ world }) => {
      const [{ name, ip }] = replicasOf(world);
      // Asleep for good: the operator would attach it by itself.
      putOperatorToSleep(world);
      await askAdmin(ip, "REPLICAOF", ip, "1");
      return { command: `reattach-replica ${name}`, problems: () => [] };
    },
  },
};
