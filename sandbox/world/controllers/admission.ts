import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { recordEvent } from "../events.ts";
import { places } from "../places.ts";
import type { PodTemplate } from "../views.ts";
import { overQuota, podRequest, type Request } from "./quota.ts";

interface Owner {
  readonly kind?: unknown;
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string };
}

/**
 * Whether the API server would take a pod of this template: its service account and its priority class must exist, and no
 * quota of the namespace may be exceeded. If not, the owner gets the Warning event that the real controllers write.
 */
export function isAdmitted(store: ObjectStore, owner: Owner, template: PodTemplate): boolean {
  const { spec } = template;
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
  return isWithinQuota(store, owner, "Pod", podRequest(spec));
}

/** Whether a quota of the namespace has room for one more; if not, the owner gets the event. */
export function isWithinQuota(store: ObjectStore, owner: Owner, kind: Request["kind"], request: Request): boolean {
  const why = overQuota(store, owner.metadata.namespace, request);
  if (why !== undefined) refuse(store, owner, why, kind);
  return why === undefined;
}

function refuse(store: ObjectStore, { kind, metadata }: Owner, why: string, what: Request["kind"] = "Pod"): void {
  const plural = what === "Pod" ? "pods" : "persistentvolumeclaims";
  const message = `create ${what} in ${metadata.name} failed: ${plural} is forbidden: ${why}`;
  const event = { type: "Warning", reason: "FailedCreate", message, everyMs: 5_000 } as const;
  recordEvent(store, { kind: String(kind ?? ""), metadata }, event);
}
