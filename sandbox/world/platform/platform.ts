import { join } from "node:path";
import { z } from "zod";
import { fluxObjects, withSettings } from "../../gitops/flux.ts";
import { inventoryId } from "../../gitops/objects.ts";
import type { KubeObject, ObjectStore } from "../../kubernetes/object-store.ts";
import { applyAsFlux } from "../flux/server-side-apply.ts";
import { applyFolder } from "../manifests.ts";
import { places } from "../places.ts";
import { listViews, record } from "../views.ts";
import { reconcileExternalSecrets, type Vault } from "./external-secrets.ts";
import { reconcileHelmReleases } from "./operator-chart.ts";

const deploy = join(import.meta.dirname, "..", "..", "..", "deploy");

/** What a laptop can carry, instead of the sizes in the shipped settings. */
export const sizes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  infra: {
    DRAGONFLY_THREADS: "2",
    DRAGONFLY_MAXMEMORY: "512mb",
    DRAGONFLY_MEMORY: "768Mi",
    DRAGONFLY_DATA_SIZE: "2Gi",
    DRAGONFLY_CPU: "500m",
  },
};

/** Fills a cluster with what it has before this platform comes to it (sandbox/cluster). */
export function applyBareCluster(store: ObjectStore, cluster: "infra" | "apps"): void {
  applyFolder(store.as("kubeadm"), join(import.meta.dirname, "..", "..", "cluster", cluster));
}

/**
 * What the world's clusters have otherwise than Git says: the sizes of a laptop, and no pods of the bot, which is a
 * process of this machine, started apart.
 */
export function adapted(cluster: string, kustomization: string, objects: readonly KubeObject[]): readonly KubeObject[] {
  const kept = objects.filter((object) => !isBotItself(object));
  return kustomization === "flux-system" ? withSettings(kept, sizes[cluster] ?? {}, cluster) : kept;
}

/**
 * Fills a cluster: first what such a cluster has anyway, then the shipped tree as Flux would apply it.
 *
 * @throws Error when a part of the tree could not be applied or did not become ready
 */
export function applyPlatform(store: ObjectStore, cluster: "infra" | "apps", vault: Vault): void {
  applyBareCluster(store, cluster);
  const inventories = new Map<string, readonly KubeObject[]>();
  for (const { kustomization, objects } of platformObjects(cluster)) {
    inventories.set(kustomization, objects);
    for (const object of objects) applyAsFlux(store, object);
    reconcileHelmReleases(store.as("helm-controller"));
    reconcileExternalSecrets(store.as("external-secrets"), vault);
    refuseUnready(store);
  }
  const hoursAgo = new Date(Date.now() - 3 * 3_600_000);
  for (const { metadata } of store.list(places.kustomizations)) {
    reportApplied(store, metadata, firstRevision, hoursAgo, inventories.get(metadata.name));
  }
}

const firstRevision = "main@sha1:0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

/** What Flux writes into a Kustomization that it has applied; without `applied` its inventory stays. */
export function reportApplied(
  store: ObjectStore,
  { namespace, name }: { readonly namespace?: string | undefined; readonly name: string },
  revision: string,
  at: Date,
  applied?: readonly KubeObject[],
): void {
  store.as("gotk-kustomize-controller").patch(places.kustomizations, namespace, name, (object) => {
    const entries = applied?.map((one) => ({ id: inventoryId(one), v: one.apiVersion.split("/").at(-1) }));
    object["status"] = {
      inventory: entries === undefined ? record(object["status"])["inventory"] : { entries },
      lastAppliedRevision: revision,
      lastAttemptedRevision: revision,
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "ReconciliationSucceeded",
          message: `Applied revision: ${revision}`,
          lastTransitionTime: at.toISOString(),
        },
      ],
    };
  });
}

/** The shipped objects of a cluster, in the order in which Flux applies them. */
export function platformObjects(cluster: "infra" | "apps"): ReturnType<typeof fluxObjects> {
  const folder = join(deploy, "kubernetes", "clusters", cluster);
  return fluxObjects(folder, { root: deploy, settings: sizes[cluster] ?? {} }).map(({ kustomization, objects }) => ({
    kustomization,
    objects: objects.filter((object) => !isBotItself(object)),
  }));
}

function isBotItself({ kind, metadata }: KubeObject): boolean {
  return kind === "StatefulSet" && metadata.name === "dfbot";
}

const conditioned = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  status: z
    .looseObject({
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string(), message: z.string() })).default([]),
    })
    .prefault({}),
});

function refuseUnready(store: ObjectStore): void {
  for (const place of [places.helmReleases, places.externalSecrets]) {
    for (const { metadata, status } of listViews(store, place, conditioned)) {
      const ready = status.conditions.find(({ type }) => type === "Ready");
      if (ready?.status === "True") continue;
      throw new Error(`${place.plural} ${metadata.namespace}/${metadata.name}: ${ready?.message ?? "not its shape"}`);
    }
  }
}
