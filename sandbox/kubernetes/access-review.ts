import { z } from "zod";
import type { ObjectStore } from "./object-store.ts";
import { isAllowed, type User } from "./rbac.ts";
import { apiError } from "./status.ts";

const reviewSchema = z.object({
  apiVersion: z.literal("authorization.k8s.io/v1"),
  kind: z.literal("SelfSubjectAccessReview"),
  spec: z.object({
    resourceAttributes: z.object({
      verb: z.string(),
      group: z.string().prefault(""),
      resource: z.string(),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    }),
  }),
});

/**
 * What `kubectl auth can-i` asks: whether the asker may do it. Nothing is stored. Throws 400.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 */
export function reviewAccess(store: ObjectStore, user: User, body: unknown): unknown {
  const review = reviewSchema.safeParse(body);
  if (!review.success)
    throw apiError(400, "BadRequest", "a SelfSubjectAccessReview needs spec.resourceAttributes with verb and resource");
  const { resourceAttributes: asked } = review.data.spec;
  const some = (text: string | undefined) => (text === "" ? undefined : text);
  const allowed = isAllowed(store, user, {
    verb: asked.verb,
    group: asked.group,
    resource: asked.resource,
    subresource: some(asked.subresource),
    namespace: some(asked.namespace),
    name: some(asked.name),
  });
  return { ...review.data, metadata: {}, status: allowed ? { allowed } : { allowed, reason: "no binding grants it" } };
}
