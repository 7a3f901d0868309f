import { z } from "zod";
import type * as platform from "../../platform/kubernetes.ts";
import { metadata } from "./common.ts";

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ in its core/v1 form. */
export const event = z
  .object({
    metadata,
    involvedObject: z.object({ kind: z.string().default(""), name: z.string().default("") }).prefault({}),
    type: z.string().default("Normal"),
    reason: z.string().default(""),
    message: z.string().default(""),
    count: z.number().nullish(),
    lastTimestamp: z.string().nullish(),
    eventTime: z.string().nullish(),
    series: z.object({ count: z.number().default(1), lastObservedTime: z.string().optional() }).nullish(),
  })
  .transform(
    ({ metadata: meta, involvedObject, type, reason, message, ...when }): platform.KubernetesEvent => ({
      // Older and newer writers fill different fields.
      at: when.series?.lastObservedTime ?? when.lastTimestamp ?? when.eventTime ?? meta.createdAt,
      warning: type === "Warning",
      reason,
      message,
      kind: involvedObject.kind,
      name: involvedObject.name,
      count: when.series?.count ?? when.count ?? 1,
    }),
  );

/** https://fluxcd.io/flux/components/kustomize/kustomizations/#kustomization-status */
export const kustomization = z
  .object({
    metadata,
    spec: z.object({ suspend: z.boolean().default(false) }).prefault({}),
    status: z
      .object({
        lastAppliedRevision: z.string().optional(),
        lastAttemptedRevision: z.string().optional(),
        inventory: z.object({ entries: z.array(z.object({ id: z.string() })).nullish() }).optional(),
        conditions: z
          .array(
            z.object({
              type: z.string(),
              status: z.string(),
              message: z.string().default(""),
              lastTransitionTime: z.string().optional(),
            }),
          )
          .default([]),
      })
      .prefault({}),
  })
  .transform(({ metadata: meta, spec, status }): platform.Kustomization => {
    const ready = status.conditions.find(({ type }) => type === "Ready");
    return {
      meta,
      ready: ready === undefined ? undefined : ready.status === "True",
      message: ready?.message ?? "",
      suspended: spec.suspend,
      appliedRevision: status.lastAppliedRevision,
      attemptedRevision: status.lastAttemptedRevision,
      changedAt: ready?.lastTransitionTime,
      inventory: status.inventory && (status.inventory.entries ?? []).map(({ id }) => id),
    };
  });

const conditions = z
  .array(z.object({ type: z.string(), status: z.string(), message: z.string().default("") }))
  .default([]);

/** https://fluxcd.io/flux/components/helm/helmreleases/ */
export const helmRelease = z
  .object({
    metadata,
    spec: z.object({ suspend: z.boolean().default(false) }).prefault({}),
    status: z.object({ conditions }).prefault({}),
  })
  .transform(({ metadata: meta, spec, status }): platform.HelmRelease => {
    const ready = status.conditions.find(({ type }) => type === "Ready");
    return {
      meta,
      ready: ready === undefined ? undefined : ready.status === "True",
      message: ready?.message ?? "",
      suspended: spec.suspend,
    };
  });

/** https://fluxcd.io/flux/components/source/ocirepositories/: a digest counts before a range, and a range before a tag. */
export const ociRepository = z
  .object({
    metadata,
    spec: z.object({
      ref: z
        .object({ tag: z.string().optional(), semver: z.string().optional(), digest: z.string().optional() })
        .prefault({}),
    }),
  })
  .transform(
    ({ metadata: meta, spec: { ref } }): platform.OciRepository => ({
      meta,
      tag: ref.digest === undefined && ref.semver === undefined ? ref.tag : undefined,
    }),
  );

/** The versions of a CustomResourceDefinition, each with its schema. */
export const definedVersions = z.object({
  spec: z.object({
    versions: z.array(
      z.object({
        name: z.string(),
        schema: z.object({ openAPIV3Schema: z.record(z.string(), z.unknown()).optional() }).optional(),
      }),
    ),
  }),
});

/** https://external-secrets.io/latest/api/externalsecret/ */
export const externalSecret = z
  .object({
    metadata,
    spec: z.object({ target: z.object({ name: z.string().optional() }).prefault({}) }).prefault({}),
    status: z.object({ conditions }).prefault({}),
  })
  .transform(({ metadata: meta, spec, status }): platform.ExternalSecret => {
    const ready = status.conditions.find(({ type }) => type === "Ready");
    return {
      meta,
      target: spec.target.name ?? meta.name,
      synced: ready === undefined ? undefined : ready.status === "True",
      message: ready?.message ?? "",
    };
  });

export const namespace = z.object({ metadata });
