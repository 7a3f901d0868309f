import { z } from "zod";
import { type Config, configSchema } from "../../../../src/config/file.ts";
import { BotError } from "../../../../src/errors.ts";
import { parsePolicy } from "../../../../src/network-policy/parse.ts";
import type { PlatformChanges } from "../../../../src/platform/changes.ts";
import type {
  DragonflyResource,
  JsonSchema,
  Kustomization,
  LabelSelector,
  Labels,
  Pod,
} from "../../../../src/platform/kubernetes.ts";
import type { KubernetesReader, Platform } from "../../../../src/platform/ports.ts";
import type { ServerState, ServerUser } from "../../../../src/platform/server.ts";
import type { ChangeRunbook } from "../../../../src/runbooks/durable/definition.ts";
import type { RunRecord } from "../../../../src/runbooks/durable/record.ts";
import { tenantChanges } from "../../../../src/runbooks/tenants/catalog.ts";
import type { Note, TenantDeps } from "../../../../src/runbooks/tenants/deps.ts";
import { createTestKit, type TestKit, type TestKitOptions } from "../../../../src/runbooks/test-kit.ts";
import { type Manifest, objectsOf } from "../../../../src/tenants/objects.ts";
import { settingsOf } from "../../../../src/tenants/settings.ts";
import { userRulesIn } from "../../../../src/tenants/user-rules.ts";
import { type FakeGit, fakeGit } from "../../../fakes/git.ts";
import { fakePlatform, hardened, meta, pod, primaryState, service } from "../../../fakes/platform.ts";
import { project, config as shippedConfig } from "../../tenants/project.ts";

export const ada = { slack: "U0ADA", gitlab: "ada", emails: ["ada@example.com"] };
export const grace = { slack: "U0GRACE", gitlab: "grace", emails: ["grace@example.com"] };

export const config: Config = configSchema.parse({
  ...shippedConfig,
  slack: { channels: { operations: "C0OPS" } },
  tenants: { ...shippedConfig.tenants, readyMinutes: 2 },
  approvals: { people: [ada, grace] },
});

/** Clusters in which Flux has applied what is on main at every moment, and that are healthy. */
export interface World {
  readonly git: FakeGit;
  readonly platform: Platform;
  readonly told: Note[];
  /** What the bot has told servers to do. */
  readonly did: string[];
  readonly cluster: {
    /** What Flux says otherwise of a Kustomization, by its name. */
    readonly flux: Map<string, Partial<Kustomization>>;
    /** Commit that Flux is at; undefined: the newest. */
    fluxAt: string | undefined;
    secretsSynced: boolean;
    /** Of every pod; undefined: as the manifest says. */
    image: string | undefined;
    /** Names of the instances that have not come up. */
    readonly missing: Set<string>;
    /** The users that each pod of the shared instance has loaded, by its name. */
    readonly loaded: Map<string, readonly ServerUser[]>;
    /** Until when a pod has the file from before mounted. */
    readonly mountedLate: Map<string, Date>;
    /** Names of pods that refuse the mounted file, with their words. */
    readonly refuses: Map<string, string>;
    clients: readonly { readonly address: string; readonly connections: number }[];
    /** What the live Dragonfly resources have otherwise than Git. */
    drifted: Partial<DragonflyResource>;
    /** Pods of consumers, by namespace. */
    readonly podsOf: Map<string, readonly Pod[]>;
    /** Labels of namespaces in infra, beside their names. */
    readonly labels: Map<string, Labels>;
    /** Of the Dragonfly resource, as the cluster has it. */
    schema: JsonSchema;
    /** By the reader's method: thrown instead of an answer. */
    readonly failing: Partial<Record<keyof KubernetesReader, BotError>>;
  };
}

const manifest = z.looseObject({
  kind: z.literal("Dragonfly"),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z.looseObject({
    image: z.string(),
    replicas: z.number(),
    args: z.array(z.string()).default([]),
    snapshot: z
      .looseObject({ cron: z.string().optional(), enableOnMasterOnly: z.boolean().default(false) })
      .prefault({}),
    pdb: z.looseObject({ minAvailable: z.union([z.string(), z.number()]).transform(String).optional() }).prefault({}),
  }),
});

