import type { ObjectStore } from "../kubernetes/object-store.ts";
import { places } from "./places.ts";
import { createServiceProxy, type ServiceProxy } from "./service-proxy.ts";
import { listViews, serviceView, sliceView } from "./views.ts";

export interface ServiceProxies {
  sync(): void;
  stop(): Promise<void>;
}

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const globalAnnotation = "service.cilium.io/global";

/**
 * What kube-proxy and the cluster mesh do: every ClusterIP leads to a ready endpoint of its Service, and a global
 * Service also to those of the Service of the same name in the other clusters.
 */
export function createServiceProxies(clusters: readonly ObjectStore[]): ServiceProxies {
  const proxies = new Map<string, ServiceProxy>();
  const sync = () => {
    const served = new Set<string>();
    for (const store of clusters) {
      for (const { metadata, spec } of listViews(store, places.services, serviceView)) {
        const port = spec.ports[0]?.port;
        if (spec.clusterIP === undefined || port === undefined) continue;
        served.add(spec.clusterIP);
        const endpoint = endpointOf(clusters, store, metadata);
        const proxy = proxies.get(spec.clusterIP) ?? createServiceProxy(spec.clusterIP, port);
        proxies.set(spec.clusterIP, proxy);
        proxy.pointAt(endpoint);
      }
    }
    // A Service that is gone answers nobody any more, and its connections end.
    for (const [clusterIP, proxy] of proxies) {
      if (served.has(clusterIP)) continue;
      proxies.delete(clusterIP);
      void proxy.stop();
    }
  };
  return {
    sync,
    stop: async () => {
      await Promise.all([...proxies.values()].map((proxy) => proxy.stop()));
    },
  };
}

/** Where connections to a ClusterIP lead at this moment; undefined when it is none, or has no ready endpoint. */
export function endpointBehind(clusters: readonly ObjectStore[], clusterIP: string): Endpoint | undefined {
  for (const store of clusters) {
    const service = listViews(store, places.services, serviceView).find(({ spec }) => spec.clusterIP === clusterIP);
    if (service !== undefined) return endpointOf(clusters, store, service.metadata);
  }
  return undefined;
}

function endpointOf(
  clusters: readonly ObjectStore[],
  store: ObjectStore,
  metadata: Named & { readonly annotations: Readonly<Record<string, string>> },
): Endpoint | undefined {
  const isGlobal = metadata.annotations[globalAnnotation] === "true";
  const sources = isGlobal ? clusters.filter((one) => one === store || isGlobalIn(one, metadata)) : [store];
  return sources.flatMap((one) => readyEndpoints(one, metadata))[0];
}

type Named = { readonly namespace: string; readonly name: string };

function isGlobalIn(store: ObjectStore, { namespace, name }: Named): boolean {
  return (
    store.get(places.services, namespace, name)?.metadata.annotations?.[globalAnnotation] === "true" &&
    store.get(places.services, namespace, name)?.metadata.annotations?.["service.cilium.io/shared"] !== "false"
  );
}

function readyEndpoints(store: ObjectStore, { namespace, name }: Named): readonly Endpoint[] {
  return listViews(store, places.slices, sliceView, namespace)
    .filter((slice) => slice.metadata.labels["kubernetes.io/service-name"] === name)
    .flatMap((slice) =>
      slice.endpoints
        .filter((endpoint) => endpoint.conditions.ready)
        .flatMap((endpoint) => endpoint.addresses.map((host) => ({ host, port: slice.ports[0]?.port ?? 0 }))),
    );
}
