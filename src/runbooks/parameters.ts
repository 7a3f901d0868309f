import { distance } from "fastest-levenshtein";
import { z } from "zod";
import type { Runbook } from "./definition.ts";

/** What a surface collected from a person, all of it text still. `true` is a flag without a value. */
export interface GivenParameters {
  readonly positionals: readonly string[];
  readonly named: Readonly<Record<string, string | true>>;
}

export type ParsedParameters =
  | { readonly ok: true; readonly params: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problems: readonly string[] };

export interface ParameterDescription {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** A word for people: text, number, yes/no, or the values allowed. */
  readonly type: string;
}

const propertySchema = z.looseObject({
  type: z.string().optional(),
  description: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
});
const objectSchema = z.object({
  properties: z.record(z.string(), propertySchema).default({}),
  required: z.array(z.string()).default([]),
});

/** The parameters of a runbook for help texts, read off its own schema. */
export function describeParameters(runbook: Pick<Runbook, "params">): readonly ParameterDescription[] {
  const { properties, required } = objectSchema.parse(z.toJSONSchema(runbook.params, { io: "input" }));
  return Object.entries(properties).map(([name, property]) => ({
    name,
    description: property.description ?? "",
    required: required.includes(name),
    type: property.enum?.join("|") ?? typeWords[property.type ?? ""] ?? "text",
  }));
}

const typeWords: Readonly<Record<string, string>> = { number: "number", integer: "number", boolean: "yes/no" };

/** Words into a runbook's parameters: by name, and by position in the order the runbook declares. */
export function parseParameters(runbook: Runbook, given: GivenParameters): ParsedParameters {
  const known = describeParameters(runbook);
  const problems: string[] = [];
  const raw: Record<string, unknown> = {};
  for (const [index, value] of given.positionals.entries()) {
    const name = runbook.positional[index];
    if (name === undefined)
      problems.push(
        `"${value}" is one word too many: ${runbook.id} takes ${runbook.positional.length === 0 ? "none" : runbook.positional.join(", ")}`,
      );
    else
      raw[name] = typed(
        known.find((parameter) => parameter.name === name),
        value,
      );
  }
  for (const [name, value] of Object.entries(given.named)) {
    const parameter = known.find((candidate) => candidate.name === name);
    if (parameter === undefined) problems.push(`${runbook.id} has no parameter "${name}"${suggestion(name, known)}`);
    else if (name in raw) problems.push(`${name} is given twice`);
    else raw[name] = typed(parameter, value);
  }
  const parsed = runbook.params.safeParse(raw);
  if (parsed.success && problems.length === 0) return { ok: true, params: parsed.data };
  const issues = parsed.error?.issues.map((issue) => {
    const name = String(issue.path[0] ?? "");
    const found = raw[name];
    return found === undefined
      ? `${name || runbook.id} is missing or wrong: ${issue.message}`
      : `${name}: found "${found}"; ${issue.message}`;
  });
  return { ok: false, problems: [...problems, ...(issues ?? [])] };
}

function typed(parameter: ParameterDescription | undefined, value: string | true): unknown {
  if (value === true) return true;
  if (parameter?.type === "number" && value.trim() !== "" && Number.isFinite(Number(value))) return Number(value);
  if (parameter?.type === "yes/no" && /^(yes|true|no|false)$/i.test(value)) return /^(yes|true)$/i.test(value);
  return value;
}

function suggestion(name: string, known: readonly ParameterDescription[]): string {
  const nearest = nearestWord(
    name,
    known.map((parameter) => parameter.name),
  );
  return nearest === undefined ? "" : `; did you mean ${nearest}?`;
}

/** The word that somebody most likely meant; undefined when there is none to choose from. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  return known.toSorted((a, b) => distance(a, word.toLowerCase()) - distance(b, word.toLowerCase()))[0];
}
