import type { Config } from "../../config/file.ts";
import type { Tree } from "../draft.ts";
import { appsFolderOf, folderOf } from "../places.ts";
import { settingsOf } from "../settings.ts";
import { renderTenantFile, type TenantFile } from "../tenant-file.ts";
import { renderCiliumNetworkPolicy } from "./cilium-network-policy.ts";
import { renderDragonfly } from "./dragonfly.ts";
import { renderExternalSecret } from "./external-secret.ts";
import { renderKustomization } from "./kustomization.ts";
import { renderNamespace } from "./namespace.ts";
import { renderNetworkPolicy } from "./network-policy.ts";
import { type OwnInstance, ownInstance } from "./own-instance.ts";
import { renderPodMonitor } from "./pod-monitor.ts";
import { renderProbes } from "./probes.ts";
import { renderPrometheusRule } from "./prometheus-rule.ts";
import { renderReadme } from "./readme.ts";
import { renderResourceQuota } from "./resource-quota.ts";
import { renderNamesBinding, renderRoleBinding } from "./role-binding.ts";
import { renderServiceAccount } from "./service-account.ts";
import { renderStubService } from "./stub-service.ts";

type Files = readonly (readonly [string, string])[];

const manifests: readonly (readonly [string, (own: OwnInstance) => string])[] = [
  ["namespace.yaml", renderNamespace],
  ["resourcequota.yaml", renderResourceQuota],
  ["serviceaccount.yaml", renderServiceAccount],
  ["externalsecret.yaml", renderExternalSecret],
  ["probes.yaml", renderProbes],
  ["dragonfly.yaml", renderDragonfly],
  ["networkpolicy.yaml", renderNetworkPolicy],
  ["podmonitor.yaml", renderPodMonitor],
  ["prometheusrule.yaml", renderPrometheusRule],
  ["rolebinding.yaml", renderRoleBinding],
];

/** The files of a new tenant's folders, by path. Throws BotError `tenant.tree` as `ownInstance` does. */
export function filesOf(file: TenantFile, tree: Tree, config: Config): Files {
  const { tenant } = file;
  const own = tenant.isolation === "own" ? ownInstance(tenant, tree, config) : undefined;
  const first: Files = [["tenant.yaml", renderTenantFile(file, config)]];
  const here = [...(own === undefined ? [] : manifestsOf(own)), ...first].toSorted(namespaceFirst);
  return [
    ...placed(folderOf(tenant.name, config), [
      ...here,
      ["kustomization.yaml", renderKustomization(here.map(([name]) => name))],
      ["README.md", renderReadme(tenant, settingsOf(tree, config), config)],
    ]),
    ...(own?.global === true ? placed(appsFolderOf(tenant.name, config), stubOf(own)) : []),
  ];
}

function manifestsOf(own: OwnInstance): Files {
  const cilium: Files = own.form === "cilium" ? [["ciliumnetworkpolicy.yaml", renderCiliumNetworkPolicy(own)]] : [];
  return [...manifests.map(([name, render]) => [name, render(own)] as const), ...cilium];
}

function stubOf(own: OwnInstance): Files {
  return [
    ["service.yaml", renderStubService(own)],
    ["rolebinding.yaml", renderNamesBinding(own)],
    ["kustomization.yaml", renderKustomization(["service.yaml", "rolebinding.yaml"])],
  ];
}

function placed(folder: string, files: Files): Files {
  return files.map(([name, text]) => [`${folder}/${name}`, text]);
}

function namespaceFirst([a]: readonly [string, string], [b]: readonly [string, string]): number {
  const rank = (name: string) => (name === "namespace.yaml" ? 0 : 1);
  return rank(a) - rank(b) || a.localeCompare(b);
}
