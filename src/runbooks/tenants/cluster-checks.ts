import { posix } from "node:path";
import { z } from "zod";
import type { Config } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import type { FileEdit } from "../../platform/git.ts";
import type { JsonSchema } from "../../platform/kubernetes.ts";
import { type Reading, read } from "../../platform/reading.ts";
import type { Check, Tree } from "../../tenants/draft.ts";
import { objectsOf } from "../../tenants/objects.ts";
import { settingsOf } from "../../tenants/settings.ts";
import { applied } from "../../tenants/tree.ts";
import { contextOf, crdName } from "../instance/observe.ts";
import type { PlanDeps } from "./deps.ts";
import { faultsBySchema } from "./resource-schema.ts";
import { digestOf } from "./tree.ts";

const manifestSchema = z.looseObject({
  kind: z.literal("Dragonfly"),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
type Manifest = z.infer<typeof manifestSchema>;

const crdVersion = "v1alpha1";

/**
 * What the live cluster says to every Dragonfly resource that a change makes or changes: by the schema of its kind, and by a
 * server-side dry-run. That one is made in the bot's own namespace: the tenant's does not exist before the change, and there the bot
 * may not. `unknown`, with the reason, where the cluster cannot be asked.
 */
export async function clusterChecks(
  deps: PlanDeps,
  edits: readonly FileEdit[],
  tree: Tree,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { config, platform } = deps;
  const { cluster } = config.shared;
  const { manifests, problem } = changedManifests(config, edits, tree);
  if (problem !== undefined) return [problem];
  if (manifests.length === 0) return [];
  const ask = <T>(what: string, fn: (inner: AbortSignal) => Promise<T>) =>
    read(
      { command: `kubectl --context=${contextOf(config, cluster)} ${what}`, timeoutMs: config.readTimeoutMs, signal },
      fn,
    );
  const reader = (inner: AbortSignal) => platform.cluster(cluster).customResourceSchema(crdName, crdVersion, inner);
  const [schema, ...accepted] = await Promise.all([
    ask(`get crd ${crdName} -o yaml`, reader),
    ...manifests.map((manifest) =>
      ask(`-n ${config.home.namespace} create --dry-run=server -f dragonfly.yaml`, (inner) =>
        platform.cluster(cluster).wouldAccept(config.home.namespace, inHome(manifest, config.home.namespace), inner),
      ),
    ),
  ]);
  const checks = manifests.map(async (manifest, index) => [
    await schemaCheck(manifest, schema),
    dryRunCheck(manifest, accepted[index]),
  ]);
  return (await Promise.all(checks)).flat();
}

/** The Dragonfly resources that are otherwise after the edits, as Flux would apply them. */
function changedManifests(
  config: Config,
  edits: readonly FileEdit[],
  tree: Tree,
): { readonly manifests: readonly Manifest[]; readonly problem?: Check } {
  const folders = new Set(edits.map(({ path }) => posix.dirname(path)).filter((folder) => isOfTenants(folder, config)));
  const within = (at: Tree) => [...folders].flatMap((folder) => manifestsIn(at, folder, config));
  try {
    const known = new Set(within(tree).map(digestOf));
    return { manifests: within(applied(tree, edits)).filter((manifest) => !known.has(digestOf(manifest))) };
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    const title = "The manifests can be read";
    return {
      manifests: [],
      problem: { id: "cluster.manifests", verdict: "fail", title: `Not so: ${title}`, detail: error.message },
    };
  }
}

function manifestsIn(tree: Tree, folder: string, config: Config): readonly Manifest[] {
  return objectsOf(tree, folder, settingsOf(tree, config)).flatMap((object) => {
    const manifest = manifestSchema.safeParse(object);
    return manifest.success ? [manifest.data] : [];
  });
}

function isOfTenants(folder: string, { tenants }: Config): boolean {
  return folder === tenants.sharedDirectory || folder.startsWith(`${tenants.directory}/`);
}

function inHome({ metadata, ...rest }: Manifest, namespace: string): Readonly<Record<string, unknown>> {
  return { ...rest, metadata: { ...metadata, namespace } };
}

async function schemaCheck(manifest: Manifest, schema: Reading<JsonSchema>): Promise<Check> {
  const id = "cluster.schema";
  const { name } = manifest.metadata;
  if (!schema.ok) {
    const title = `${name} could not be held against the cluster's own schema`;
    return { id, verdict: "unknown", title, detail: schema.reason };
  }
  const faults = await faultsBySchema(manifest, schema.value);
  return faults.length === 0
    ? { id, verdict: "ok", title: `${name} keeps the schema of ${crdName} in the cluster`, detail: "" }
    : {
        id,
        verdict: "fail",
        title: `${name} breaks the schema of ${crdName} in the cluster`,
        detail: faults.slice(0, mostFaults).join("; "),
      };
}

function dryRunCheck(manifest: Manifest, accepted: Reading<void> | undefined): Check {
  const id = "cluster.dry-run";
  const { name } = manifest.metadata;
  if (accepted?.ok === true) return { id, verdict: "ok", title: `The API server would take ${name}`, detail: "" };
  const refused = accepted?.code === "kubernetes.invalid";
  return {
    id,
    verdict: refused ? "fail" : "unknown",
    title: refused
      ? `The API server would not take ${name}`
      : `The API server could not be asked whether it would take ${name}`,
    detail: accepted?.reason ?? "it was not asked",
  };
}

const mostFaults = 10;
