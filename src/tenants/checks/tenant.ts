import type { Config } from "../../config/file.ts";
import type { Tenant } from "../change.ts";
import type { Check, Tree } from "../draft.ts";
import { recommend } from "../recommend.ts";
import { sharedMaxmemoryOf } from "../settings.ts";
import { leastMaxmemoryMib, mibOf, sayMib } from "../size.ts";
import { checkTexts } from "../texts.ts";
import { broken, kept, remark } from "./check.ts";

/** What a tenant asks for, whoever wrote it down: rules that need no manifest. */
export function checkTenant(tenant: Tenant, tree: Tree, config: Config): readonly Check[] {
  return [
    checkTexts(tenant),
    checkClusters(tenant, config),
    checkIsolation(tenant, tree, config),
    ...checkLeast(tenant),
    ...checkPods(tenant),
  ];
}

function checkClusters({ clusters }: Tenant, config: Config): Check {
  const known = config.clusters.map(({ name }) => name);
  const strange = clusters.filter((cluster) => !known.includes(cluster));
  return strange.length === 0
    ? kept("clusters.known", "All clusters of the consumers are known")
    : broken("clusters.known", `No such cluster: ${strange.join(", ")}`, `dfbot.yaml has ${known.join(", ")}.`);
}

/** Own where the table of docs/tenancy.md says own. The other way round it is somebody's money, and for whoever approves. */
function checkIsolation(tenant: Tenant, tree: Tree, config: Config): Check {
  const { isolation, reasons } = recommend(tenant, tenant.memory, sharedMaxmemoryOf(tree, config));
  if (tenant.isolation === isolation)
    return kept("isolation.recommended", `Isolation as recommended: ${isolation}`, reasons.join("\n"));
  return tenant.isolation === "shared"
    ? broken(
        "isolation.recommended",
        "The shared instance is not for this tenant",
        [...reasons, "It needs an instance of its own (docs/tenancy.md)."].join("\n"),
      )
    : remark(
        "isolation.recommended",
        "The shared instance would do",
        [...reasons, "An own instance costs its pods, memory and volumes."].join("\n"),
      );
}

/** Of an instance of its own: what a tenant needs on the shared one may be as little as it is. */
function checkLeast({ isolation, memory }: Tenant): readonly Check[] {
  if (isolation === "shared") return [];
  const mib = mibOf(memory) ?? 0;
  return [
    mib >= leastMaxmemoryMib
      ? kept("size.least", `${sayMib(mib)} is enough for a server to start`)
      : broken(
          "size.least",
          `${sayMib(mib)} is too little`,
          `A server needs ${leastMaxmemoryMib} MiB for each of its threads, and has one at least.`,
        ),
  ];
}

/** Two pods are allowed, and are one failure away from none. */
function checkPods({ isolation, replicas }: Tenant): readonly Check[] {
  if (isolation === "shared" || replicas > 2) return [];
  return [
    remark(
      "size.pods",
      "With two pods there is one copy of the data",
      "While one is away, the loss of the other is the loss of all since the last snapshot. Three are the rule (docs/tenancy.md).",
    ),
  ];
}
