import { z } from "zod";
import type { JsonSchema } from "../../platform/kubernetes.ts";

/** As much of a structural schema as has a meaning of its own here; everything else is handed on as it is. */
const nodeSchema = z.looseObject({
  type: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
  "x-kubernetes-int-or-string": z.boolean().optional(),
  "x-kubernetes-preserve-unknown-fields": z.boolean().optional(),
  "x-kubernetes-embedded-resource": z.boolean().optional(),
});
const objectSchema = z.record(z.string(), z.unknown());

/**
 * What a cluster would say against an object by the schema of its kind: a line each, with the place. Unlike the API server, which drops
 * them in silence, it also names fields that the schema does not have.
 * Source: Kubernetes, "Extend the Kubernetes API with CustomResourceDefinitions", structural schemas and their extensions.
 */
export async function faultsBySchema(
  object: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
): Promise<readonly string[]> {
  // Needed for a plan only, and not for the start.
  const { Ajv } = await import("ajv");
  // The root's metadata, apiVersion and kind are the API server's own business.
  const { apiVersion: _, kind: __, metadata: ___, ...own } = object;
  const root = nodeSchema.parse(schema);
  const required = (root.required ?? []).filter((name) => !["apiVersion", "kind", "metadata"].includes(name));
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const validate = ajv.compile(narrowed({ ...root, required }, own));
  if (validate(own)) return [];
  const faults = (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const field: unknown = params["additionalProperty"];
    const place = instancePath.slice(1).replaceAll("/", ".");
    return typeof field === "string"
      ? { unknown: true, text: `${place === "" ? "" : `${place}.`}${field}: the schema has no such field` }
      : { unknown: false, text: `${place === "" ? "the resource" : place}: ${message ?? "is not valid"}` };
  });
  // What is wrong before what would be dropped.
  return faults.toSorted((a, b) => Number(a.unknown) - Number(b.unknown)).map(({ text }) => text);
}

/**
 * The schema in plain JSON Schema, and only as far as this value reaches: a Dragonfly's has the whole of a pod's in it, and to compile
 * that holds the process up.
 */
function narrowed(schema: unknown, value: unknown): Record<string, unknown> {
  const node = nodeSchema.parse(schema);
  const { properties, required, items, additionalProperties, ...rest } = node;
  const keywords = Object.fromEntries(Object.entries(rest).filter(([key]) => !key.startsWith("x-")));
  if (node["x-kubernetes-int-or-string"] === true) return { anyOf: [{ type: "integer" }, { type: "string" }] };
  if (Array.isArray(value)) {
    if (items === undefined || value.length === 0) return keywords;
    return { ...keywords, items: value.map((one) => narrowed(items, one)) };
  }
  const object = objectSchema.safeParse(value);
  if (!object.success || Array.isArray(value)) return { ...keywords, ...(required === undefined ? {} : { required }) };
  const open = node["x-kubernetes-preserve-unknown-fields"] === true || node["x-kubernetes-embedded-resource"] === true;
  const known: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(object.data)) {
    const own = properties?.[name] ?? (isSchema(additionalProperties) ? additionalProperties : undefined);
    if (own !== undefined) known[name] = narrowed(own, inner);
  }
  // A map without a word on its fields says nothing about them.
  const closed = !open && additionalProperties === undefined && properties !== undefined;
  return {
    ...keywords,
    properties: known,
    ...(required === undefined ? {} : { required }),
    ...(closed ? { additionalProperties: false } : {}),
  };
}

function isSchema(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
