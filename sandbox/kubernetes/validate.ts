import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { KubeObject } from "./object-store.ts";
import { apiVersionOf, type ResourceType } from "./resources.ts";
import { type ApiStatus, apiError } from "./status.ts";
import { pruned, type SchemaCause, schemaCauses } from "./structural-schema.ts";

/**
 * What the server refuses before it stores an object, where that is cheap to know: names, labels, unknown fields at the
 * top, the required parts of the kinds that people write, what a CRD's schema says, and fields that may not change any more.
 * Sources: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/,
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#validation-for-unrecognized-or-duplicate-fields
 */

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const label1035 = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const pathSegment = /^(?!\.{1,2}$)[^/%]+$/;
const labelKey = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/;

interface Cause {
  readonly field: string;
  readonly reason: SchemaCause["reason"] | "FieldValueForbidden" | "FieldValueDuplicate" | "FieldValueNotFound";
  readonly message: string;
}

/** The 422 of the real server: what is wrong with which field. */
export function invalid(type: ResourceType, name: string, causes: readonly Cause[]): ApiStatus {
  const list = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = list.length === 1 ? list[0] : `[${list.join(", ")}]`;
  const kind = type.group === "" ? type.kind : `${type.kind}.${type.group}`;
  return apiError(422, "Invalid", `${kind} "${name}" is invalid: ${text}`, {
    name,
    ...(type.group === "" ? {} : { group: type.group }),
    kind: type.kind,
    causes,
  });
}

/** Throws 422 for a name, a label or a required part that is wrong. */
export function validate(type: ResourceType, object: KubeObject): void {
  const { name, labels = {} } = object.metadata;
  const causes = [
    ...nameCauses(type, name),
    ...Object.entries(labels).flatMap(([key, value]) => [
      ...(labelKey.test(key)
        ? []
        : [wrong("metadata.labels", key, "name part must consist of alphanumeric characters")]),
      ...(labelValue.test(value)
        ? []
        : [
            wrong(
              "metadata.labels",
              value,
              "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', at most 63 of them",
            ),
          ]),
    ]),
    ...shapeCauses(type, object),
    ...(type.schema === undefined ? [] : schemaCauses(type.schema, object)),
  ];
  if (causes.length > 0) throw invalid(type, name, causes);
}

function nameCauses({ group, plural }: ResourceType, name: string): readonly Cause[] {
  if (group === "rbac.authorization.k8s.io")
    return pathSegment.test(name) ? [] : [wrong("metadata.name", name, "may not contain '/' or '%'")];
  const rule =
    group === "" && plural === "services"
      ? {
          test: label1035,
          words:
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        }
      : group === "" && plural === "namespaces"
        ? {
            test: label,
            words:
              "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
          }
        : {
            test: subdomain,
            words:
              "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
          };
  return rule.test.test(name) ? [] : [wrong("metadata.name", name, rule.words)];
}

function wrong(field: string, value: unknown, words: string): Cause {
  return { field, reason: "FieldValueInvalid", message: `Invalid value: ${JSON.stringify(value)}: ${words}` };
}

const containers = z.array(z.looseObject({ name: z.string().min(1) })).min(1);
const podSpec = z.looseObject({ containers });
const workload = z
  .looseObject({
    selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()).optional() }),
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()).optional() }).optional(),
      spec: podSpec,
    }),
  })
  .refine(
    ({ selector, template }) =>
      Object.entries(selector.matchLabels ?? {}).every(([key, value]) => template.metadata?.labels?.[key] === value),
    { path: ["template", "metadata", "labels"], message: "`selector` does not match template `labels`" },
  );
const specs: Readonly<Record<string, z.ZodType>> = {
  Pod: podSpec,
  Deployment: workload,
  StatefulSet: workload,
  ReplicaSet: workload,
  PodDisruptionBudget: z
    .looseObject({})
    .refine((spec) => spec["minAvailable"] === undefined || spec["maxUnavailable"] === undefined, {
      message: "minAvailable and maxUnavailable cannot be both set",
    }),
  NetworkPolicy: z.looseObject({ podSelector: z.looseObject({}) }),
  PersistentVolumeClaim: z.looseObject({
    accessModes: z.array(z.string()).min(1),
    resources: z.looseObject({ requests: z.looseObject({ storage: z.union([z.string(), z.number()]) }) }),
  }),
};

