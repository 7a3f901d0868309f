import { parseQuantity } from "../../platform/quantity.ts";
import type { Check } from "../draft.ts";
import { secretPathOf } from "../places.ts";
import { agreedMemory, agreedPods } from "../render/prometheus-rule.ts";
import { readerRole } from "../render/role-binding.ts";
import { mibOf } from "../size.ts";
import { tenantLabel } from "../tenant-file.ts";
import { accessRuleProblems } from "./access-rules.ts";
import { bindingProblems } from "./binding.ts";
import { ruled } from "./check.ts";
import { expect, type Folder, listAt, objectOf, valueAt } from "./folder.ts";
import { flagIn } from "./sizes.ts";

/** What is around an own instance: namespace, quota, account, secret, monitor, the bot's rights; and that all of it is of one size. */
export function checkSurroundings(folder: Folder): readonly Check[] {
  return [
    ruled(
      "policy.restricted",
      "The namespace holds its pods to the restricted standard, and outlives its folder",
      namespaceProblems(folder),
    ),
    ruled("size.quota", "The quota lets all pods and volumes in", quotaProblems(folder)),
    ruled("policy.token", "The pods carry no token", tokenProblems(folder)),
    ruled(
      "policy.secret",
      "The password comes from the tenant's own place in the secret store",
      secretProblems(folder),
    ),
    ruled("policy.acl", "The access list lets nobody in without a password", aclProblems(folder)),
    ruled("policy.rights", "Nobody but the bot gets rights in the namespace", rightsProblems(folder)),
    ruled(
      "policy.monitored",
      "The instance is scraped, with the labels that the alerts count by",
      monitorProblems(folder),
    ),
    ruled("tenant.agrees", "The manifests are of the size that tenant.yaml says", agreementProblems(folder)),
  ];
}

function namespaceProblems({ tenant, ...folder }: Folder): readonly string[] {
  const namespace = objectOf(folder, "Namespace");
  return [
    ...expect(namespace, ["metadata", "labels", "pod-security.kubernetes.io/enforce"], "restricted"),
    ...expect(namespace, ["metadata", "labels", tenantLabel], tenant.name),
    ...expect(namespace, ["metadata", "annotations", "kustomize.toolkit.fluxcd.io/prune"], "disabled"),
  ];
}

function quotaProblems(folder: Folder): readonly string[] {
  const hard = valueAt(objectOf(folder, "ResourceQuota"), "spec", "hard");
  const spec = valueAt(objectOf(folder, "Dragonfly"), "spec");
  const replicas = Number(valueAt(spec, "replicas"));
  const each = (...path: string[]) => parseQuantity(String(valueAt(spec, ...path) ?? 0)) ?? 0;
  const storage = each("snapshot", "persistentVolumeClaimSpec", "resources", "requests", "storage");
  const needed: readonly (readonly [string, number])[] = [
    ["pods", replicas],
    ["requests.cpu", replicas * each("resources", "requests", "cpu")],
    ["requests.memory", replicas * each("resources", "requests", "memory")],
    ["limits.memory", replicas * each("resources", "limits", "memory")],
    ["persistentvolumeclaims", storage > 0 ? replicas : 0],
    ["requests.storage", replicas * storage],
  ];
  return [
    ...needed.flatMap(([what, least]) => {
      const found = valueAt(hard, what);
      if (found === undefined) return [`${what}: expected a limit`];
      return (parseQuantity(String(found)) ?? 0) >= least
        ? []
        : [`${what}: ${String(found)} is less than the instance needs`];
    }),
    ...(valueAt(hard, "limits.cpu") === undefined ? [] : ["limits.cpu: pods without a CPU limit would be refused"]),
  ];
}

function tokenProblems(folder: Folder): readonly string[] {
  return expect(objectOf(folder, "ServiceAccount", "dragonfly"), ["automountServiceAccountToken"], false);
}

function secretProblems(folder: Folder): readonly string[] {
  const spec = valueAt(objectOf(folder, "ExternalSecret"), "spec");
  const data = listAt(spec, "data");
  return [
    ...(data.length === 1 ? [] : [`data: expected one entry, found ${data.length}`]),
    ...(valueAt(spec, "dataFrom") === undefined ? [] : ["dataFrom: expected none"]),
    ...expect(data[0], ["secretKey"], "password"),
    ...expect(data[0], ["remoteRef", "key"], secretPathOf(folder.tenant)),
    ...expect(data[0], ["remoteRef", "property"], "password"),
    ...expect(spec, ["secretStoreRef", "kind"], "ClusterSecretStore"),
    ...expect(spec, ["target", "name"], folder.name),
    ...expect(spec, ["target", "deletionPolicy"], "Retain"),
    ...expect(spec, ["target", "template", "mergePolicy"], "Merge"),
  ];
}

function aclProblems(folder: Folder): readonly string[] {
  const list = valueAt(objectOf(folder, "ExternalSecret"), "spec", "target", "template", "data", "dragonfly.acl");
  return typeof list === "string" ? accessRuleProblems(list.split("\n"), { wholeKeyspace: true }) : ["there is none"];
}

function rightsProblems({ config, ...folder }: Folder): readonly string[] {
  return bindingProblems(objectOf(folder, "RoleBinding"), readerRole, config);
}

function monitorProblems({ name, ...folder }: Folder): readonly string[] {
  const spec = valueAt(objectOf(folder, "PodMonitor"), "spec");
  return [
    ...expect(spec, ["selector", "matchLabels", "app"], name),
    ...expect(spec, ["podTargetLabels", 0], "app"),
    ...expect(spec, ["podMetricsEndpoints", 0, "port"], "admin"),
  ];
}

function agreementProblems(folder: Folder): readonly string[] {
  const { tenant } = folder;
  const spec = valueAt(objectOf(folder, "Dragonfly"), "spec");
  const agreed = mibOf(tenant.memory);
  const flag = mibOf(flagIn(spec, "maxmemory") ?? "");
  const records = listAt(objectOf(folder, "PrometheusRule"), "spec", "groups").flatMap((group) =>
    listAt(group, "rules"),
  );
  const record = (series: string) =>
    valueAt(
      records.find((rule) => valueAt(rule, "record") === series),
      "expr",
    );
  const evicts =
    ["true", ""].includes(flagIn(spec, "cache_mode") ?? "no") || listAt(spec, "args").includes("--cache_mode");
  return [
    ...(flag === agreed ? [] : [`--maxmemory: expected ${tenant.memory}`]),
    ...expect(spec, ["replicas"], tenant.replicas),
    ...(evicts === tenant.eviction
      ? []
      : [`--cache_mode: expected ${tenant.eviction ? "it" : "none, it evicts keys"}`]),
    ...(record(agreedMemory) === `vector(${(agreed ?? 0) * 2 ** 20})`
      ? []
      : [`${agreedMemory}: expected ${tenant.memory} in bytes`]),
    ...(record(agreedPods) === `vector(${tenant.replicas})` ? [] : [`${agreedPods}: expected ${tenant.replicas}`]),
  ];
}
