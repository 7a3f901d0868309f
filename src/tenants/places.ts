import { posix } from "node:path";
import type { Config } from "../config/file.ts";
import type { Tenant } from "./change.ts";

/** Where things of tenants are, in Git and in the clusters: every name and path that follows from a tenant's name. */

/** Name of a tenant's own Dragonfly resource, of its Service and of its Secret. */
export function instanceNameOf(tenant: Pick<Tenant, "name">): string {
  return `dragonfly-${tenant.name}`;
}

/** Namespace of the instance that a tenant uses: one of its own, or the shared one's. */
export function namespaceOf(tenant: Pick<Tenant, "name" | "isolation">, config: Config): string {
  return tenant.isolation === "own" ? instanceNameOf(tenant) : config.shared.namespace;
}

/** Name and port that a tenant's clients connect to. */
export function addressOf(tenant: Pick<Tenant, "name" | "isolation">, config: Config): string {
  if (tenant.isolation === "own") return `${instanceNameOf(tenant)}.${instanceNameOf(tenant)}.svc.cluster.local:6379`;
  return config.shared.clientDns ?? `${config.shared.name}.${config.shared.namespace}.svc.cluster.local:6379`;
}

/** Path in the secret store of what an own instance's password is read from, property `password`. */
export function secretPathOf(tenant: Pick<Tenant, "name">): string {
  return `platform/dragonfly/${tenant.name}`;
}

/** Folder of a tenant in Git. */
export function folderOf(name: string, config: Config): string {
  return `${config.tenants.directory}/${name}`;
}

/** Folder of the names that a tenant's clients use in the other cluster. */
export function appsFolderOf(name: string, config: Config): string {
  return `${config.tenants.appsDirectory}/${name}`;
}

/** Files outside of the tenants' folders that changes of tenants touch. */
export interface SharedFiles {
  /** List of the tenants' folders, and of those of the other cluster. */
  readonly parent: string;
  readonly appsParent: string;
  readonly resource: string;
  readonly acl: string;
  readonly plainPolicy: string;
  readonly ciliumPolicy: string;
  readonly botConfig: string;
}

export function sharedFilesOf({ tenants }: Config): SharedFiles {
  return {
    parent: `${tenants.directory}/kustomization.yaml`,
    appsParent: `${tenants.appsDirectory}/kustomization.yaml`,
    resource: `${tenants.sharedDirectory}/dragonfly.yaml`,
    acl: `${tenants.sharedDirectory}/externalsecret.yaml`,
    plainPolicy: `${tenants.sharedDirectory}/networkpolicy.yaml`,
    ciliumPolicy: `${tenants.ciliumDirectory}/ciliumnetworkpolicy.yaml`,
    botConfig: tenants.botConfig,
  };
}

/** Folders of the Git project that drafting reads; the caller loads the text files below each of them. */
export function foldersOf({ tenants }: Config): readonly string[] {
  return [
    tenants.directory,
    tenants.appsDirectory,
    tenants.sharedDirectory,
    tenants.ciliumDirectory,
    posix.dirname(tenants.settings),
    posix.dirname(tenants.botConfig),
  ].filter((folder, index, all) => all.indexOf(folder) === index);
}

/** Whether a file is one that changes of tenants touch: in their folders, or one of the shared lists. */
export function touchesTenants(path: string, config: Config): boolean {
  const { directory, appsDirectory } = config.tenants;
  return (
    path.startsWith(`${directory}/`) ||
    path.startsWith(`${appsDirectory}/`) ||
    Object.values(sharedFilesOf(config)).includes(path)
  );
}

/** The tenant whose folder, in either cluster, a path is in. */
export function tenantAt(path: string, { tenants }: Config): string | undefined {
  for (const folder of [tenants.directory, tenants.appsDirectory]) {
    if (!path.startsWith(`${folder}/`)) continue;
    const [name, ...rest] = path.slice(folder.length + 1).split("/");
    if (rest.length > 0) return name;
  }
  return undefined;
}
