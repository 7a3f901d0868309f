import { createHash } from "node:crypto";
import type { z } from "zod";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { isReady, listViews, ownedBy, type PodView, podView, statefulSetView } from "../views.ts";
import { isAdmitted, isWithinQuota } from "./admission.ts";
import { claimRequest } from "./quota.ts";

type StatefulSet = z.infer<typeof statefulSetView>;

/**
 * The StatefulSet controller with updateStrategy OnDelete: missing pods and claims are made, surplus pods deleted, and a
 * changed template waits until somebody deletes the old pods.
 */
export function reconcileStatefulSets(store: ObjectStore): void {
  for (const set of listViews(store, places.statefulSets, statefulSetView)) {
    const revision = revisionOf(set);
    const { namespace, uid } = set.metadata;
    const owned = () =>
      listViews(store, places.pods, podView, namespace).filter((pod) =>
        pod.metadata.ownerReferences.some((owner) => owner.uid === uid),
      );
    const existing = owned();
    for (let ordinal = 0; ordinal < set.spec.replicas; ordinal++) {
      const name = `${set.metadata.name}-${ordinal}`;
      if (!ensureClaims(store, set, ordinal)) continue;
      if (existing.some((pod) => pod.metadata.name === name)) continue;
      if (isAdmitted(store, set, set.spec.template)) createPod(store, set, ordinal, revision);
    }
    for (const pod of existing) {
      if (ordinalOf(pod) >= set.spec.replicas) store.remove(places.pods, namespace, pod.metadata.name);
    }
    writeStatus(store, set, owned(), revision);
  }
}

/** Name of the revision that a template makes, as in `controller-revision-hash`. */
function revisionOf({ metadata, spec }: StatefulSet): string {
  const hash = createHash("sha256").update(JSON.stringify(spec.template)).digest("hex").slice(0, 10);
  return `${metadata.name}-${hash}`;
}

function ordinalOf(pod: PodView): number {
  return Number(pod.metadata.name.split("-").at(-1));
}

/** Whether the claims of a pod are there, made where they were not. */
function ensureClaims(store: ObjectStore, set: StatefulSet, ordinal: number): boolean {
  const { namespace } = set.metadata;
  for (const template of set.spec.volumeClaimTemplates) {
    const name = `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
    if (store.get(places.claims, namespace, name) !== undefined) continue;
    if (!isWithinQuota(store, set, "PersistentVolumeClaim", claimRequest(template.spec))) return false;
    store.create(places.claims, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace, labels: set.spec.template.metadata.labels },
      spec: template.spec,
      status: { phase: "Pending" },
    });
  }
  return true;
}

function createPod(store: ObjectStore, set: StatefulSet, ordinal: number, revision: string): void {
  const { namespace, uid, name: owner } = set.metadata;
  const name = `${owner}-${ordinal}`;
  const { template, volumeClaimTemplates } = set.spec;
  store.create(places.pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels: {
        ...template.metadata.labels,
        "controller-revision-hash": revision,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": String(ordinal),
      },
      annotations: template.metadata.annotations,
      ownerReferences: ownedBy({ apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: owner, uid } }),
    },
    spec: {
      ...template.spec,
      hostname: name,
      volumes: [
        ...template.spec.volumes,
        ...volumeClaimTemplates.map((claim) => ({
          name: claim.metadata.name,
          persistentVolumeClaim: { claimName: `${claim.metadata.name}-${name}` },
        })),
      ],
    },
    status: { phase: "Pending" },
  });
}

function writeStatus(store: ObjectStore, set: StatefulSet, pods: readonly PodView[], revision: string): void {
  const updated = pods.filter((pod) => pod.metadata.labels["controller-revision-hash"] === revision).length;
  const ready = pods.filter(isReady).length;
  const complete = updated === set.spec.replicas;
  const currentRevision = complete ? revision : (set.status.currentRevision ?? revision);
  store.patch(places.statefulSets, set.metadata.namespace, set.metadata.name, (object) => {
    object["status"] = {
      observedGeneration: set.metadata.generation,
      replicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
      currentReplicas: pods.filter((pod) => pod.metadata.labels["controller-revision-hash"] === currentRevision).length,
      updatedReplicas: updated,
      currentRevision,
      updateRevision: revision,
      collisionCount: 0,
    };
  });
}
