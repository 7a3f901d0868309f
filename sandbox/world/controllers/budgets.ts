import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { budgetView, carries, isReady, listViews, podView } from "../views.ts";

/**
 * Status of every PodDisruptionBudget from the pods that it selects.
 * Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
export function reconcileBudgets(store: ObjectStore): void {
  for (const budget of listViews(store, places.budgets, budgetView)) {
    const { namespace, name, generation } = budget.metadata;
    const { minAvailable, maxUnavailable, selector } = budget.spec;
    const pods = listViews(store, places.pods, podView, namespace).filter((pod) =>
      carries(pod.metadata.labels, selector.matchLabels),
    );
    const expectedPods = pods.length;
    const currentHealthy = pods.filter(isReady).length;
    const desiredHealthy =
      minAvailable !== undefined
        ? amount(minAvailable, expectedPods)
        : expectedPods - amount(maxUnavailable ?? 1, expectedPods);
    store.patch(places.budgets, namespace, name, (object) => {
      object["status"] = {
        observedGeneration: generation,
        expectedPods,
        currentHealthy,
        desiredHealthy: Math.max(0, desiredHealthy),
        disruptionsAllowed: Math.max(0, currentHealthy - desiredHealthy),
        conditions: [
          { type: "DisruptionAllowed", status: currentHealthy > desiredHealthy ? "True" : "False", reason: "" },
        ],
      };
    });
  }
}

function amount(value: number | string, of: number): number {
  if (typeof value === "number") return value;
  const percent = /^(\d+)%$/.exec(value);
  return percent === null ? Number(value) || 0 : Math.ceil((Number(percent[1]) / 100) * of);
}
