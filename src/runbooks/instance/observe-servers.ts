import type { InstanceConfig } from "../../config/file.ts";
import type { Pod } from "../../platform/kubernetes.ts";
import type { Platform, PodAddress } from "../../platform/ports.ts";
import { type Reading, read } from "../../platform/reading.ts";
import type { ServerState } from "../../platform/server.ts";
import { instanceKey } from "./target.ts";

/** One instance pod and what its server said. `pod` is undefined when the list of pods could not be read. */
export interface ObservedServer {
  readonly name: string;
  readonly pod: Pod | undefined;
  readonly state: Reading<ServerState>;
}

export interface ServerObservation {
  readonly pods: Reading<readonly Pod[]>;
  readonly servers: readonly ObservedServer[];
}

interface Options {
  readonly platform: Platform;
  readonly instance: InstanceConfig;
  readonly context: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Lists the instance's pods and asks every server for its state, both at once: the servers are first asked where they
 * were last seen, and any that turns out to be elsewhere, or new, is asked again. When the pods cannot be listed, the
 * servers that were known still get to speak, which is when it matters most.
 */
export async function observeServers(options: Options): Promise<ServerObservation> {
  const { platform, instance } = options;
  const key = instanceKey(instance);
  const early = new Map(
    (platform.lastKnownPods.get(key) ?? []).map((address) => [
      address.pod,
      { address, state: readState(options, address) },
    ]),
  );
  const selector = `app=${instance.name}`;
  const command = `kubectl --context=${options.context} -n ${instance.namespace} get pods -l ${selector} -o wide`;
  const pods = await read({ command, timeoutMs: options.timeoutMs, signal: options.signal }, (signal) =>
    platform.cluster(instance.cluster).pods(instance.namespace, selector, signal),
  );
  if (!pods.ok) {
    const servers = [...early].map(async ([name, { state }]) => ({ name, pod: undefined, state: await state }));
    return { pods, servers: await Promise.all(servers) };
  }
  const listed = pods.value.map((pod) => ({ pod, address: addressOf(instance, pod) }));
  platform.lastKnownPods.set(
    key,
    listed.map(({ address }) => address),
  );
  const servers = listed.map(async ({ pod, address }) => {
    const known = early.get(address.pod);
    const state = known !== undefined && known.address.ip === address.ip ? known.state : readState(options, address);
    return { name: pod.meta.name, pod, state: await state };
  });
  return { pods, servers: await Promise.all(servers) };
}

function addressOf(instance: InstanceConfig, pod: Pod): PodAddress {
  return { cluster: instance.cluster, namespace: instance.namespace, pod: pod.meta.name, ip: pod.ip };
}

function readState(options: Options, address: PodAddress): Promise<Reading<ServerState>> {
  const command = `kubectl --context=${options.context} -n ${address.namespace} exec ${address.pod} -c dragonfly -- redis-cli -p 9999 INFO ALL`;
  return read({ command, timeoutMs: options.timeoutMs, signal: options.signal }, (signal) =>
    options.platform.servers.state(address, signal),
  );
}
