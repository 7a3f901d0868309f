import { z } from "zod";
import type * as platform from "../../platform/kubernetes.ts";
import { parseQuantity } from "../../platform/quantity.ts";

/**
 * From the API's answers to the narrow types of `src/platform/`: tolerant of everything we do not use, strict on what we
 * do. Fields that the API leaves out when empty get their documented default here, so nothing past this has to know.
 */

export const labels = z.record(z.string(), z.string()).default({});
export const quantity = z.union([z.string(), z.number()]).transform((value, context) => {
  const parsed = parseQuantity(String(value));
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: "custom", message: `not a quantity: ${value}` });
  return z.NEVER;
});
export const intOrString = z.union([z.string(), z.number()]).transform(String);

export const metadata = z
  .object({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string().default(""),
    resourceVersion: z.string().default(""),
    labels,
    annotations: labels,
    creationTimestamp: z.string().nullish(),
    deletionTimestamp: z.string().optional(),
  })
  .transform(
    ({ creationTimestamp, deletionTimestamp, ...rest }): platform.ObjectMeta => ({
      ...rest,
      createdAt: creationTimestamp ?? "",
      deletedAt: deletionTimestamp,
    }),
  );

export const selector = z.object({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
});
