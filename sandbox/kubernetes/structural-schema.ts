/**
 * The schemas of custom resources, as the API server applies them: what a schema does not name is pruned, or refused when
 * the writer asks for strictness; what it names must be of its type.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export interface Schema {
  readonly type?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly additionalProperties?: Schema | boolean | undefined;
  readonly items?: Schema | undefined;
  readonly required?: readonly string[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly pattern?: string | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minLength?: number | undefined;
  readonly "x-kubernetes-int-or-string"?: boolean | undefined;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean | undefined;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map" | undefined;
  readonly "x-kubernetes-list-map-keys"?: readonly string[] | undefined;
  readonly "x-kubernetes-map-type"?: "atomic" | "granular" | undefined;
}

const envelope = ["apiVersion", "kind", "metadata"];

/** A custom object without the fields that its schema does not have, and their paths: `spec.replicaCount`. */
export function pruned(
  schema: Schema,
  object: Readonly<Record<string, unknown>>,
): { readonly known: Readonly<Record<string, unknown>>; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  const entries = Object.entries(object).flatMap(([field, value]) => {
    if (envelope.includes(field)) return [[field, value] as const];
    return prunedField(schema, field, value, "", unknown);
  });
  return { known: Object.fromEntries(entries), unknown };
}

function prunedField(schema: Schema, field: string, value: unknown, at: string, unknown: string[]) {
  const path = at === "" ? field : `${at}.${field}`;
  const inner = fieldSchema(schema, field);
  if (inner === undefined) {
    unknown.push(path);
    return [];
  }
  return [[field, inner === "anything" ? value : prunedValue(inner, value, path, unknown)] as const];
}

function prunedValue(schema: Schema, value: unknown, path: string, unknown: string[]): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((one, at) => prunedValue(items, one, `${path}[${at}]`, unknown));
  }
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, inner]) => prunedField(schema, field, inner, path, unknown)),
  );
}

/** What a field is held to; undefined when there is no such field. */
function fieldSchema(schema: Schema, field: string): Schema | "anything" | undefined {
  const named = schema.properties?.[field];
  if (named !== undefined) return named;
  const { additionalProperties: rest } = schema;
  if (typeof rest === "object") return rest;
  return rest === true || schema["x-kubernetes-preserve-unknown-fields"] === true ? "anything" : undefined;
}

export interface SchemaCause {
  readonly field: string;
  readonly reason: "FieldValueRequired" | "FieldValueInvalid" | "FieldValueNotSupported" | "FieldValueTypeInvalid";
  readonly message: string;
}

/** Everything about a custom object that its schema does not allow, in the API server's words. */
export function schemaCauses(schema: Schema, object: Readonly<Record<string, unknown>>): readonly SchemaCause[] {
  return Object.entries(object)
    .filter(([field]) => !envelope.includes(field))
    .flatMap(([field, value]) => fieldCauses(schema, field, value, ""));
}

function fieldCauses(schema: Schema, field: string, value: unknown, at: string): readonly SchemaCause[] {
  const inner = fieldSchema(schema, field);
  if (inner === undefined || inner === "anything") return [];
  return causesOf(inner, value, at === "" ? field : `${at}.${field}`);
}

function causesOf(schema: Schema, value: unknown, path: string): readonly SchemaCause[] {
  // A null where a value is expected counts as none: the server drops it before it validates.
  if (value === null) return [];
  if (schema["x-kubernetes-int-or-string"] === true) {
    return typeof value === "string" || Number.isInteger(value)
      ? limits(schema, value, path)
      : [wrongType(value, path, "integer,string")];
  }
  if (schema.type !== undefined && !isOfType(schema.type, value)) return [wrongType(value, path, schema.type)];
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((one, at) => causesOf(items, one, `${path}[${at}]`));
  }
  if (!isMap(value)) return limits(schema, value, path);
  const missing = (schema.required ?? [])
    .filter((field) => value[field] === undefined)
    .map(
      (field): SchemaCause => ({ field: `${path}.${field}`, reason: "FieldValueRequired", message: "Required value" }),
    );
  return [...missing, ...Object.entries(value).flatMap(([field, inner]) => fieldCauses(schema, field, inner, path))];
}

function limits(schema: Schema, value: unknown, path: string): readonly SchemaCause[] {
  const shown = JSON.stringify(value);
  const invalid = (words: string): SchemaCause => ({
    field: path,
    reason: "FieldValueInvalid",
    message: `Invalid value: ${shown}: ${path} in body ${words}`,
  });
  const { pattern, minimum, maximum, minLength } = schema;
  const causes: SchemaCause[] = [];
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    const supported = schema.enum.map((one) => JSON.stringify(one)).join(", ");
    const message = `Unsupported value: ${shown}: supported values: ${supported}`;
    causes.push({ field: path, reason: "FieldValueNotSupported", message });
  }
  if (typeof value === "string" && pattern !== undefined && !new RegExp(pattern).test(value))
    causes.push(invalid(`should match '${pattern}'`));
  if (typeof value === "string" && minLength !== undefined && value.length < minLength)
    causes.push(invalid(`should be at least ${minLength} chars long`));
  if (typeof value === "number" && minimum !== undefined && value < minimum)
    causes.push(invalid(`should be greater than or equal to ${minimum}`));
  if (typeof value === "number" && maximum !== undefined && value > maximum)
    causes.push(invalid(`should be less than or equal to ${maximum}`));
  return causes;
}

function wrongType(value: unknown, path: string, wanted: string): SchemaCause {
  const found = Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value;
  const message = `Invalid value: "${found}": ${path} in body must be of type ${wanted}: "${found}"`;
  return { field: path, reason: "FieldValueTypeInvalid", message };
}

function isOfType(type: string, value: unknown): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isMap(value);
  return typeof value === type;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
