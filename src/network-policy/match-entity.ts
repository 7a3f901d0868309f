import type { Seen } from "./ends.ts";
import { farAway, type Look, no, unsure, yes } from "./look.ts";
import type { Policy } from "./model.ts";

/** Whom Cilium means by an entity. Source: "Layer 3 Policies", Entities based. */
export function lookAtEntity(policy: Policy, entity: string, other: Seen): Look {
  const is = (condition: boolean) => (condition ? yes : no(`it is not of the entity ${entity}`, farAway));
  switch (entity) {
    case "all":
      return yes;
    case "world":
      return is(other.kind === "external");
    case "cluster":
      // "This also includes all remote nodes in a clustermesh scenario", but no pods of other clusters.
      if (other.kind === "pod") return is(other.cluster === policy.cluster);
      if (other.kind === "node") return yes;
      return other.kubeApiserver === true
        ? unsure("whether an API server outside is of the entity cluster depends on Cilium's version")
        : is(false);
    case "host":
    case "remote-node":
      if (other.kind !== "node") return is(false);
      return other.where === undefined
        ? unsure("whether it is the pod's own node is not known")
        : is(other.where === entity);
    case "kube-apiserver":
      if (other.kind === "pod") return is(false);
      if (other.kind === "node") return unsure("whether the API server is on that node is not known");
      return other.kubeApiserver === undefined
        ? unsure("whether that address is the API server is not known")
        : is(other.kubeApiserver);
    default:
      // health, ingress, init, unmanaged and none: Cilium's own endpoints, and pods it does not know.
      return is(false);
  }
}
