import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { claimView, listViews, record } from "../views.ts";

/** Binds every claim to a volume of the size it asks for, as the storage class's provisioner would. */
export function bindClaims(store: ObjectStore): void {
  for (const claim of listViews(store, places.claims, claimView)) {
    const { namespace, name, uid } = claim.metadata;
    store.patch(places.claims, namespace, name, (object) => {
      object["spec"] = { ...record(object["spec"]), volumeName: `pvc-${uid}`, volumeMode: "Filesystem" };
      object["status"] = {
        phase: "Bound",
        accessModes: ["ReadWriteOnce"],
        capacity: { storage: claim.spec.resources.requests.storage },
      };
    });
  }
}
