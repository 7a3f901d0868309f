import { z } from "zod";
import { contains, isBlock } from "./cidr.ts";

/** What policies of all kinds have in common. */

const setBased = z.strictObject({
  key: z.string().min(1),
  operator: z.enum(["In", "NotIn"]),
  values: z.array(z.string()).min(1, "In and NotIn need values"),
});
const existence = z.strictObject({
  key: z.string().min(1),
  operator: z.enum(["Exists", "DoesNotExist"]),
  values: z.array(z.string()).max(0, "Exists and DoesNotExist take no values").optional(),
});

/** Source: API reference of LabelSelector. */
export const selector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z.array(z.discriminatedUnion("operator", [setBased, existence])).optional(),
});

export const portNumber = z.int().min(1).max(65_535);

export const block = (options: { readonly bare: boolean }) =>
  z.string().refine((text) => isBlock(text, options), "is not an address block");

/** A block with exceptions, which have to be parts of it, for Kubernetes as for Cilium. */
export const blockWithExceptions = z
  .strictObject({ cidr: block({ bare: false }), except: z.array(block({ bare: false })).default([]) })
  .refine(({ cidr, except }) => except.every((one) => contains(cidr, one)), "excepts what is not in the block");

/** The first thing that is wrong, with its place: `specs.0.ingress.0: combines two kinds of peers`. */
export function firstIssue(error: z.ZodError, at: readonly PropertyKey[] = []): string {
  const [issue] = error.issues;
  const place = [...at, ...(issue?.path ?? [])].join(".");
  return place === "" ? `${issue?.message}` : `${place}: ${issue?.message}`;
}
