import { z } from "zod";
import type { Runbook } from "./definition.ts";

export interface ParameterDescription {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** A word for people: text, number, yes/no, list, or the values allowed (`a|b`). */
  readonly type: string;
  /** The values allowed, or those that a list may hold, where the schema names them. */
  readonly choices?: readonly string[] | undefined;
  /** What holds when it is left out, when the schema says. */
  readonly fallback?: string | undefined;
  /** Of a number; undefined when nothing bounds it. */
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly whole?: boolean | undefined;
  /** Of a text, in characters. */
  readonly longest?: number | undefined;
  /** A text that must look a certain way, which can be told while it is typed. */
  readonly patterned?: boolean | undefined;
}

/** As much of JSON Schema as help texts and forms need; whatever else there is counts as text. */
const propertySchema = z.looseObject({
  type: z.string().optional().catch(undefined),
  description: z.string().default(""),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  default: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.number().optional(),
  pattern: z.string().optional(),
  items: z
    .looseObject({ enum: z.array(z.unknown()).optional() })
    .optional()
    .catch(undefined),
  allOf: z.array(z.looseObject({ pattern: z.string().optional() })).optional(),
});
const objectSchema = z.object({
  properties: z.record(z.string(), propertySchema).default({}),
  required: z.array(z.string()).default([]),
});

const typeWords: Readonly<Record<string, string>> = {
  number: "number",
  integer: "number",
  boolean: "yes/no",
  array: "list",
};

/** The parameters of a runbook for help texts and forms, read off its own schema. */
export function describeParameters(runbook: Pick<Runbook, "params">): readonly ParameterDescription[] {
  const schema = z.toJSONSchema(runbook.params, { io: "input", unrepresentable: "any" });
  const { properties, required } = objectSchema.parse(schema);
  return Object.entries(properties).map(([name, property]) => {
    const { description, minimum, maximum, maxLength } = property;
    const values = property.enum ?? (property.const === undefined ? undefined : [property.const]);
    return {
      name,
      description,
      required: required.includes(name),
      type: values?.join("|") ?? typeWords[property.type ?? ""] ?? "text",
      choices: (values ?? property.items?.enum)?.map(String),
      fallback: property.default === undefined ? undefined : words(property.default),
      // What JavaScript cannot count exactly is no bound that anybody set.
      minimum: minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum,
      maximum: maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum,
      whole: property.type === "integer",
      longest: maxLength,
      patterned: [property, ...(property.allOf ?? [])].some(({ pattern }) => pattern !== undefined),
    };
  });
}

function words(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(words).join(",");
  return typeof value === "string" ? value : JSON.stringify(value);
}
