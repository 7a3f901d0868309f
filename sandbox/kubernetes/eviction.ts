import { z } from "zod";
import type { Admit } from "./admission-policies.ts";
import type { KubeObject, ObjectStore } from "./object-store.ts";
import { notFound } from "./refusals.ts";
import { matchesLabels } from "./selectors.ts";
import { apiError } from "./status.ts";

const budgets = { group: "policy", plural: "poddisruptionbudgets" };
const pods = { group: "", plural: "pods" };
const evictionBody = z.object({
  apiVersion: z.literal("policy/v1"),
  kind: z.literal("Eviction"),
  metadata: z.object({ name: z.string() }),
  deleteOptions: z.object({ preconditions: z.object({ uid: z.string().optional() }).optional() }).optional(),
});
const labelSelectorShape = z.object({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});
const budgetSchema = z.object({
  spec: z
    .object({
      selector: labelSelectorShape.optional(),
      unhealthyPodEvictionPolicy: z.enum(["IfHealthyBudget", "AlwaysAllow"]).prefault("IfHealthyBudget"),
    })
    .prefault({}),
  status: z
    .object({
      disruptionsAllowed: z.int().prefault(0),
      observedGeneration: z.int().optional(),
      desiredHealthy: z.int().prefault(0),
      currentHealthy: z.int().prefault(0),
    })
    .prefault({}),
});

/**
 * Eviction, which a PodDisruptionBudget may refuse with 429; more than one budget over a pod is an error, and an
 * eviction takes one from what the budget still allows. Pods that do not run yet or have ended are nobody's budget.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
export function evictPod(
  store: ObjectStore,
  at: { readonly namespace: string | undefined; readonly name: string },
  body: unknown,
  { dryRun, admit }: { readonly dryRun: boolean; readonly admit: Admit },
): unknown {
  const eviction = evictionBody.safeParse(body);
  if (!eviction.success)
    throw apiError(400, "BadRequest", "the body of an eviction must be an Eviction of policy/v1 with the pod's name");
  if (eviction.data.metadata.name !== at.name)
    throw apiError(
      400,
      "BadRequest",
      `name in URL does not match name in Eviction object: ${at.name}, ${eviction.data.metadata.name}`,
    );
  const pod = store.get(pods, at.namespace, at.name);
  if (pod === undefined) throw notFound(pods, at.name);
  admit("CREATE", at.name, eviction.data);
  const uid = eviction.data.deleteOptions?.preconditions?.uid;
  if (uid !== undefined && uid !== pod.metadata.uid)
    throw apiError(
      409,
      "Conflict",
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid ?? ""}`,
    );
  if (isGuarded(pod)) take(store, pod, dryRun);
  if (!dryRun) store.remove(pods, at.namespace, at.name);
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
}

function isGuarded(pod: KubeObject): boolean {
  const phase = z.object({ status: z.object({ phase: z.string() }) }).safeParse(pod).data?.status.phase;
  return pod.metadata.deletionTimestamp === undefined && !["Pending", "Succeeded", "Failed"].includes(phase ?? "");
}

function isReady(pod: KubeObject): boolean {
  const shape = z.object({
    status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }),
  });
  const conditions = shape.safeParse(pod).data?.status.conditions ?? [];
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

function take(store: ObjectStore, pod: KubeObject, dryRun: boolean): void {
  const over = store.list(budgets, pod.metadata.namespace).filter((budget) => {
    const { selector } = budgetSchema.parse(budget).spec;
    return selector !== undefined && matchesLabels(selector, pod.metadata.labels ?? {});
  });
  if (over.length > 1)
    throw apiError(
      500,
      "InternalError",
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
  const [budget] = over;
  if (budget === undefined) return;
  const { status, spec } = budgetSchema.parse(budget);
  // A pod that serves nobody is not missed, as long as enough of the others do.
  // Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
  if (!isReady(pod)) {
    const enough = status.desiredHealthy > 0 && status.currentHealthy >= status.desiredHealthy;
    if (spec.unhealthyPodEvictionPolicy === "AlwaysAllow" || enough) return;
  }
  const { name, generation = 0 } = budget.metadata;
  if (status.observedGeneration !== undefined && status.observedGeneration < generation)
    throw refused(`The disruption budget ${name} is still being processed by the server.`, { retryAfterSeconds: 10 });
  if (status.disruptionsAllowed < 1)
    throw refused(
      `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`,
    );
  if (dryRun) return;
  store.patch(budgets, pod.metadata.namespace, name, (stored) => {
    stored["status"] = {
      ...z.looseObject({}).parse(stored["status"]),
      disruptionsAllowed: status.disruptionsAllowed - 1,
    };
  });
}

/** The real server names a time to wait only while the budget itself has not been looked at. */
function refused(message: string, wait: { readonly retryAfterSeconds?: number } = {}) {
  return apiError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: "DisruptionBudget", message }],
    ...wait,
  });
}
