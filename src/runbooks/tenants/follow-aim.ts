import { parse } from "yaml";
import { z } from "zod";
import type { Config, InstanceConfig } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import type { FileEdit } from "../../platform/git.ts";
import type { ServerUser } from "../../platform/server.ts";
import type { Tenant } from "../../tenants/change.ts";
import type { Tree } from "../../tenants/draft.ts";
import { tenantsOf } from "../../tenants/inventory.ts";
import { noticeOf } from "../../tenants/notice.ts";
import { objectsOf } from "../../tenants/objects.ts";
import { folderOf, instanceNameOf, sharedFilesOf, tenantAt } from "../../tenants/places.ts";
import { settingsOf } from "../../tenants/settings.ts";
import { applied } from "../../tenants/tree.ts";
import { changedUsers, userRulesIn } from "../../tenants/user-rules.ts";
import type { WantedLogin } from "../connectivity/login.ts";
import { instanceOf } from "./consumers.ts";
import type { PlanDeps } from "./deps.ts";

/** What a merged change is to bring about, read off its files: so it holds for whatever was merged, by whom ever. */
export interface Aim {
  /** Flux Kustomizations that apply the files. */
  readonly kustomizations: readonly WantedKustomization[];
  readonly instances: readonly WantedInstance[];
  /** Namespaces of instances whose Secrets must have been made. */
  readonly secrets: readonly string[];
  readonly access: readonly WantedAccess[];
  /** Null when no user of the shared instance is another one than before. */
  readonly accessList: WantedAccessList | null;
  /** For tenants that are new, or were changed. */
  readonly notices: readonly Notice[];
}

export interface WantedKustomization {
  readonly cluster: string;
  readonly name: string;
  /** Whose resources must be healthy: another tenant's are not this change's business. Null: everything that it applies. */
  readonly namespaces: readonly string[] | null;
}

/** The users that every pod of the shared instance must know, and no others. */
export interface WantedAccessList {
  readonly instance: InstanceConfig;
  readonly pods: number;
  readonly users: readonly ServerUser[];
  /** Who is new, gone, or may do something else. */
  readonly changed: readonly string[];
}

/** What a tenant is told once it is served. */
export interface Notice {
  readonly tenant: string;
  readonly owner: string;
  readonly text: string;
}

export interface WantedInstance {
  readonly instance: InstanceConfig;
  readonly there: boolean;
  /** What can be compared with the live resource, after Flux's substitution; null when Git has no manifest of it. */
  readonly spec: WantedSpec | null;
}

export interface WantedAccess {
  /** Of the consumer, and the cluster that its pods are in. */
  readonly namespace: string;
  readonly cluster: string;
  readonly instance: InstanceConfig;
  readonly allowed: boolean;
  /** A tenant's Secret in that namespace, should it have made one: then its login is tried as well. */
  readonly login?: WantedLogin;
}

export function aimOf(deps: PlanDeps, edits: readonly FileEdit[], after: Tree): Aim {
  const { config } = deps;
  const { shared, tenants: places } = config;
  const before = applied(
    after,
    edits.map(({ path, before: text, after: gone }) => ({ path, before: gone, after: text })),
  );
  const paths = edits.map(({ path }) => path);
  const below = (folder: string) => paths.some((path) => path.startsWith(`${folder}/`));
  const onShared = below(places.sharedDirectory) || below(places.ciliumDirectory);
  const names = new Set(paths.flatMap((path) => tenantAt(path, config) ?? []));
  const touched = (tree: Tree) =>
    tenantsOf(tree, config).flatMap(({ name, tenant }) => (names.has(name) && tenant !== undefined ? [tenant] : []));
  const now = touched(after);
  const gone = touched(before).filter(({ name }) => !now.some((one) => one.name === name));
  const of = now.map((tenant) => aimOfTenant(deps, tenant, after));
  const namespaces = [...now, ...gone].map((tenant) => instanceOf(tenant, deps).namespace);
  const parts: Omit<Aim, "kustomizations" | "accessList" | "notices"> = {
    instances: [
      ...of.flatMap(({ instances }) => instances),
      ...gone
        .filter(({ isolation }) => isolation === "own")
        .map((tenant) => ({ instance: instanceOf(tenant, deps), there: false, spec: null })),
      ...(onShared ? [wantedInstance(deps, shared, places.sharedDirectory, after)] : []),
    ],
    secrets: [...of.flatMap(({ secrets }) => secrets), ...(below(places.sharedDirectory) ? [shared.namespace] : [])],
    access: withoutTwins([...of.flatMap(({ access }) => access), ...listedAccess(config, before, after)]),
  };
  const applying = (cluster: string, name: string) => ({ cluster, name, namespaces });
  const other = config.clusters.find(({ name }) => name !== shared.cluster);
  return {
    ...parts,
    kustomizations: [
      ...(below(places.directory) ? [applying(shared.cluster, places.kustomization)] : []),
      ...(other !== undefined && below(places.appsDirectory) ? [applying(other.name, places.appsKustomization)] : []),
      ...(onShared ? [{ ...applying(shared.cluster, places.sharedKustomization), namespaces: null }] : []),
    ],
    accessList: wantedAccessList(deps, before, after),
    notices: now.map((tenant) => ({
      tenant: tenant.name,
      owner: tenant.owner,
      text: noticeOf(tenant, config, settingsOf(after, config)),
    })),
  };
}

