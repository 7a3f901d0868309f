import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { recordEvent } from "../events.ts";
import { places } from "../places.ts";
import { type DragonflyView, getView, isReady, type PodView, statefulSetView } from "../views.ts";
import { askAdmin, follows } from "./admin.ts";
import { allPodsOf, setPhase, setRole } from "./objects.ts";

/**
 * One step of a rollout: a replica that has the old template is deleted when all pods are ready and in sync; when only
 * the primary is left, an updated replica takes over and the old primary is deleted. An instance of one pod has nobody
 * to take over. The PDB is not asked.
 */
export async function rollOut(
  store: ObjectStore,
  resource: DragonflyView,
  pods: readonly PodView[],
  primary: PodView,
): Promise<void> {
  const { namespace } = resource.metadata;
  const set = settledSet(store, resource);
  if (set === undefined) return;
  const isOld = (pod: PodView) => pod.metadata.labels["controller-revision-hash"] !== set.status.updateRevision;
  const all = allPodsOf(store, resource);
  if (!all.some(isOld)) {
    // One that is updated and has not come up yet still belongs to the rollout.
    const done = pods.length >= set.spec.replicas && pods.every(isReady);
    if (resource.status.isRollingUpdate && done) {
      setPhase(store, resource, "Ready");
      tell(store, resource, "Completed");
    }
    if (resource.status.isRollingUpdate && !done) replaceFailed(store, all);
    return;
  }
  if (!resource.status.isRollingUpdate) {
    setPhase(store, resource, "RollingUpdate", true);
    tell(store, resource, "Starting a rollout");
  }
  if (replaceFailed(store, all)) return;
  const primaryIp = primary.status.podIP ?? "";
  const replicas = pods.filter((pod) => pod.metadata.uid !== primary.metadata.uid);
  const synced = await Promise.all(
    replicas.map(async (pod) => isReady(pod) && (await follows(pod.status.podIP ?? "", primaryIp))),
  );
  if (pods.length < set.spec.replicas || synced.includes(false)) return;
  const oldReplica = replicas.find(isOld);
  if (oldReplica !== undefined) {
    tell(store, resource, "Deleting replica");
    store.remove(places.pods, namespace, oldReplica.metadata.name);
    return;
  }
  const [successor] = replicas;
  if (successor !== undefined) {
    await askAdmin(successor.status.podIP ?? "", "REPLTAKEOVER", "10000");
    setRole(store, primary, undefined);
    setRole(store, successor, "master");
  }
  tell(store, resource, `Shutting down master ${primary.metadata.name}`);
  store.remove(places.pods, namespace, primary.metadata.name);
}

/** Where nobody is primary nor can be: pods of an older template that do not start are made anew of the present one. */
export function replaceOldFailures(store: ObjectStore, resource: DragonflyView): void {
  const set = settledSet(store, resource);
  if (set === undefined) return;
  const isOld = (pod: PodView) => pod.metadata.labels["controller-revision-hash"] !== set.status.updateRevision;
  replaceFailed(store, allPodsOf(store, resource).filter(isOld));
}

/** The StatefulSet, once its controller has seen its newest template. */
function settledSet(store: ObjectStore, { metadata: { namespace, name } }: DragonflyView) {
  const set = getView(store, places.statefulSets, statefulSetView, namespace, name);
  return set?.status.observedGeneration === set?.metadata.generation ? set : undefined;
}

const failures = ["ErrImagePull", "ImagePullBackOff", "CrashLoopBackOff", "RunContainerError"];
/** How often the operator comes back to a pod that does not start. */
const patienceMs = 5_000;

/** Deletes pods without a role that cannot start, so that they are made anew, perhaps of a better template by now. */
function replaceFailed(store: ObjectStore, pods: readonly PodView[]): boolean {
  const failed = pods.filter(
    ({ metadata, status }) =>
      metadata.labels["role"] === undefined &&
      status.containerStatuses.some(({ state }) => failures.includes(state.waiting?.reason ?? "")) &&
      Date.now() - Date.parse(metadata.creationTimestamp) >= patienceMs,
  );
  for (const { metadata } of failed) store.remove(places.pods, metadata.namespace, metadata.name);
  return failed.length > 0;
}

function tell(store: ObjectStore, { metadata }: DragonflyView, message: string): void {
  recordEvent(store, { kind: "Dragonfly", metadata }, { type: "Normal", reason: "Rollout", message });
}
