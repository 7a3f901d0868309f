import type { Reading } from "../../platform/reading.ts";
import type { Evidence, Finding, Verdict } from "../../reports/model.ts";

/** Evidence from a reading: the command a person would run, and `output`, the part of the answer the finding rests on. */
export function evidence(reading: Reading<unknown>, output: string): Evidence {
  return { command: reading.command, output: reading.ok ? output : reading.reason, at: reading.at };
}

export interface FindingParts {
  readonly id: string;
  readonly section: string;
  readonly verdict: Verdict;
  readonly title: string;
  readonly detail?: string;
  readonly evidence?: readonly Evidence[];
  readonly next?: Finding["next"];
}

export function finding(parts: FindingParts): Finding {
  return { detail: "", evidence: [], next: [], ...parts };
}

/**
 * The findings of a reading, or one `unknown` with the reason when it failed: what could not be read is never `ok`.
 * `what` completes "... could not be read": "The operator's Deployment".
 */
export function fromReading<T>(
  place: { readonly id: string; readonly section: string; readonly what: string },
  reading: Reading<T>,
  assess: (value: T) => readonly Finding[],
): readonly Finding[] {
  if (reading.ok) return assess(reading.value);
  return [
    finding({
      id: place.id,
      section: place.section,
      verdict: "unknown",
      title: `${place.what} could not be read`,
      detail: reading.reason,
      evidence: [evidence(reading, "")],
    }),
  ];
}

/** The first rule that applies decides; `ok` when none does. */
export function firstVerdict(...rules: readonly (readonly [boolean, Verdict])[]): Verdict {
  return rules.find(([applies]) => applies)?.[1] ?? "ok";
}
