import { clean } from "../reports/render/clean.ts";
import type { Tenant } from "./change.ts";
import { broken, kept } from "./checks/check.ts";
import type { Check } from "./draft.ts";

/** Signs by which one of the programs on the way would take people's words for its own: Flux's variables, Go's templates. */
const active = /\$\{|\$\$|\{\{|\}\}/;

/** Whether people's words about a tenant are words and nothing else. */
export function checkTexts({ owner, purpose }: Pick<Tenant, "owner" | "purpose">): Check {
  for (const [what, text] of [
    ["owner", owner],
    ["purpose", purpose],
  ] as const) {
    if (text !== clean(text) || /[\n\t]/.test(text))
      return broken(
        "text.plain",
        `The ${what} has signs that nobody sees`,
        "Write it on one line, without control characters.",
      );
    if (active.test(text))
      return broken(
        "text.plain",
        `The ${what} has signs of a template`,
        `Flux or Prometheus would put something in their place. Leave out \${, $$, {{ and }}.`,
      );
  }
  return kept("text.plain", "Owner and purpose are plain words");
}