function shapeCauses(type: ResourceType, object: KubeObject): readonly Cause[] {
  const shape = type.custom === true ? undefined : specs[type.kind];
  const parsed = shape?.safeParse(object["spec"] ?? {});
  return (parsed?.error?.issues ?? []).map(({ path, message, code, ...issue }) => {
    const field = ["spec", ...path].map(String).join(".");
    const missing = code === "too_small" || (code === "invalid_type" && issue.input === undefined);
    return missing
      ? { field, reason: "FieldValueRequired", message: "Required value" }
      : { field, reason: "FieldValueInvalid", message: `Invalid value: ${message}` };
  });
}

const changeable = [
  ...["replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit"],
  ...["persistentVolumeClaimRetentionPolicy", "minReadySeconds"],
];
const anySpec = z.looseObject({ spec: z.looseObject({}).prefault({}) });

/** Throws 422 when an update changes what is fixed once it is made. */
export function validateUpdate(type: ResourceType, before: KubeObject, after: KubeObject): void {
  const [from, to] = [anySpec.parse(before).spec, anySpec.parse(after).spec];
  const { name } = after.metadata;
  if (type.kind === "StatefulSet") {
    const fixed = (spec: object) =>
      Object.fromEntries(Object.entries(spec).filter(([key]) => !changeable.includes(key)));
    if (!isDeepStrictEqual(fixed(from), fixed(to)))
      throw invalid(type, name, [
        {
          field: "spec",
          reason: "FieldValueForbidden",
          message: `Forbidden: updates to statefulset spec for fields other than ${changeable.map((field) => `'${field}'`).join(", ")} are forbidden`,
        },
      ]);
  }
  // Of what else may not change in a pod, nothing here is tried.
  if (type.kind === "Pod" && !isDeepStrictEqual(from["ephemeralContainers"], to["ephemeralContainers"]))
    throw invalid(type, name, [
      {
        field: "spec",
        reason: "FieldValueForbidden",
        message:
          "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
      },
    ]);
  if (type.kind === "Deployment" && !isDeepStrictEqual(from["selector"], to["selector"]))
    throw invalid(type, name, [wrong("spec.selector", to["selector"], "field is immutable")]);
  if (
    ["ConfigMap", "Secret"].includes(type.kind) &&
    before["immutable"] === true &&
    !isDeepStrictEqual(before["data"], after["data"])
  )
    throw invalid(type, name, [
      {
        field: "data",
        reason: "FieldValueForbidden",
        message: "Forbidden: field is immutable when `immutable` is set",
      },
    ]);
}

const envelope = ["apiVersion", "kind", "metadata"];
const topFields: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ["data", "binaryData", "immutable"],
  Secret: ["data", "stringData", "type", "immutable"],
  Pod: ["spec", "status"],
  Service: ["spec", "status"],
  Deployment: ["spec", "status"],
  StatefulSet: ["spec", "status"],
  PodDisruptionBudget: ["spec", "status"],
  PersistentVolumeClaim: ["spec", "status"],
  Namespace: ["spec", "status"],
  NetworkPolicy: ["spec"],
  Lease: ["spec"],
  Role: ["rules"],
  RoleBinding: ["subjects", "roleRef"],
};

export type FieldValidation = "Strict" | "Warn" | "Ignore";

/** The object without fields its kind does not have, and their names. Throws 400 when validation is Strict. */
export function withoutUnknownFields<T extends Readonly<Record<string, unknown>>>(
  type: ResourceType,
  object: T,
  validation: FieldValidation,
): { readonly known: T; readonly warnings: readonly string[] } {
  const { known, unknown } = partedFields(type, object);
  const words = unknown.map((field) => `unknown field "${field}"`);
  if (unknown.length > 0 && validation === "Strict")
    throw apiError(
      400,
      "BadRequest",
      `${type.kind} in version "${apiVersionOf(type).split("/").at(-1)}" cannot be handled as a ${type.kind}: strict decoding error: ${words.join(", ")}`,
    );
  return { known, warnings: validation === "Warn" ? words : [] };
}

function partedFields<T extends Readonly<Record<string, unknown>>>(
  type: ResourceType,
  object: T,
): { readonly known: T; readonly unknown: readonly string[] } {
  if (type.schema !== undefined) {
    const { known, unknown } = pruned(type.schema, object);
    return { known: { ...object, ...known }, unknown };
  }
  const allowed = type.custom === true ? undefined : topFields[type.kind];
  if (allowed === undefined) return { known: object, unknown: [] };
  const unknown = Object.keys(object).filter((field) => ![...envelope, ...allowed].includes(field));
  const known = { ...object };
  for (const field of unknown) Reflect.deleteProperty(known, field);
  return { known, unknown };
}
