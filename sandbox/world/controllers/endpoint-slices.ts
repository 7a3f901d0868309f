import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import {
  carries,
  isReady,
  listViews,
  ownedBy,
  type PodView,
  podView,
  type ServiceView,
  serviceView,
} from "../views.ts";

/** One slice for every Service with a selector, from the pods that it selects. A Service without one gets none. */
export function reconcileEndpointSlices(store: ObjectStore): void {
  for (const service of listViews(store, places.services, serviceView)) {
    const { selector } = service.spec;
    if (Object.keys(selector).length === 0) continue;
    const { namespace, name, uid } = service.metadata;
    const pods = listViews(store, places.pods, podView, namespace).filter(
      (pod) => carries(pod.metadata.labels, selector) && pod.status.podIP !== undefined,
    );
    store.apply(places.slices, {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: `${name}-${uid.slice(0, 5)}`,
        namespace,
        labels: {
          "kubernetes.io/service-name": name,
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        },
        ownerReferences: ownedBy({ apiVersion: "v1", kind: "Service", metadata: { name, uid } }),
      },
      addressType: "IPv4",
      endpoints: pods.map((pod) => ({
        addresses: [pod.status.podIP],
        conditions: {
          ready: isReady(pod),
          serving: isReady(pod),
          terminating: pod.metadata.deletionTimestamp !== undefined,
        },
        nodeName: pod.spec.nodeName,
        targetRef: { kind: "Pod", namespace, name: pod.metadata.name, uid: pod.metadata.uid },
      })),
      ports: service.spec.ports.map((port) => ({
        name: port.name ?? "",
        port: targetPort(port, pods[0]),
        protocol: "TCP",
      })),
    });
  }
}

/** A named target port is the container port of that name. */
function targetPort(port: ServiceView["spec"]["ports"][number], pod: PodView | undefined): number {
  const { targetPort: target = port.port } = port;
  if (typeof target === "number") return target;
  const ports = pod?.spec.containers.flatMap((container) => container.ports) ?? [];
  return ports.find(({ name }) => name === target)?.containerPort ?? port.port;
}