export function createWorld(
  hooks: { readonly now: () => Date; boundary?(name: string): void },
  settings: Config = config,
): World {
  const git = fakeGit(project, hooks);
  const told: Note[] = [];
  const did: string[] = [];
  const cluster: World["cluster"] = {
    flux: new Map(),
    fluxAt: undefined,
    secretsSynced: true,
    image: undefined,
    missing: new Set(),
    loaded: new Map(),
    mountedLate: new Map(),
    refuses: new Map(),
    clients: [],
    drifted: {},
    podsOf: new Map(),
    labels: new Map(),
    schema: { type: "object" },
    failing: {},
  };
  const base = fakePlatform({ git: git.reader });
  const servers: Record<string, ServerState> = {};
  const live = () => git.commits.get(cluster.fluxAt ?? git.branches.get("main") ?? "")?.files ?? new Map();
  const parsed = new Map<ReadonlyMap<string, string>, readonly Manifest[]>();
  const objects = () => {
    const known = parsed.get(live());
    if (known !== undefined) return known;
    const all = allObjects();
    parsed.set(live(), all);
    return all;
  };
  const allObjects = () => {
    const { directory, sharedDirectory, ciliumDirectory } = settings.tenants;
    const folders = new Set([...live().keys()].map((path) => path.slice(0, path.lastIndexOf("/"))));
    return [...folders]
      .filter((one) => [sharedDirectory, ciliumDirectory].includes(one) || one.startsWith(`${directory}/`))
      .flatMap((folder) => objectsOf(live(), folder, settingsOf(live(), settings)));
  };
  const atStart = asServed(userRulesIn(project, settings));
  const manifests = () => objects().flatMap((object) => manifest.safeParse(object).data ?? []);
  const policies = (kind: "NetworkPolicy" | "CiliumNetworkPolicy", namespace: string) =>
    objects()
      .filter((object) => object.kind === kind && object.metadata.namespace === namespace)
      // The shared instance is run with Cilium's kind, which takes the place of the plain one.
      .filter(() => namespace !== "dragonfly-system" || kind === "CiliumNetworkPolicy")
      .flatMap((object) => parsePolicy("infra", kind, object));
  const applying = (name: string): Kustomization => {
    const appliedRevision = `main@sha1:${cluster.fluxAt ?? git.branches.get("main")}`;
    const one = { meta: meta(name), ready: true, message: "Applied", suspended: false, appliedRevision };
    return { ...one, ...cluster.flux.get(name) };
  };
  const platform: Platform = {
    ...base,
    cluster: (name) => {
      const reader = base.cluster(name);
      if (name !== "infra")
        return { ...reader, kustomizations: async () => [applying(settings.tenants.appsKustomization)] };
      const own: Partial<KubernetesReader> = {
        kustomizations: async () =>
          [settings.tenants.kustomization, settings.tenants.sharedKustomization].map((one) => applying(one)),
        dragonfly: async (namespace, instance) => {
          const found = manifests().find(({ metadata }) => metadata.name === instance);
          if (found === undefined || found.metadata.namespace !== namespace || cluster.missing.has(instance)) {
            throw new BotError("kubernetes.not-found", `Dragonfly ${instance} was not found`, "");
          }
          const { image, replicas, args, snapshot, pdb } = found.spec;
          return {
            meta: meta(instance, { namespace }),
            ...{ image, replicas, args },
            phase: "Ready",
            isRollingUpdate: false,
            snapshotCron: snapshot.cron,
            snapshotEnableOnMasterOnly: snapshot.enableOnMasterOnly,
            pdbMinAvailable: pdb.minAvailable,
            security: hardened,
            moreContainers: [],
            spreadOver: [],
            ...cluster.drifted,
          };
        },
        externalSecrets: async (namespace) => [
          { meta: meta("users", { namespace }), target: "users", synced: cluster.secretsSynced, message: "says why" },
        ],
        namespace: async (one) =>
          meta(one, { labels: { "kubernetes.io/metadata.name": one, ...cluster.labels.get(one) } }),
        networkPolicies: async (namespace) => policies("NetworkPolicy", namespace),
        ciliumNetworkPolicies: async (namespace) => policies("CiliumNetworkPolicy", namespace),
        services: async (namespace, signal) =>
          namespace === "dragonfly-system"
            ? reader.services(namespace, signal)
            : [service(namespace, { meta: meta(namespace, { namespace }) })],
        endpoints: async (namespace, signal) =>
          (await reader.endpoints(namespace, signal)).map((one) =>
            namespace === "dragonfly-system" ? one : { ...one, service: namespace, pod: `${namespace}-0` },
          ),
        podDisruptionBudgets: async (namespace, signal) =>
          relabelled(await reader.podDisruptionBudgets(namespace, signal), namespace),
        monitors: async (namespace, kind, signal) =>
          relabelled(await reader.monitors(namespace, kind, signal), namespace),
        statefulSet: async (namespace, name, signal) => ({
          ...(await reader.statefulSet(namespace, name, signal)),
          image: manifests().find(({ metadata }) => metadata.name === name)?.spec.image,
        }),
        persistentVolumeClaims: async (namespace, signal) =>
          (await reader.persistentVolumeClaims(namespace, signal)).map((claim, index) => ({
            ...claim,
            meta: { ...claim.meta, name: `df-${nameIn(namespace)}-${index}` },
          })),
        customResourceSchema: async () => cluster.schema,
        dragonflies: async (_, signal) => {
          const { dragonfly } = platform.cluster(name);
          const there = manifests().filter(({ metadata }) => !cluster.missing.has(metadata.name));
          return await Promise.all(there.map(({ metadata }) => dragonfly(metadata.namespace, metadata.name, signal)));
        },
        pods: async (namespace, selector) => {
          const name = /^app=(.+)$/.exec(selector)?.[1];
          if (name === undefined) return cluster.podsOf.get(namespace) ?? [];
          if (namespace !== "dragonfly-system" && cluster.missing.has(name)) return [];
          return [0, 1, 2].map((index) => {
            const one = pod(index);
            const image = manifests().find(({ metadata }) => metadata.name === name)?.spec.image ?? one.image;
            const labels = { ...one.meta.labels, app: name };
            return {
              ...one,
              image: cluster.image ?? image,
              meta: { ...one.meta, name: `${name}-${index}`, namespace, labels },
            };
          });
        },
      };
      const answering = { ...reader, ...own };
      for (const [method, error] of Object.entries(cluster.failing)) {
        Object.assign(answering, {
          [method]: async () => {
            throw error;
          },
        });
      }
      return answering;
    },
    servers: {
      state: async ({ pod: name, ...address }, signal) =>
        servers[name] ?? base.servers.state({ ...address, pod: `dragonfly-${name.at(-1)}` }, signal),
      clients: async () => cluster.clients,
      users: async ({ pod: name }) => cluster.loaded.get(name) ?? atStart,
    },
  };
  const changes: PlatformChanges = {
    loadAccessList: async ({ pod: name }) => {
      hooks.boundary?.(`before load ${name}`);
      did.push(`load ${name}`);
      const words = cluster.refuses.get(name);
      if (words !== undefined)
        throw new BotError("server.acl", `The server in ${name} refuses its access list: ${words}`, "");
      const late = hooks.now() < (cluster.mountedLate.get(name) ?? new Date(0));
      cluster.loaded.set(name, late ? atStart : asServed(userRulesIn(live(), settings)));
      hooks.boundary?.(`after load ${name}`);
    },
    snapshot: async ({ pod: name }) => {
      hooks.boundary?.(`before save ${name}`);
      did.push(`save ${name}`);
      const { snapshot } = primaryState();
      servers[name] = primaryState({ snapshot: { ...snapshot, lastSuccessAt: hooks.now().toISOString() } });
      hooks.boundary?.(`after save ${name}`);
    },
    follow: async () => undefined,
    evictPod: async () => undefined,
  };
  return Object.assign({ git, platform, told, did, cluster }, { changes });
}

