import { BotError } from "../errors.ts";
import type { ProbeOutcome, Refusal } from "../platform/probes.ts";

export type Refused = Extract<ProbeOutcome, { kind: "refused" }>;

/** Matched in this order: the words in which the API server and what is plugged into it refuse a pod, or a container in one. */
const refusalWords: readonly (readonly [RegExp, Refusal])[] = [
  [/namespaces "[^"]*" not found/, "namespace-missing"],
  [/because it is being terminated/, "namespace-ending"],
  [/(?:exceeded|failed) quota/, "quota"],
  [/violates PodSecurity/, "pod-security"],
  [/ValidatingAdmissionPolicy|admission webhook/, "admission"],
  [/(?:minimum|maximum) \w+ usage per (?:Container|Pod)|limit to request ratio/, "limit-range"],
  [/cannot (?:create|patch) resource/, "not-allowed"],
];

/** A probe that the API server does not take is an answer; undefined: it could not be asked, which is an error. */
export function refusalOf(error: unknown): Refused | undefined {
  if (!(error instanceof BotError)) return undefined;
  const why = refusalWords.find(([words]) => words.test(error.message))?.[1];
  const said = error.message;
  if (why !== undefined) return { kind: "refused", why, said };
  return error.code === "kubernetes.forbidden" || error.code === "kubernetes.invalid"
    ? { kind: "refused", why: "other", said }
    : undefined;
}
