import type { z } from "zod";
import type { Runbook } from "./definition.ts";
import type { ChangeRunbook } from "./durable/definition.ts";

type Optional = "positional" | "version" | "previous";
type ChangeDeclaration<Schema extends z.ZodObject> = Omit<ChangeRunbook<Schema>, Optional> &
  Partial<Pick<ChangeRunbook<Schema>, Optional>>;
type ReadDeclaration<Schema extends z.ZodObject> = Omit<Runbook<Schema>, "positional"> &
  Partial<Pick<Runbook<Schema>, "positional">>;

/**
 * Declares a runbook, and fills in what may be left out; the schema's type flows into `run`. One with `effect: "read"` looks
 * and reports. One with `effect: "change"` is carried through crashes and asks people before it does anything.
 */
export function defineRunbook<Schema extends z.ZodObject>(runbook: ChangeDeclaration<Schema>): ChangeRunbook<Schema>;
export function defineRunbook<Schema extends z.ZodObject>(runbook: ReadDeclaration<Schema>): Runbook<Schema>;
export function defineRunbook<Schema extends z.ZodObject>(
  runbook: ReadDeclaration<Schema> | ChangeDeclaration<Schema>,
): Runbook<Schema> | ChangeRunbook<Schema> {
  return runbook.effect === "read"
    ? { positional: [], ...runbook }
    : { positional: [], version: 1, previous: [], ...runbook };
}
