import type { Config } from "../../config/file.ts";
import type { Tenant } from "../change.ts";
import type { Check, Tree } from "../draft.ts";
import { type Manifest, objectsOf } from "../objects.ts";
import { appsFolderOf, instanceNameOf, sharedFilesOf } from "../places.ts";
import { isGlobal } from "../render/own-instance.ts";
import { namesRole } from "../render/role-binding.ts";
import { pathsBelow } from "../tree.ts";
import { bindingProblems } from "./binding.ts";
import { ruled } from "./check.ts";
import { listAt, valueAt } from "./folder.ts";
import { checkFolderLists } from "./kustomizations.ts";

/** The name of an own instance in the other cluster: there when consumers are, and leading nowhere but to the instance. */
export function checkStub(tenant: Tenant, tree: Tree, config: Config): readonly Check[] {
  const folder = appsFolderOf(tenant.name, config);
  const there = pathsBelow(tree, folder).length > 0;
  const wanted = tenant.isolation === "own" && isGlobal(tenant, config);
  if (!there && !wanted) return [];
  if (there !== wanted)
    return [
      ruled("policy.stub", "The other cluster has the instance's name when consumers are there", [
        wanted ? `${folder} is not there` : `${folder} is there, and tenant.yaml names no other cluster`,
      ]),
    ];
  return [
    ruled(
      "policy.stub",
      "The name in the other cluster leads to the instance only",
      stubProblems(tenant, objectsOf(tree, folder, {}), config),
    ),
    checkFolderLists(folder, sharedFilesOf(config).appsParent, tree),
  ];
}

function stubProblems(tenant: Tenant, objects: readonly Manifest[], config: Config): readonly string[] {
  const name = instanceNameOf(tenant);
  const identities = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted();
  const service = objects.find(({ kind }) => kind === "Service");
  const annotations: readonly (readonly [string, string])[] = [
    ["service.cilium.io/global", "true"],
    ["service.cilium.io/shared", "false"],
    ["service.cilium.io/affinity", "remote"],
  ];
  const namespace = objects.find(({ kind }) => kind === "Namespace");
  return [
    ...(identities.join() === `Namespace ${name},RoleBinding ${namesRole},Service ${name}`
      ? []
      : [`expected a Namespace and a Service ${name} and RoleBinding ${namesRole}, found ${identities.join(", ")}`]),
    ...bindingProblems(
      objects.find(({ kind }) => kind === "RoleBinding"),
      namesRole,
      config,
    ),
    ...(service?.metadata.namespace === name ? [] : [`the Service is not in namespace ${name}`]),
    ...(namespace?.metadata.labels?.["pod-security.kubernetes.io/enforce"] === "restricted"
      ? []
      : ["the namespace does not hold pods to the restricted standard"]),
    ...(valueAt(service, "spec", "selector") === undefined
      ? []
      : ["the Service has a selector: pods of the other cluster would get the clients"]),
    ...(listAt(service, "spec", "ports").length === 1 && valueAt(service, "spec", "ports", 0, "port") === 6379
      ? []
      : ["the Service has other ports than 6379"]),
    ...(["ClusterIP", undefined].includes(typeOf(service))
      ? []
      : ["the Service is reached from outside of the cluster"]),
    ...annotations
      .filter(([key, value]) => service?.metadata.annotations?.[key] !== value)
      .map(([key, value]) => `${key}: expected ${value}`),
  ];
}

function typeOf(service: unknown): string | undefined {
  const type = valueAt(service, "spec", "type");
  return type === undefined ? undefined : String(type);
}
