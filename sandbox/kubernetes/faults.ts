import type { Attributes } from "./rbac.ts";
import { apiError } from "./status.ts";

/** Knobs that make the API server misbehave; all may be turned while it runs. */
export interface ApiFaults {
  /** Every answer waits this long. */
  latencyMs: number;
  /** Refuse everything, or what the test says, as if no role granted it. */
  forbid: boolean | ((attributes: Attributes) => boolean);
  /** Answer 429 with this Retry-After. */
  tooManyRequests: { readonly retryAfterSeconds: number } | undefined;
  /** Answer 500. */
  broken: boolean;
  /** Cut every connection without an answer. */
  unreachable: boolean;
}

export function noFaults(): ApiFaults {
  return { latencyMs: 0, forbid: false, tooManyRequests: undefined, broken: false, unreachable: false };
}

export function isForbidden(faults: ApiFaults, attributes: Attributes): boolean {
  return typeof faults.forbid === "function" ? faults.forbid(attributes) : faults.forbid;
}

/** Throws the Status that a fault asks for. */
export function throwFault(faults: ApiFaults): void {
  if (faults.tooManyRequests !== undefined) {
    throw apiError(
      429,
      "TooManyRequests",
      "the server has received too many requests and has asked us to try again later",
      faults.tooManyRequests,
    );
  }
  if (faults.broken) throw apiError(500, "InternalError", "Internal error occurred: etcdserver: request timed out");
}
