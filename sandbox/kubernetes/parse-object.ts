import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { FieldSet } from "./managed-fields/field-set.ts";
import { entryWith } from "./managed-fields/ownership.ts";
import type { KubeObject } from "./object-store.ts";
import { apiVersionOf, type ResourceType } from "./resources.ts";
import { apiError } from "./status.ts";
import { type FieldValidation, invalid, withoutUnknownFields } from "./validate.ts";

const fieldSet: z.ZodType<FieldSet> = z.record(
  z.string(),
  z.lazy(() => fieldSet),
);
const managedFieldsEntry = z.object({
  manager: z.string().default(""),
  operation: z.enum(["Apply", "Update"]),
  apiVersion: z.string(),
  time: z.string().optional(),
  fieldsType: z.literal("FieldsV1"),
  fieldsV1: fieldSet,
  subresource: z.string().optional(),
});
/**
 * A list with one empty entry takes all of them away; what says nothing, or cannot be read, leaves them as they are.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#clearing-managedfields
 */
const managedFields = z
  .union([
    z.tuple([z.strictObject({})]).transform(() => []),
    z
      .array(managedFieldsEntry)
      .min(1)
      .transform((entries) => entries.flatMap((entry) => entryWith(entry, entry.fieldsV1))),
  ])
  .nullish()
  .catch(undefined);

const metadataSchema = z.looseObject({
  name: z.string().optional(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
  finalizers: z.array(z.string()).nullish(),
  managedFields,
  ownerReferences: z
    .array(z.looseObject({ apiVersion: z.string(), kind: z.string(), name: z.string(), uid: z.string() }))
    .nullish(),
});
const objectSchema = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: metadataSchema.prefault({}) });

/** What a path points at. */
export interface At {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** How a write is to be made, from its query. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Takes what the answer's Warning headers say. */
  readonly warn: (text: string) => void;
}

/** The body of a write as an object of the kind and namespace that the path says. Throws 400 and 422. */
export function parseObject({ type, namespace, name }: At, body: unknown, options: WriteOptions): KubeObject {
  const parsed = objectSchema.safeParse(body);
  if (!parsed.success)
    throw apiError(
      400,
      "BadRequest",
      `the object provided is unrecognized (must be of type ${type.kind}): ${parsed.error.issues[0]?.message}`,
    );
  const { known, warnings } = withoutUnknownFields(type, parsed.data, options.fieldValidation);
  for (const warning of warnings) options.warn(warning);
  const { apiVersion, kind, metadata } = known;
  if (kind !== type.kind || apiVersion !== apiVersionOf(type)) {
    throw apiError(
      400,
      "BadRequest",
      `the API version in the data (${apiVersion}) or kind (${kind}) does not match the expected ${apiVersionOf(type)}, ${type.kind}`,
    );
  }
  if (type.namespaced && metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw apiError(
      400,
      "BadRequest",
      `the namespace of the provided object does not match the namespace sent on the request`,
    );
  }
  const given = metadata.name ?? (name === undefined ? generatedName(metadata.generateName) : undefined);
  if (given === undefined)
    throw invalid(type, "", [
      {
        field: "metadata.name",
        reason: "FieldValueRequired",
        message: "Required value: name or generateName is required",
      },
    ]);
  const { namespace: _, ...plain } = withoutNothing(metadata);
  return {
    ...known,
    metadata: { ...plain, name: given, ...(type.namespaced && namespace !== undefined ? { namespace } : {}) },
  };
}

/** Five characters, of those that make no words. */
function generatedName(prefix: string | undefined): string | undefined {
  const alphabet = "bcdfghjklmnpqrstvwxz2456789";
  if (prefix === undefined) return undefined;
  return prefix + [...randomBytes(5)].map((byte) => alphabet[byte % alphabet.length]).join("");
}

/** Fields that are null are the same as absent. */
function withoutNothing<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const kept = { ...fields };
  for (const key in kept) if (kept[key] === null || kept[key] === undefined) delete kept[key];
  return kept;
}

/** The server, not the writer, gives a new object its status and a Secret its encoding. */
export function asNew(type: ResourceType, object: KubeObject): KubeObject {
  const fresh = { ...object };
  if (type.status) delete fresh["status"];
  if (type.custom === true) return fresh;
  if (type.kind === "Pod") fresh["status"] = { phase: "Pending" };
  if (type.kind === "Namespace") {
    fresh["status"] = { phase: "Active" };
    fresh.metadata = {
      ...object.metadata,
      labels: { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name },
    };
  }
  return type.kind === "Secret" ? encodedSecret(fresh) : fresh;
}

const secretSchema = z.looseObject({
  data: z.record(z.string(), z.string()).prefault({}),
  stringData: z.record(z.string(), z.string()).prefault({}),
  type: z.string().prefault("Opaque"),
});

/** `stringData` is only for writing. */
export function encodedSecret(object: KubeObject): KubeObject {
  const { data, stringData, type } = secretSchema.parse(object);
  const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
  const secret: KubeObject = { ...object, type, data: { ...data, ...Object.fromEntries(encoded) } };
  delete secret["stringData"];
  return secret;
}
