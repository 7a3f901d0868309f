import PQueue from "p-queue";
import { BotError } from "../../../errors.ts";
import { idOf, type Manifest, type ObjectId } from "../../../manifests/manifest.ts";
import type { Kustomization } from "../../../platform/kubernetes.ts";
import type { LiveObject } from "../../../platform/live-object.ts";
import { type Reading, read } from "../../../platform/reading.ts";
import { contextOf, type ObserveContext } from "../../instance/observe.ts";
import { type Built, createGitTree, type GitTree } from "./git-tree.ts";
import { type ComparedKind, comparedKind, whyLeftOut } from "./kinds.ts";

/** The Flux Kustomizations of a cluster, as it has them. */
export interface KustomizationsObservation {
  readonly cluster: string;
  readonly found: Reading<readonly Kustomization[]>;
}

/** An object of Git, and the cluster's. */
export interface ObservedObject {
  readonly id: ObjectId;
  readonly desired: Manifest;
  readonly kind: ComparedKind;
  /** Undefined: it is not there. */
  readonly live: Reading<LiveObject | undefined>;
}

export interface LeftOut {
  readonly id: ObjectId;
  readonly why: string;
}

/** Everything of a kind in a namespace. */
export interface ObservedList extends NamespaceOfKind {
  readonly found: Reading<readonly LiveObject[]>;
}

/** What Git has for one Flux Kustomization, beside what the cluster has. */
export interface DriftObservation {
  readonly cluster: string;
  /** Of the Flux Kustomization; undefined: the cluster's own folder, which has the Kustomizations and their settings. */
  readonly name: string | undefined;
  readonly kustomization: Reading<Kustomization>;
  readonly built: Reading<Built>;
  readonly objects: readonly ObservedObject[];
  readonly leftOut: readonly LeftOut[];
  /** Everything of the kinds and namespaces that Git has objects of, with Git's and without. */
  readonly lists: readonly ObservedList[];
}

/** At the same time, of all that the API servers are asked here. */
const readsAtOnce = 8;
/** Building is reading a few folders of Git, the first time file by file. */
const gitWithinMs = 20_000;

/** Builds what Git has at the revisions that Flux applied, and reads the same objects from the clusters. */
export async function observeDrift(
  context: ObserveContext,
  clusters: Promise<readonly KustomizationsObservation[]>,
  git: Promise<Reading<{ readonly head: string }>>,
): Promise<readonly DriftObservation[]> {
  const { config, platform, signal } = context;
  const tree = createGitTree(platform.git, signal);
  const queue = new PQueue({ concurrency: readsAtOnce });
  const observed = (await clusters).map(async ({ cluster, found }) => {
    const live = liveObjects(context, cluster, queue);
    const names = [undefined, ...(config.verify.kustomizations[cluster] ?? [])];
    return await Promise.all(names.map((name) => observeOne({ context, tree, live, git }, cluster, name, found)));
  });
  return (await Promise.all(observed)).flat();
}

interface Tools {
  readonly context: ObserveContext;
  readonly tree: GitTree;
  readonly live: LiveObjects;
  readonly git: Promise<Reading<{ readonly head: string }>>;
}

async function observeOne(
  { context, tree, live, git }: Tools,
  cluster: string,
  name: string | undefined,
  found: KustomizationsObservation["found"],
): Promise<DriftObservation> {
  const { config, signal } = context;
  const own = config.verify.clusterFolders[cluster];
  const kustomization = kustomizationOf(found, name ?? bootstrap);
  const command = `flux --context=${contextOf(config, cluster)} -n ${config.flux.namespace} diff kustomization ${name ?? bootstrap} --path ./${own ?? ""}`;
  const built = await read({ command, timeoutMs: gitWithinMs, signal }, async () => {
    if (own === undefined)
      throw new BotError(
        "config.no-folder",
        `nothing says where Git has the Flux Kustomizations of ${cluster}`,
        "Name the folder in dfbot.yaml, verify.clusterFolders",
      );
    // Where Flux was not bootstrapped under its usual name, its own folder is compared at the head.
    const revision = kustomization.ok || name !== undefined ? revisionOf(kustomization) : headOf(await git);
    return name === undefined ? await tree.own(revision, own) : await tree.kustomization(revision, own, name);
  });
  const rest = { cluster, name, kustomization };
  if (!built.ok) return { ...rest, built, objects: [], leftOut: [], lists: [] };
  const { folder, objects } = built.value;
  const parts = objects.map((desired) => ({ desired, why: whyLeftOut(desired), kind: comparedKind(desired) }));
  const compared = parts.flatMap(({ desired, why, kind }) =>
    why === undefined && kind !== undefined ? [{ desired, kind, id: withNamespace(desired, kind) }] : [],
  );
  return {
    ...rest,
    built: { ...built, command: command.replace(/--path .*$/, `--path ./${folder}`) },
    objects: await Promise.all(compared.map(async (one) => ({ ...one, live: await live.one(one.kind, one.id) }))),
    leftOut: parts.flatMap(({ desired, why }) => (why === undefined ? [] : [{ id: idOf(desired), why }])),
    lists: await Promise.all(
      listsOf(compared).map(async (one) => ({ ...one, found: await live.list(one.kind, one.namespace) })),
    ),
  };
}

