import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { recordEvent } from "../events.ts";
import { places } from "../places.ts";
import type { PodTemplate } from "../views.ts";

interface Owner {
  readonly kind?: unknown;
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string };
}

/**
 * Whether the API server would take a pod of this template: its service account and its priority class must exist. If not,
 * the owner gets the Warning event that the real controllers write.
 */
export function isAdmitted(store: ObjectStore, owner: Owner, { spec }: PodTemplate): boolean {
  const { namespace } = owner.metadata;
  const { serviceAccountName, priorityClassName } = spec;
  if (serviceAccountName !== undefined && !store.get(places.serviceAccounts, namespace, serviceAccountName)) {
    refuse(store, owner, `error looking up service account ${namespace}/${serviceAccountName}: not found`);
    return false;
  }
  if (priorityClassName !== undefined && !store.get(places.priorityClasses, undefined, priorityClassName)) {
    refuse(store, owner, `no PriorityClass with name ${priorityClassName} was found`);
    return false;
  }
  return true;
}

function refuse(store: ObjectStore, { kind, metadata }: Owner, why: string): void {
  const message = `create Pod in ${metadata.name} failed: pods is forbidden: ${why}`;
  recordEvent(store, { kind: String(kind ?? ""), metadata }, { type: "Warning", reason: "FailedCreate", message });
}
