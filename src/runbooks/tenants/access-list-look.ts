import type { InstanceConfig } from "../../config/file.ts";
import type { PodAddress } from "../../platform/ports.ts";
import { read } from "../../platform/reading.ts";
import type { ServerUser } from "../../platform/server.ts";
import { contextOf } from "../instance/observe.ts";
import type { PlanDeps } from "./deps.ts";

/** What one pod says of its users; null when it could not be asked, with the reason. */
export interface PodAccessList {
  readonly pod: string;
  /** Null: it has no address, and is on its way up or down. */
  readonly ip: string | null;
  /** The Service leads here: whoever is connected is connected here. */
  readonly serves: boolean;
  readonly users: readonly ServerUser[] | null;
  readonly reason: string;
  /** What a person would run to see the same. */
  readonly command: string;
  readonly at: string;
}

/** The access lists of all pods of an instance at one moment, as a step hands them on. */
export interface AccessLists {
  readonly pods: readonly PodAccessList[];
  /** Why the pods could not be listed; empty when they were. */
  readonly problem: string;
}

/** Asks every pod of an instance, replicas too, for the rules that are in force. */
export async function lookAtAccessLists(
  { config, platform }: PlanDeps,
  instance: InstanceConfig,
  signal: AbortSignal,
): Promise<AccessLists> {
  const { cluster, namespace, name } = instance;
  const kubectl = `kubectl --context=${contextOf(config, cluster)} -n ${namespace}`;
  const timeoutMs = config.readTimeoutMs;
  const pods = await read({ command: `${kubectl} get pods -l app=${name} -o wide`, timeoutMs, signal }, (inner) =>
    platform.cluster(cluster).pods(namespace, `app=${name}`, inner),
  );
  if (!pods.ok) return { pods: [], problem: pods.reason };
  const asked = pods.value.map(async ({ meta, ip, roleLabel }): Promise<PodAccessList> => {
    const command = `${kubectl} exec ${meta.name} -c dragonfly -- redis-cli -p 9999 ACL LIST`;
    const said = await read({ command, timeoutMs, signal }, (inner) =>
      platform.servers.users(addressOf(instance, { pod: meta.name, ip: ip ?? null }), inner),
    );
    return {
      pod: meta.name,
      ip: ip ?? null,
      serves: roleLabel === "master",
      users: said.ok ? said.value : null,
      reason: said.ok ? "" : said.reason,
      command,
      at: said.at,
    };
  });
  const lists = await Promise.all(asked);
  return { pods: lists.toSorted((a, b) => (a.pod < b.pod ? -1 : 1)), problem: "" };
}

export function addressOf(
  { cluster, namespace }: InstanceConfig,
  { pod, ip }: Pick<PodAccessList, "pod" | "ip">,
): PodAddress {
  return { cluster, namespace, pod, ip: ip ?? undefined };
}
