import type { Config } from "../../config/file.ts";
import { accessLists, isAllowed, withNamespace, withoutNamespace } from "../access-lists.ts";
import { broken, kept, remark } from "../checks/check.ts";
import type { Check } from "../draft.ts";
import { sharedTenantsIn } from "../inventory.ts";
import type { ChangeDraft, Start } from "./change-draft.ts";

/** A namespace that may connect to the shared instance. */
export function allow(namespace: string, { tree, config }: Start): ChangeDraft {
  return {
    title: `Let namespace ${namespace} connect to ${config.shared.name}`,
    tree: withNamespace(namespace, tree, config),
    checks: [checkPlatforms(namespace, config), checkDenied(namespace, config)],
    effects: [
      `Pods in namespace ${namespace} reach ${config.shared.name} on port 6379; without a user they can do nothing there`,
    ],
    reasons: [],
    risk: "medium",
  };
}

/** A namespace that may not connect to the shared instance any more. Open connections are cut as well. */
export function revoke(namespace: string, { tree, config }: Start): ChangeDraft {
  const users = sharedTenantsIn(namespace, tree, config).map(({ name }) => name);
  const listed =
    isAllowed(namespace, tree, config) ||
    accessLists(tree, config).some(({ namespaces }) => namespaces.includes(namespace));
  return {
    title: `Keep namespace ${namespace} away from ${config.shared.name}`,
    tree: withoutNamespace(namespace, tree, config),
    checks: [
      users.length === 0
        ? kept("access.needed", "No tenant of the shared instance is in the namespace")
        : broken(
            "access.needed",
            `${users.join(", ")} would be cut off`,
            "Offboard the tenant first; its namespace goes with the last one in it.",
          ),
      listed
        ? remark(
            "access.in-use",
            "Whoever connects from there now is cut off",
            `See who does: /dragonfly connectivity ${namespace}, and CLIENT LIST on the primary.`,
          )
        : broken(
            "access.listed",
            `Namespace ${namespace} is in none of the lists`,
            "It cannot connect now, unless it has the label access.platform/dragonfly.",
          ),
    ],
    effects: [`Pods in namespace ${namespace} do not reach ${config.shared.name} any more, open connections included`],
    reasons: [],
    risk: "high",
  };
}

/** Namespaces of the platform have rules of their own in the policies, so none of them is let in as a client's. */
export function isPlatforms(namespace: string, { shared, home, operator, flux, metrics }: Config): boolean {
  const own = [
    shared.namespace,
    home.namespace,
    operator.namespace,
    flux.namespace,
    metrics.scraper.namespace,
    "default",
  ];
  return own.includes(namespace) || namespace.startsWith("kube-");
}

function checkPlatforms(namespace: string, config: Config): Check {
  return isPlatforms(namespace, config)
    ? broken(
        "access.platform",
        `Namespace ${namespace} is the platform's own`,
        "Clients have a namespace of their own.",
      )
    : kept("access.platform", "The namespace is not one of the platform's own");
}

function checkDenied(namespace: string, { namespaces }: Config): Check {
  return namespaces.denied.includes(namespace)
    ? broken(
        "access.denied",
        `Namespace ${namespace} is one that must not get through`,
        "namespaces.denied in dfbot.yaml names it.",
      )
    : kept("access.denied", "The namespace is not one that must not get through");
}
