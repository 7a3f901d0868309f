import { isReady, type PodView } from "../views.ts";
import { replicationOffset } from "./admin.ts";

/** Replicas before the rest, then the one that has most of the stream, then the lowest ordinal. */
export async function electPrimary(pods: readonly PodView[]): Promise<PodView | undefined> {
  const healthy = pods.filter(isReady);
  const ranked = await Promise.all(
    healthy.map(async (pod) => ({ pod, offset: await replicationOffset(pod.status.podIP ?? "") })),
  );
  const isReplica = (pod: PodView) => (pod.metadata.labels["role"] === "replica" ? 0 : 1);
  return ranked.toSorted(
    (a, b) =>
      isReplica(a.pod) - isReplica(b.pod) ||
      b.offset - a.offset ||
      a.pod.metadata.name.localeCompare(b.pod.metadata.name),
  )[0]?.pod;
}
