import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { type DragonflyView, getView, isReady, type PodView, statefulSetView } from "../views.ts";
import { askAdmin, follows } from "./admin.ts";
import { setPhase, setRole } from "./objects.ts";

/**
 * One step of a rollout: a replica that has the old template is deleted when all pods are ready and in sync; when only
 * the primary is left, an updated replica takes over and the old primary is deleted. The PDB is not asked.
 */
export async function rollOut(
  store: ObjectStore,
  resource: DragonflyView,
  pods: readonly PodView[],
  primary: PodView,
): Promise<void> {
  const { namespace, name } = resource.metadata;
  const set = getView(store, places.statefulSets, statefulSetView, namespace, name);
  const revision = set?.status.updateRevision;
  if (set === undefined || revision === undefined) return;
  const isOld = (pod: PodView) => pod.metadata.labels["controller-revision-hash"] !== revision;
  const old = pods.filter(isOld);
  if (old.length === 0) {
    if (resource.status.isRollingUpdate) setPhase(store, resource, "Ready");
    return;
  }
  if (!resource.status.isRollingUpdate) setPhase(store, resource, "RollingUpdate", true);
  const primaryIp = primary.status.podIP ?? "";
  const replicas = pods.filter((pod) => pod.metadata.uid !== primary.metadata.uid);
  const synced = await Promise.all(
    replicas.map(async (pod) => isReady(pod) && (await follows(pod.status.podIP ?? "", primaryIp))),
  );
  if (pods.length < set.spec.replicas || synced.includes(false)) return;
  const oldReplica = replicas.find(isOld);
  if (oldReplica !== undefined) {
    store.remove(places.pods, namespace, oldReplica.metadata.name);
    return;
  }
  const [successor] = replicas;
  if (successor === undefined) return;
  await askAdmin(successor.status.podIP ?? "", "REPLTAKEOVER", "10000");
  setRole(store, primary, undefined);
  setRole(store, successor, "master");
  store.remove(places.pods, namespace, primary.metadata.name);
}
