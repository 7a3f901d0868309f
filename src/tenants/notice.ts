import type { Config } from "../config/file.ts";
import type { Tenant } from "./change.ts";
import { addressOf, instanceNameOf, namespaceOf, secretPathOf } from "./places.ts";
import { type Settings, usersPathIn } from "./settings.ts";
import { sizeOf } from "./size.ts";

/**
 * What a tenant is told when it serves: a line each for address, credentials (where they are, never what they are), size and help.
 * `settings` tells where the shared users' passwords are, when they could be read.
 */
export function noticeOf(tenant: Tenant, config: Config, settings: Settings = {}): string {
  const own = tenant.isolation === "own";
  const name = own ? instanceNameOf(tenant) : config.shared.name;
  const dashboard = config.tenants.dashboard?.replaceAll("{instance}", encodeURIComponent(name));
  return [
    `${tenant.name} is served by ${own ? "its own instance" : "the shared instance"} ${name} (namespace ${namespaceOf(tenant, config)}, cluster ${config.shared.cluster}).`,
    `Address: \`${addressOf(tenant, config)}\`, from namespace ${tenant.namespace} in ${tenant.clusters.join(", ")}.`,
    ...(own ? ownAccess(tenant) : sharedAccess(tenant, settings)),
    own
      ? ownSize(tenant)
      : `Memory: ${tenant.memory} are yours by agreement. Nothing enforces it, so whoever grows tells us first.`,
    `Keep the password as Secret \`${instanceNameOf(tenant)}\` of namespace ${tenant.namespace}, keys \`username\` and \`password\`: then the bot tries your login too when it looks at the connection.`,
    ...(dashboard === undefined ? [] : [`Dashboards: ${dashboard}`]),
    "Clients must connect again after READONLY, LOADING and MASTERDOWN. More: docs/tenancy.md.",
  ].join("\n");
}

function ownAccess(tenant: Tenant): readonly string[] {
  const name = instanceNameOf(tenant);
  return [
    `User: \`default\`. Password: Secret \`${name}/${name}\`, key \`password\`; for a Secret of your own, in the secret store \`${secretPathOf(tenant)}\`, property \`password\`.`,
  ];
}

function sharedAccess({ name }: Tenant, settings: Settings): readonly string[] {
  return [
    `User: \`${name}\`. Password: in the secret store \`${usersPathIn(settings)}\`, property \`${name}\`.`,
    `Keys and channels: all of them begin with \`{${name}}\`, such as \`{${name}}:jobs:42\`.`,
  ];
}

function ownSize(tenant: Tenant): string {
  const { quota, threads, memoryMib } = sizeOf(tenant);
  const pods = `${tenant.replicas} pods with ${threads} threads and ${memoryMib}Mi each`;
  const storage = tenant.persistence ? `, ${quota.storageGib}Gi of volumes` : ", nothing is kept on disk";
  return `Memory: maxmemory ${tenant.memory}; ${pods}. Quota: ${quota.memoryMib}Mi of memory${storage}.`;
}
