import { z } from "zod";
import { parseQuantity } from "../../../src/platform/quantity.ts";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { listViews } from "../views.ts";

/**
 * LimitRanges, as far as they say how much a container must and may have at the least and at the most.
 * Source: https://kubernetes.io/docs/concepts/policy/limit-range/
 */

const quantities = z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).default({});
const limitRangeView = z.looseObject({
  spec: z.looseObject({ limits: z.array(z.looseObject({ type: z.string(), min: quantities, max: quantities })) }),
});
const containersView = z.looseObject({
  containers: z.array(
    z.looseObject({ resources: z.looseObject({ requests: quantities, limits: quantities }).prefault({}) }),
  ),
});
const amount = (text: string) => parseQuantity(text) ?? 0;

/** Why a namespace's limit ranges refuse a pod of this spec, in the API server's words; undefined when they do not. */
export function outOfRange(store: ObjectStore, namespace: string, spec: unknown): string | undefined {
  const { containers } = containersView.parse(spec);
  const limits = listViews(store, places.limitRanges, limitRangeView, namespace)
    .flatMap((range) => range.spec.limits)
    .filter(({ type }) => type === "Container");
  const why = limits.flatMap(({ min, max }) =>
    containers.flatMap(({ resources: { requests, limits: most } }) => [
      ...Object.entries(min).flatMap(([name, least]) => {
        // A limit without a request is one as well.
        const request = requests[name] ?? most[name];
        const is = `minimum ${name} usage per Container is ${least}`;
        if (request === undefined) return [`${is}.  No request is specified`];
        return amount(request) < amount(least) ? [`${is}, but request is ${request}`] : [];
      }),
      ...Object.entries(max).flatMap(([name, limit]) => {
        const own = most[name];
        const is = `maximum ${name} usage per Container is ${limit}`;
        if (own === undefined) return [`${is}.  No limit is specified`];
        return amount(own) > amount(limit) ? [`${is}, but limit is ${own}`] : [];
      }),
    ]),
  );
  return why.length > 1 ? `[${why.join(", ")}]` : why[0];
}