/** What must be so in the clusters for one tenant; of the shared instance only that its consumer is let in. */
export function aimOfTenant(
  deps: Pick<PlanDeps, "config">,
  tenant: Tenant,
  tree: Tree,
): Pick<Aim, "instances" | "secrets" | "access"> {
  const instance = instanceOf(tenant, deps);
  const own = tenant.isolation === "own";
  return {
    instances: own ? [wantedInstance(deps, instance, folderOf(tenant.name, deps.config), tree)] : [],
    secrets: own ? [instance.namespace] : [],
    access: tenant.clusters.map((cluster) => ({
      namespace: tenant.namespace,
      cluster,
      instance,
      allowed: true,
      login: loginOf(tenant),
    })),
  };
}

/** The Secret that a tenant is told to make of its password; who uses an instance alone is its default user. */
function loginOf(tenant: Tenant): WantedLogin {
  const { name, isolation } = tenant;
  return { secret: instanceNameOf(tenant), ...(isolation === "own" ? {} : { user: name }), ifThere: true };
}

function wantedInstance(
  deps: Pick<PlanDeps, "config">,
  instance: InstanceConfig,
  folder: string,
  tree: Tree,
): WantedInstance {
  return { instance, there: true, spec: specIn(deps, tree, folder) };
}

function wantedAccessList(deps: PlanDeps, before: Tree, after: Tree): WantedAccessList | null {
  const { acl } = sharedFilesOf(deps.config);
  if (before.get(acl) === after.get(acl)) return null;
  const wanted = accessListOf(deps, after);
  const changed = changedUsers(usersBefore(before, deps.config), wanted.users);
  return changed.length === 0 ? null : { ...wanted, changed };
}

/** The users of the shared instance as Git has them. Throws BotError `tenant.tree` when their list is not where it is expected. */
export function accessListOf(deps: PlanDeps, tree: Tree): Omit<WantedAccessList, "changed"> {
  const { config } = deps;
  const { spec } = wantedInstance(deps, config.shared, config.tenants.sharedDirectory, tree);
  return {
    instance: config.shared,
    pods: spec?.replicas ?? config.shared.replicas,
    users: userRulesIn(tree, config),
  };
}

/** None where the file was broken: then everybody's rules are new. */
function usersBefore(before: Tree, config: Config): readonly ServerUser[] {
  try {
    return userRulesIn(before, config);
  } catch (error) {
    if (error instanceof BotError && error.code === "tenant.tree") return [];
    throw error;
  }
}

/** The tenant's own word and the shared list may say the same. */
function withoutTwins(access: readonly WantedAccess[]): readonly WantedAccess[] {
  const keyOf = ({ namespace, cluster, instance }: WantedAccess) => `${namespace} ${cluster} ${instance.name}`;
  // Who says more comes last, and stays.
  const ordered = access.toSorted((a, b) => Number(a.login !== undefined) - Number(b.login !== undefined));
  return [...new Map(ordered.map((one) => [keyOf(one), one])).values()];
}

/** As much of the manifest as the bot reads of the live resource. */
const specSchema = z.object({
  image: z.string().optional(),
  replicas: z.number().optional(),
  args: z.array(z.string()).optional(),
  snapshot: z.object({ cron: z.string().optional(), enableOnMasterOnly: z.boolean().optional() }).optional(),
  pdb: z.object({ minAvailable: z.union([z.string(), z.number()]).optional() }).optional(),
});
const manifestSchema = z.looseObject({ kind: z.literal("Dragonfly"), spec: specSchema });
export type WantedSpec = z.infer<typeof specSchema>;

function specIn({ config }: Pick<PlanDeps, "config">, tree: Tree, folder: string): WantedSpec | null {
  for (const object of objectsOf(tree, folder, settingsOf(tree, config))) {
    const manifest = manifestSchema.safeParse(object);
    if (manifest.success) return manifest.data.spec;
  }
  return null;
}

const botConfigSchema = z.looseObject({
  namespaces: z.looseObject({ allowed: z.array(z.string()).default([]) }).prefault({}),
});

/** Namespaces that were let in to the shared instance, and those that were shut out. */
function listedAccess(config: Config, before: Tree, after: Tree): readonly WantedAccess[] {
  const { shared, tenants } = config;
  const listed = (tree: Tree) => {
    const parsed = botConfigSchema.safeParse(parse(tree.get(tenants.botConfig) ?? ""));
    return new Set(parsed.data?.namespaces.allowed ?? []);
  };
  const [was, is] = [listed(before), listed(after)];
  const row = (namespace: string, allowed: boolean) => ({
    namespace,
    cluster: shared.cluster,
    instance: shared,
    allowed,
  });
  return [
    ...[...is].filter((name) => !was.has(name)).map((name) => row(name, true)),
    ...[...was].filter((name) => !is.has(name)).map((name) => row(name, false)),
  ];
}