/** What Flux's bootstrap calls the Kustomization of the cluster's own folder. */
const bootstrap = "flux-system";

function withNamespace(desired: Manifest, kind: ComparedKind): ObjectId {
  const id = idOf(desired);
  return { ...id, namespace: kind.namespaced ? (id.namespace ?? "default") : undefined };
}

function kustomizationOf(found: KustomizationsObservation["found"], name: string): Reading<Kustomization> {
  if (!found.ok) return found;
  const value = found.value.find(({ meta }) => meta.name === name);
  const command = found.command.replace(/kustomizations$/, `kustomization ${name} -o yaml`);
  if (value !== undefined) return { ...found, command, value };
  const { at, durationMs } = found;
  return {
    ok: false,
    reason: `There is no Kustomization ${name}.`,
    code: "kubernetes.not-found",
    command,
    at,
    durationMs,
  };
}

/** Of `main@sha1:…`. */
function revisionOf(kustomization: Reading<Kustomization>): string {
  const sha = kustomization.ok ? /([0-9a-f]{40,64})$/.exec(kustomization.value.appliedRevision ?? "")?.[1] : undefined;
  if (sha !== undefined) return sha;
  const reason = kustomization.ok ? "Flux has not applied any revision of it" : kustomization.reason;
  throw new BotError("flux.nothing-applied", reason, "Look at what Flux says of it: flux get kustomizations");
}

function headOf(git: Reading<{ readonly head: string }>): string {
  if (git.ok) return git.value.head;
  throw new BotError(git.code, git.reason, "");
}

interface NamespaceOfKind {
  readonly kind: ComparedKind;
  readonly namespace: string;
}

function listsOf(all: readonly { readonly kind: ComparedKind; readonly id: ObjectId }[]): readonly NamespaceOfKind[] {
  const pairs = all.flatMap(({ kind, id: { namespace } }) =>
    kind.by === "list" && namespace !== undefined ? [{ kind, namespace }] : [],
  );
  return [...new Map(pairs.map((pair) => [`${pair.kind.plural} ${pair.namespace}`, pair])).values()];
}

/** Objects of one cluster, each list asked for once. */
interface LiveObjects {
  list(kind: ComparedKind, namespace: string): Promise<Reading<readonly LiveObject[]>>;
  one(kind: ComparedKind, id: ObjectId): Promise<Reading<LiveObject | undefined>>;
}

function liveObjects({ config, platform, signal }: ObserveContext, cluster: string, queue: PQueue): LiveObjects {
  const lists = new Map<string, Promise<Reading<readonly LiveObject[]>>>();
  const ask = <T>(what: string, fn: (inner: AbortSignal) => Promise<T>): Promise<Reading<T>> => {
    const command = `kubectl --context=${contextOf(config, cluster)} ${what}`;
    return queue.add(() => read({ command, timeoutMs: config.readTimeoutMs, signal }, fn));
  };
  const list: LiveObjects["list"] = (kind, namespace) => {
    const key = `${kind.plural} ${namespace}`;
    const known =
      lists.get(key) ??
      ask(`-n ${namespace} get ${kind.plural} -o yaml`, (inner) =>
        platform.cluster(cluster).objects(kind, namespace, inner),
      );
    lists.set(key, known);
    return known;
  };
  return {
    list,
    async one(kind, { namespace, name }) {
      if (kind.by === "list" && namespace !== undefined) {
        const found = await list(kind, namespace);
        return found.ok ? { ...found, value: found.value.find((one) => one.name === name) } : found;
      }
      const where = namespace === undefined ? "" : `-n ${namespace} `;
      return await ask(`${where}get ${kind.kind.toLowerCase()} ${name} -o yaml`, (inner) =>
        platform.cluster(cluster).object(kind, namespace, name, inner),
      );
    },
  };
}
