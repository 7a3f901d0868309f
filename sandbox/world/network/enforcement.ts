import { evaluatePolicies } from "../../../src/network-policy/evaluate.ts";
import type { PodEndpoint, Policy } from "../../../src/network-policy/model.ts";
import { parsePolicy } from "../../../src/network-policy/parse.ts";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { endpointBehind } from "../service-proxies.ts";
import { listViews, type PodView, podView } from "../views.ts";

export type Stores = Readonly<Record<string, ObjectStore>>;

export interface Connection {
  /** The pod that connects. */
  readonly cluster: string;
  readonly ip: string;
  readonly host: string;
  readonly port: number;
}

interface FoundPod {
  readonly cluster: string;
  readonly pod: PodView;
}

const kinds = [
  ["NetworkPolicy", places.policies],
  ["CiliumNetworkPolicy", places.ciliumPolicies],
  ["CiliumClusterwideNetworkPolicy", places.clusterwidePolicies],
] as const;

/**
 * Whether the policies of both ends, as the clusters have them at that moment, drop a connection; a Service's address stands
 * for the pod behind it. What they leave open gets through, as does all that is not between pods.
 */
export function isDropped(stores: Stores, { cluster, ip, host, port }: Connection): boolean {
  const target = endpointBehind(Object.values(stores), host) ?? { host, port };
  const from = podWith(stores, ip, cluster);
  const to = podWith(stores, target.host);
  if (from === undefined || to === undefined) return false;
  const { decision } = evaluatePolicies({
    from: endpoint(stores, from),
    to: endpoint(stores, to),
    port: target.port,
    policies: [...policiesOf(stores, from), ...policiesOf(stores, to)],
    enforcement: { kind: "cilium", defaultLocalCluster: true },
  });
  return decision === "denied";
}

function podWith(stores: Stores, ip: string, only?: string): FoundPod | undefined {
  for (const [cluster, store] of Object.entries(stores)) {
    if (only !== undefined && only !== cluster) continue;
    const pod = listViews(store, places.pods, podView).find(({ status }) => status.podIP === ip);
    if (pod !== undefined) return { cluster, pod };
  }
  return undefined;
}

function endpoint(stores: Stores, { cluster, pod }: FoundPod): PodEndpoint {
  const { namespace, name, labels } = pod.metadata;
  const found = stores[cluster]?.get({ group: "", plural: "namespaces" }, undefined, namespace);
  return {
    kind: "pod",
    cluster,
    namespace,
    namespaceLabels: found?.metadata.labels ?? {},
    labels,
    name,
    containerPorts: pod.spec.containers.flatMap(({ ports }) =>
      ports.flatMap((one) =>
        one.name === undefined ? [] : [{ name: one.name, port: one.containerPort, protocol: "TCP" as const }],
      ),
    ),
  };
}

function policiesOf(stores: Stores, { cluster, pod }: FoundPod): readonly Policy[] {
  return kinds.flatMap(([kind, place]) => {
    const namespace = kind === "CiliumClusterwideNetworkPolicy" ? undefined : pod.metadata.namespace;
    return (stores[cluster]?.list(place, namespace) ?? []).flatMap((object) => parsePolicy(cluster, kind, object));
  });
}
