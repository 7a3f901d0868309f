import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { z } from "zod";

/**
 * What a change runbook is going to do, as data: people approve this, and nothing else is done. The digest stands for all of
 * it, so a plan that changed by one letter is another plan.
 */
const effectSchema = z.strictObject({
  /** Deterministic: the effect finds itself by it after a crash. `pod/dragonfly-1/delete` */
  key: z.string().min(1),
  /** One line: "Delete pod dragonfly-1". */
  description: z.string().min(1),
  /** For a change of text: a unified diff. */
  diff: z.string().optional(),
});

const preconditionSchema = z.strictObject({
  id: z.string().min(1),
  /** One line: "dragonfly-0 is the primary". */
  description: z.string().min(1),
  /** What was found when the plan was made; compared with what is found before it is applied. */
  expected: z.json(),
});

const checkSchema = z.strictObject({
  id: z.string().min(1),
  verdict: z.enum(["ok", "warn", "unknown", "fail"]),
  title: z.string().min(1),
});

const contentsSchema = z.strictObject({
  runbook: z.string(),
  /** `dragonfly-system/dragonfly` */
  target: z.string(),
  title: z.string().min(1),
  risk: z.enum(["low", "medium", "high"]),
  effects: z.array(effectSchema).min(1),
  preconditions: z.array(preconditionSchema),
  /** What was checked, for those who decide. */
  checks: z.array(checkSchema).exactOptional(),
  /** Canonical ids of all who had a hand in it: they never count as approvers, as the one who asked does not. */
  authors: z.array(z.string()).exactOptional(),
  /** Where the change is shown, such as the merge request. */
  url: z.url().exactOptional(),
});
export type PlanContents = z.infer<typeof contentsSchema>;

export const planSchema = contentsSchema.extend({ digest: z.string().regex(/^[0-9a-f]{64}$/) });
export type Plan = z.infer<typeof planSchema>;

export type Json = z.infer<ReturnType<typeof z.json>>;

/** The plan with its digest: SHA-256 over its canonical JSON (RFC 8785), in hexadecimal. */
export function makePlan(contents: PlanContents): Plan {
  const checked = contentsSchema.parse(contents);
  return { ...checked, digest: digestOf(checked) };
}

/** Whether the digest really is that of the contents. */
export function isIntact({ digest, ...contents }: Plan): boolean {
  return digestOf(contents) === digest;
}

function digestOf(contents: PlanContents): string {
  return createHash("sha256").update(canonical(contents)).digest("hex");
}

function canonical(value: unknown): string {
  return canonicalize(value) ?? "null";
}

/** The first twelve digits, for people. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}

export interface Drift {
  readonly id: string;
  /** "dragonfly-0 is the primary: expected true, found false" */
  readonly sentence: string;
}

/** What no longer holds of a plan. A precondition that was not looked at again counts as drifted. */
export function driftOf(plan: Pick<Plan, "preconditions">, found: Readonly<Record<string, Json>>): readonly Drift[] {
  return plan.preconditions.flatMap(({ id, description, expected }) => {
    const now = found[id];
    if (now !== undefined && canonical(now) === canonical(expected)) return [];
    const words = now === undefined ? "nobody looked" : `found ${JSON.stringify(now)}`;
    return [{ id, sentence: `${description}: expected ${JSON.stringify(expected)}, ${words}` }];
  });
}
