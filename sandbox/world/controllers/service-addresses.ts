import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { listViews, record, serviceView } from "../views.ts";

/** Gives every Service without a ClusterIP one. */
export function assignServiceAddresses(store: ObjectStore, next: () => string): void {
  for (const service of listViews(store, places.services, serviceView)) {
    if (service.spec.clusterIP !== undefined) continue;
    const clusterIP = next();
    store.patch(places.services, service.metadata.namespace, service.metadata.name, (object) => {
      object["spec"] = { ...record(object["spec"]), clusterIP, clusterIPs: [clusterIP] };
    });
  }
}
