import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { KubeObject } from "./object-store.ts";
import type { ResourceType } from "./resources.ts";
import { invalid } from "./validate.ts";

/**
 * The subresource `pods/ephemeralcontainers`: containers may be added to a pod that is there, and nothing else of it changes.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/, and the API server's strategy and validation
 * (pkg/registry/core/pod/strategy.go, pkg/apis/core/validation).
 */

const container = z.looseObject({ name: z.string().default(""), image: z.string().default("") });
const podSpec = z.looseObject({
  containers: z.array(container).default([]),
  initContainers: z.array(container).default([]),
  ephemeralContainers: z.array(container).default([]),
});
type Container = z.infer<typeof container>;

/** What a container that is added later may not have. */
const forbiddenFields = ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resources"] as const;

/** The pod as the write leaves it: all but the list of ephemeral containers is dropped from what was sent. */
export function withEphemeralContainers(before: KubeObject, sent: KubeObject): KubeObject {
  const { ephemeralContainers } = podSpec.parse(sent["spec"] ?? {});
  const { resourceVersion } = sent.metadata;
  return {
    ...before,
    metadata: { ...before.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: { ...Object(before["spec"]), ephemeralContainers },
  };
}

/** Throws 422 for a new pod that has some already. */
export function refuseEphemeralOnCreate(type: ResourceType, { metadata, spec }: KubeObject): void {
  if (podSpec.parse(spec).ephemeralContainers.length === 0) return;
  const field = "spec.ephemeralContainers";
  throw invalid(type, metadata.name, [
    { field, reason: "FieldValueForbidden", message: "Forbidden: cannot be set on create" },
  ]);
}

/** Throws 422 for a container that is changed, taken away or not one that may be added. */
export function validateEphemeralContainers(type: ResourceType, before: KubeObject, after: KubeObject): void {
  const [old, now] = [podSpec.parse(before["spec"]), podSpec.parse(after["spec"])];
  const field = "spec.ephemeralContainers";
  const forbidden = (where: string, words: string) => ({
    field: where,
    reason: "FieldValueForbidden" as const,
    message: `Forbidden: ${words}`,
  });
  const causes = [
    ...now.ephemeralContainers.flatMap((one, index) => shapeCauses(one, `${field}[${index}]`, now, index)),
    ...old.ephemeralContainers.flatMap((one) => {
      const kept = now.ephemeralContainers.find(({ name }) => name === one.name);
      if (kept === undefined)
        return [forbidden(field, `existing ephemeral containers "${one.name}" may not be removed\n`)];
      if (isDeepStrictEqual(kept, one)) return [];
      return [forbidden(field, `existing ephemeral containers "${one.name}" may not be changed\n`)];
    }),
  ];
  if (causes.length > 0) throw invalid(type, after.metadata.name, causes);
}

function shapeCauses(one: Container, field: string, spec: z.infer<typeof podSpec>, index: number) {
  const required = (name: string) => ({
    field: `${field}.${name}`,
    reason: "FieldValueRequired" as const,
    message: "Required value",
  });
  const others = [...spec.containers, ...spec.initContainers, ...spec.ephemeralContainers.slice(0, index)];
  const target = one["targetContainerName"];
  return [
    ...(one.name === "" ? [required("name")] : []),
    ...(one.image === "" ? [required("image")] : []),
    ...(others.some(({ name }) => name === one.name)
      ? [{ field: `${field}.name`, reason: "FieldValueDuplicate" as const, message: `Duplicate value: "${one.name}"` }]
      : []),
    ...(target === undefined || target === "" || spec.containers.some(({ name }) => name === target)
      ? []
      : [
          {
            field: `${field}.targetContainerName`,
            reason: "FieldValueNotFound" as const,
            message: `Not found: ${JSON.stringify(target)}`,
          },
        ]),
    ...forbiddenFields
      .filter((name) => one[name] !== undefined)
      .map((name) => ({
        field: `${field}.${name}`,
        reason: "FieldValueForbidden" as const,
        message: "Forbidden: cannot be set for an Ephemeral Container",
      })),
  ];
}