export interface Trial {
  readonly world: World;
  readonly kit: TestKit;
  readonly deps: TenantDeps;
}

/** A world, and a runbook in it that runs to its end. `prepare` may change the world before anything begins. */
export function trial(
  id: string,
  options: Partial<TestKitOptions> & { readonly settings?: Config } = {},
  prepare: (world: World) => void = () => {},
): Trial {
  const { settings = config, ...kitOptions } = options;
  let kit: TestKit;
  const hooks = { now: () => kit.now(), boundary: (name: string) => kit.boundary(name) };
  // The clock is there as soon as the world is made.
  kit = createTestKit({ ...kitOptions, runbooks: [] });
  const world = createWorld(hooks, settings);
  const { changes } = world as World & { readonly changes: PlatformChanges };
  const deps: TenantDeps = {
    config: settings,
    platform: world.platform,
    changes,
    git: world.git.changes,
    tell: async (note) => {
      hooks.boundary(`before tell ${note.to}`);
      if (!world.told.some(({ key }) => key === note.key)) world.told.push(note);
      hooks.boundary(`after tell ${note.to}`);
    },
  };
  prepare(world);
  const runbook = tenantChanges(deps).find((one) => one.id === id);
  if (runbook === undefined) throw new Error(`there is no runbook ${id}`);
  kit = createTestKit({ ...kitOptions, runbooks: [runbook as ChangeRunbook] });
  return { world, kit, deps };
}

/** The plans that people were asked about, in order. */
export function asked(record: RunRecord) {
  return record.checkpoints.flatMap((checkpoint) => (checkpoint.kind === "approval" ? [checkpoint] : []));
}

const conclusionSchema = z.object({
  summary: z.string(),
  findings: z.array(z.looseObject({ id: z.string(), verdict: z.string(), title: z.string() })),
});

export function conclusionOf(record: RunRecord) {
  return conclusionSchema.parse(record.conclusion);
}

export function verdictOf(record: RunRecord, id: string): string | undefined {
  return conclusionOf(record).findings.find((one) => one.id === id)?.verdict;
}

/** What the bot did that can be done once only. */
export function deeds(world: World): readonly string[] {
  return world.git.did.map((name) => name.replace(/ .*/, ""));
}

/** As a server lists them: in another order, in lower case, with what was not said besides. */
function asServed(users: readonly ServerUser[]): readonly ServerUser[] {
  return users
    .toReversed()
    .map((one) => ({ ...one, rules: [...one.rules.map((rule) => rule.toLowerCase()).toReversed(), "$all"] }));
}

/** An own instance is called as its namespace. */
function nameIn(namespace: string): string {
  return namespace === "dragonfly-system" ? "dragonfly" : namespace;
}

/** What selects the pods of the shared instance, as it is for the one of this namespace. */
function relabelled<Of extends { readonly selector?: LabelSelector | undefined }>(
  all: readonly Of[],
  namespace: string,
) {
  return all.map((one) =>
    one.selector?.matchLabels?.["app"] === undefined
      ? one
      : { ...one, selector: { matchLabels: { app: nameIn(namespace) } } },
  );
}
