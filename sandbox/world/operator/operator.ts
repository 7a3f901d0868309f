import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { type DragonflyView, dragonflyView, isReady, listViews, type PodView, podView } from "../views.ts";
import { askAdmin } from "./admin.ts";
import { electPrimary } from "./election.ts";
import { podsOf, setPhase, setRole } from "./objects.ts";
import { applyResources } from "./resources.ts";
import { replaceOldFailures, rollOut } from "./rollout.ts";

/** The simulated Dragonfly operator: what v1.6.1 does, over the same ports (facts: operator, sections 2 and 3). */
export interface Operator {
  /** One round; rounds do not overlap. */
  reconcile(): Promise<void>;
  /** While asleep it sees and does nothing, although its pods are ready: a missed event, a stuck lease. */
  asleep: boolean;
}

export interface OperatorOptions {
  readonly store: ObjectStore;
  readonly namespace: string;
  /** How long a primary may be unready before another one is made. */
  readonly delayMs: number;
}

/** What one pod was last told, so that it is told again when its container is a new one or the primary has moved. */
interface Told {
  readonly container: string;
  readonly primaryIp: string;
}

export function createOperator({ store, namespace, delayMs }: OperatorOptions): Operator {
  const applied = new Map<string, number>();
  const told = new Map<string, Told>();
  const unreadySince = new Map<string, number>();
  let running: Promise<void> | undefined;

  const lead = () => listViews(store, places.pods, podView, namespace).some(isReady);

  const round = async () => {
    // Each for itself: an instance that does not answer must not hold up the others.
    await Promise.allSettled(listViews(store, places.dragonflies, dragonflyView).map(reconcileOne));
  };

  const reconcileOne = async (resource: DragonflyView) => {
    const { uid, generation } = resource.metadata;
    if (applied.get(uid) === generation) return await keepRoles(resource);
    applyResources(store, resource);
    applied.set(uid, generation);
    if (resource.status.phase === undefined) setPhase(store, resource, "ResourcesCreated");
  };

  const keepRoles = async (resource: DragonflyView) => {
    const pods = podsOf(store, resource);
    const primaries = pods.filter((pod) => pod.metadata.labels["role"] === "master");
    const [primary] = primaries;
    if (primary !== undefined && primaries.length === 1 && !isLost(primary)) {
      // Not ready, but not for long enough yet: nothing is decided.
      if (!isReady(primary)) return;
      await attachReplicas(pods, primary);
      await rollOut(store, resource, pods, primary);
      return;
    }
    if (isYoung(resource, pods)) return;
    const candidate = await electPrimary(pods);
    if (candidate === undefined) return replaceOldFailures(store, resource);
    for (const pod of primaries) setRole(store, pod, undefined);
    if (resource.status.phase === "ResourcesCreated") setPhase(store, resource, "Configuring");
    await promote(store, candidate);
    setPhase(store, resource, "Ready");
  };

  /** At the very first election all pods get a moment to come up, so that the lowest ordinal wins. */
  const isYoung = ({ status, spec }: DragonflyView, pods: readonly PodView[]) =>
    status.phase === "ResourcesCreated" &&
    pods.filter(isReady).length < spec.replicas &&
    pods.every((pod) => Date.now() - Date.parse(pod.metadata.creationTimestamp) < 5_000);

  /** Unready, or on its way out, for longer than the operator waits. */
  const isLost = (pod: PodView): boolean => {
    const { uid } = pod.metadata;
    if (isReady(pod)) {
      unreadySince.delete(uid);
      return false;
    }
    const since = unreadySince.get(uid) ?? Date.now();
    unreadySince.set(uid, since);
    return Date.now() - since >= delayMs;
  };

  const attachReplicas = async (pods: readonly PodView[], primary: PodView) => {
    const primaryIp = primary.status.podIP ?? "";
    const others = pods.filter((pod) => pod.metadata.uid !== primary.metadata.uid && isReady(pod));
    await Promise.all(
      others.map(async (pod) => {
        const container = pod.status.containerStatuses[0]?.containerID ?? "";
        const before = told.get(pod.metadata.uid);
        const { role } = pod.metadata.labels;
        if (before?.container === container && before.primaryIp === primaryIp && role !== undefined) return;
        await askAdmin(pod.status.podIP ?? "", "SLAVEOF", primaryIp, "9999");
        told.set(pod.metadata.uid, { container, primaryIp });
        setRole(store, pod, "replica", primaryIp);
      }),
    );
  };

  return {
    asleep: false,
    reconcile() {
      if (this.asleep || !lead()) return Promise.resolve();
      // A pod that does not answer now is asked again in the next round.
      running ??= round().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

async function promote(store: ObjectStore, pod: PodView): Promise<void> {
  await askAdmin(pod.status.podIP ?? "", "SLAVEOF", "NO", "ONE");
  setRole(store, pod, "master");
}
