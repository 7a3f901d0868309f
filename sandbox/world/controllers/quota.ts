import { z } from "zod";
import { parseQuantity } from "../../../src/platform/quantity.ts";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { listViews, podView } from "../views.ts";

/**
 * ResourceQuotas, for the resources that the tenants' quotas limit.
 * Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */

type Amounts = Readonly<Record<string, number>>;

/** What one new object would take. What it does not name is not in it. */
export interface Request {
  readonly kind: "Pod" | "PersistentVolumeClaim";
  readonly amounts: Amounts;
}

const quantities = z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).default({});
const containersView = z.looseObject({
  containers: z.array(
    z.looseObject({ resources: z.looseObject({ requests: quantities, limits: quantities }).prefault({}) }),
  ),
});
const quotaView = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z.looseObject({ hard: quantities }),
});
const claimView = z.looseObject({
  spec: z.looseObject({ resources: z.looseObject({ requests: quantities }).prefault({}) }),
});

/** What a pod of this spec takes: the sum of its containers. */
export function podRequest(spec: unknown): Request {
  const { containers } = containersView.parse(spec);
  const amounts: Record<string, number> = { pods: 1 };
  for (const { resources } of containers) {
    // A limit without a request is one as well.
    const requests = { ...resources.limits, ...resources.requests };
    for (const [prefix, given] of Object.entries({ requests, limits: resources.limits })) {
      for (const [name, text] of Object.entries(given)) {
        const key = `${prefix}.${name}`;
        amounts[key] = (amounts[key] ?? 0) + (parseQuantity(text) ?? 0);
      }
    }
  }
  return { kind: "Pod", amounts };
}

/** What a claim of this spec takes. */
export function claimRequest(spec: unknown): Request {
  const { resources } = claimView.shape.spec.parse(spec);
  const storage = parseQuantity(resources.requests["storage"] ?? "0") ?? 0;
  return { kind: "PersistentVolumeClaim", amounts: { persistentvolumeclaims: 1, "requests.storage": storage } };
}

/** Why a namespace's quotas refuse one more, in the API server's words; undefined when they do not. */
export function overQuota(store: ObjectStore, namespace: string, { kind, amounts }: Request): string | undefined {
  for (const { metadata, spec } of listViews(store, places.quotas, quotaView, namespace)) {
    const mine = Object.keys(spec.hard).filter((name) => concerns(name, kind));
    const unnamed = mine.filter((name) => amounts[name] === undefined);
    if (unnamed.length > 0) return `failed quota: ${metadata.name}: must specify ${unnamed.join(",")}`;
    const used = usage(store, namespace);
    // Cores have fractions, and fractions do not add up to the last digit.
    const tooMuch = (sum: number, limit: string) => sum - (parseQuantity(limit) ?? 0) > 1e-6;
    const full = mine.filter((name) => tooMuch((used[name] ?? 0) + (amounts[name] ?? 0), spec.hard[name] ?? "0"));
    if (full.length === 0) continue;
    const list = (of: (name: string) => string) => full.map((name) => `${name}=${of(name)}`).join(",");
    return [
      `exceeded quota: ${metadata.name}`,
      `requested: ${list((name) => written(name, amounts[name] ?? 0))}`,
      `used: ${list((name) => written(name, used[name] ?? 0))}`,
      `limited: ${list((name) => spec.hard[name] ?? "")}`,
    ].join(", ");
  }
  return undefined;
}

/** Writes every quota's status: what it limits, and what is used of it. */
export function reconcileQuotas(store: ObjectStore): void {
  for (const { metadata, spec } of listViews(store, places.quotas, quotaView)) {
    const used = usage(store, metadata.namespace);
    store.patch(places.quotas, metadata.namespace, metadata.name, (object) => {
      object["status"] = {
        hard: spec.hard,
        used: Object.fromEntries(Object.keys(spec.hard).map((name) => [name, written(name, used[name] ?? 0)])),
      };
    });
  }
}

function concerns(resource: string, kind: Request["kind"]): boolean {
  const ofClaims = ["persistentvolumeclaims", "requests.storage"].includes(resource);
  const ofPods = /^(pods|(requests|limits)\.(cpu|memory))$/.test(resource);
  return kind === "Pod" ? ofPods : ofClaims;
}

function usage(store: ObjectStore, namespace: string): Record<string, number> {
  const requests = [
    ...listViews(store, places.pods, podView, namespace).map(({ spec }) => podRequest(spec)),
    ...listViews(store, places.claims, claimView, namespace).map(({ spec }) => claimRequest(spec)),
  ];
  const sum: Record<string, number> = {};
  for (const { amounts } of requests)
    for (const [name, amount] of Object.entries(amounts)) sum[name] = (sum[name] ?? 0) + amount;
  return sum;
}

/** Bytes in Mi where they come out even, cores in thousandths, else the number. */
function written(resource: string, amount: number): string {
  if (resource.endsWith("cpu")) return Number.isInteger(amount) ? String(amount) : `${Math.round(amount * 1000)}m`;
  if (!/memory|storage/.test(resource)) return String(amount);
  return amount % 2 ** 30 === 0 && amount > 0 ? `${amount / 2 ** 30}Gi` : `${Math.round(amount / 2 ** 20)}Mi`;
}
