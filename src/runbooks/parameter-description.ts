import { z } from "zod";
import type { Runbook } from "./definition.ts";

export interface ParameterDescription {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** A word for people: text, number, yes/no, or the values allowed (`a|b`). */
  readonly type: string;
  /** What holds when it is left out, when the schema says. */
  readonly fallback?: string | undefined;
}

/** As much of JSON Schema as help texts need; whatever else there is counts as text. */
const propertySchema = z.looseObject({
  type: z.string().optional().catch(undefined),
  description: z.string().default(""),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  default: z.unknown().optional(),
});
const objectSchema = z.object({
  properties: z.record(z.string(), propertySchema).default({}),
  required: z.array(z.string()).default([]),
});

const typeWords: Readonly<Record<string, string>> = { number: "number", integer: "number", boolean: "yes/no" };

/** The parameters of a runbook for help texts, read off its own schema. */
export function describeParameters(runbook: Pick<Runbook, "params">): readonly ParameterDescription[] {
  const schema = z.toJSONSchema(runbook.params, { io: "input", unrepresentable: "any" });
  const { properties, required } = objectSchema.parse(schema);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    description: property.description,
    required: required.includes(name),
    type: typeOf(property),
    fallback: property.default === undefined ? undefined : words(property.default),
  }));
}

function typeOf(property: z.infer<typeof propertySchema>): string {
  const values = property.enum ?? (property.const === undefined ? undefined : [property.const]);
  return values?.join("|") ?? typeWords[property.type ?? ""] ?? "text";
}

function words(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : JSON.stringify(value);
}
