import type { Config } from "../../config/file.ts";
import type { Tenant, TenantChange } from "../change.ts";
import { broken, remark } from "../checks/check.ts";
import { checkQuota } from "../checks/quota.ts";
import { checkTenant } from "../checks/tenant.ts";
import type { Check, Tree } from "../draft.ts";
import { tenantNamed } from "../inventory.ts";
import { folderOf, instanceNameOf } from "../places.ts";
import { mibOf, sizeOf } from "../size.ts";
import { tenantSpot } from "../tenant-file.ts";
import { fileIn, withFiles } from "../tree.ts";
import { setScalar } from "../yaml/scalar.ts";
import type { ChangeDraft, Start } from "./change-draft.ts";
import { volumeIn, withSize } from "./resize-manifests.ts";

type Resize = Extract<TenantChange, { readonly kind: "resize" }>;

/** Another size for a tenant: only values change, so that whatever people wrote beside them stays. */
export function resize(change: Resize, { tree, config }: Start): ChangeDraft {
  const { tenant } = tenantNamed(change.name, tree, config);
  const wanted: Tenant = {
    ...tenant,
    memory: change.memory ?? tenant.memory,
    replicas: change.replicas ?? tenant.replicas,
  };
  const bare = withTenantFile(tenant, wanted, tree, config);
  const next = tenant.isolation === "own" ? withSize(tenant, wanted, bare, config) : bare;
  return {
    title: `${tenant.name}: ${saySize(tenant)} becomes ${saySize(wanted)}`,
    tree: next,
    checks: [
      ...checkTenant(wanted, tree, config),
      ...(tenant.isolation === "own" ? ownChecks(tenant, wanted, tree, next, config) : sharedChecks(change)),
      ...checkQuota(tree, next, config),
    ],
    effects: effectsOf(tenant, wanted, config),
    reasons: [],
    risk: isShrink(tenant, wanted) ? "high" : "medium",
  };
}

function withTenantFile(tenant: Tenant, wanted: Tenant, tree: Tree, config: Config): Tree {
  const file = `${folderOf(tenant.name, config)}/tenant.yaml`;
  let text = fileIn(tree, file);
  if (wanted.memory !== tenant.memory) text = setScalar(tenantSpot(file, text, "memory"), wanted.memory);
  if (wanted.replicas !== tenant.replicas)
    text = setScalar(tenantSpot(file, text, "replicas"), String(wanted.replicas));
  return withFiles(tree, [[file, text]]);
}

function saySize({ memory, replicas, isolation }: Tenant): string {
  return isolation === "own" ? `${memory} on ${replicas} pods` : memory;
}

function isShrink(tenant: Tenant, wanted: Tenant): boolean {
  return (mibOf(wanted.memory) ?? 0) < (mibOf(tenant.memory) ?? 0) || wanted.replicas < tenant.replicas;
}

/** The pods of the shared instance are not one tenant's to count. */
function sharedChecks({ replicas }: Resize): readonly Check[] {
  if (replicas === undefined) return [];
  return [broken("size.replicas", "The pods of the shared instance are not one tenant's", "Leave replicas out.")];
}

function ownChecks(tenant: Tenant, wanted: Tenant, before: Tree, after: Tree, config: Config): readonly Check[] {
  const shrink = isShrink(tenant, wanted)
    ? [
        remark(
          "size.shrink",
          "It becomes smaller",
          `Look first at what it uses: /dragonfly status ${instanceNameOf(tenant)}. Above the new maxmemory every write is refused, and a replica that is too small never comes in sync.`,
        ),
      ]
    : [];
  return [...shrink, ...checkVolume(wanted, volumeIn(wanted, before, config), volumeIn(wanted, after, config), config)];
}

/** The operator drops changes to a claim template, so what Git says about volumes has to be done by hand as well. */
function checkVolume(
  wanted: Tenant,
  before: string | undefined,
  after: string | undefined,
  config: Config,
): readonly Check[] {
  if (after === undefined) return [];
  const wantedGib = sizeOf(wanted).volumeGib;
  if (before === after)
    return (mibOf(after) ?? 0) > wantedGib * 1024
      ? [
          remark(
            "size.volume-by-hand",
            `The volumes stay at ${after}`,
            `${wantedGib}Gi would do, but a volume does not shrink.`,
          ),
        ]
      : [];
  const name = instanceNameOf(wanted);
  const kubectl = `kubectl --context=${config.shared.cluster} -n ${name}`;
  const commands = [
    `for i in $(seq 0 ${wanted.replicas - 1}); do ${kubectl} patch pvc df-${name}-$i -p '{"spec":{"resources":{"requests":{"storage":"${after}"}}}}'; done`,
    `${kubectl} delete statefulset ${name} --cascade=orphan   # the operator makes it anew, with the new claim template`,
  ];
  return [
    remark(
      "size.volume-by-hand",
      `The volumes do not grow from ${before ?? "what they are"} to ${after} by the merge`,
      ["After it, and only where the storage class lets volumes grow:", ...commands].join("\n"),
    ),
  ];
}

function effectsOf(tenant: Tenant, wanted: Tenant, config: Config): readonly string[] {
  if (tenant.isolation === "shared")
    return [`Nothing in the cluster: the shared instance ${config.shared.name} holds nobody to a size`];
  const name = instanceNameOf(tenant);
  const size = sizeOf(wanted);
  return [
    `Dragonfly ${name}: ${wanted.replicas} pods, maxmemory ${wanted.memory}, ${size.threads} threads, ${size.memoryMib}Mi each`,
    ...(wanted.memory === tenant.memory
      ? []
      : ["Its pods are replaced one by one, the primary last; clients see a failover"]),
  ];
}
