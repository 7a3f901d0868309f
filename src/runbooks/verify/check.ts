import type { Evidence, Finding } from "../../reports/model.ts";
import { finding } from "../instance/findings.ts";
import type { Shown } from "./shown.ts";

/** The headings of the report: a criterion of the story each, then its hardening list, then Git. */
export const criteria = {
  operator: "AC 1: operator",
  instance: "AC 2: instance",
  mesh: "AC 3: names and clusters",
  policy: "AC 4: network policy",
  alerts: "AC 5: alerts",
  hardening: "Hardening",
  drift: "Git",
} as const;

export interface CheckParts {
  /** Stable: CI and the comparison with the last run go by it. */
  readonly id: string;
  readonly criterion: (typeof criteria)[keyof typeof criteria];
  /** What is looked at, as a title begins: "Operator replicas". */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  /** Why it cannot be said, in the source's own sentences: they are for the detail, a title stays short. */
  readonly reason?: string | undefined;
  /** Undefined: cannot be said. */
  readonly holds: boolean | undefined;
  readonly evidence: readonly Evidence[];
}

/** One named check: what is expected, what was found, and what proves it. There is no warning here: a criterion holds or does not. */
export function check({ id, criterion, what, expected, found, reason, holds, evidence: proof }: CheckParts): Finding {
  return finding({
    id,
    section: criterion,
    verdict: holds === undefined ? "unknown" : holds ? "ok" : "fail",
    title: `${what}: ${found}`,
    detail: `Expected: ${expected}.${reason === undefined ? "" : ` ${reason}`}`,
    evidence: proof,
  });
}

export type Named = Pick<CheckParts, "id" | "criterion" | "what" | "expected">;

/**
 * A check that rests on these readings, each of which shows what came back. With one of them missing it is `unknown`, in the words of
 * whoever could not be asked.
 */
export function checkOf<const Readings extends readonly Shown<unknown>[]>(
  named: Named,
  readings: Readings,
  look: (...values: { -readonly [I in keyof Readings]: Readings[I] extends Shown<infer T> ? T : never }) => {
    readonly holds: boolean | undefined;
    readonly found: string;
    readonly reason?: string | undefined;
  },
): Finding {
  const unread = readings.find((reading) => !reading.ok);
  if (unread !== undefined && !unread.ok) {
    const { reason } = unread;
    return check({ ...named, found: "could not be read", reason, holds: undefined, evidence: [unread.evidence] });
  }
  const values = readings.flatMap((reading) => (reading.ok ? [reading.value] : []));
  const { holds, found, reason } = look(...(values as Parameters<typeof look>));
  return check({ ...named, found, reason, holds, evidence: readings.map((reading) => reading.evidence) });
}

/** "a, b" or what to say of none. */
export function listed(names: readonly string[], none = "none"): string {
  return names.length === 0 ? none : names.join(", ");
}
