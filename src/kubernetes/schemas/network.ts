import { z } from "zod";
import type * as platform from "../../platform/kubernetes.ts";
import { intOrString, labels, metadata, selector } from "./common.ts";

export const service = z
  .object({
    metadata,
    spec: z.object({
      type: z.string().default("ClusterIP"),
      clusterIP: z.string().optional(),
      externalIPs: z.array(z.string()).default([]),
      selector: labels,
      ports: z
        .array(z.object({ name: z.string().optional(), port: z.number(), targetPort: intOrString.optional() }))
        .default([]),
    }),
  })
  .transform(
    ({ metadata: meta, spec }): platform.Service => ({
      meta,
      type: spec.type,
      clusterIp: spec.clusterIP,
      externalIps: spec.externalIPs,
      selector: spec.selector,
      ports: spec.ports.map(({ name, port, targetPort }) => ({ name, port, targetPort: targetPort ?? String(port) })),
    }),
  );

/** One slice holds several endpoints, an endpoint several addresses; `ready` left out counts as ready (API reference). */
export const endpointSlice = z
  .object({
    metadata,
    ports: z.array(z.object({ port: z.number().optional() })).nullish(),
    endpoints: z
      .array(
        z.object({
          addresses: z.array(z.string()),
          conditions: z.object({ ready: z.boolean().nullish() }).prefault({}),
          targetRef: z.object({ kind: z.string(), name: z.string() }).optional(),
        }),
      )
      .nullish(),
  })
  .transform(({ metadata: meta, endpoints, ports }): readonly platform.Endpoint[] =>
    (endpoints ?? []).flatMap(({ addresses, conditions, targetRef }) =>
      addresses.map((address) => ({
        service: meta.labels["kubernetes.io/service-name"] ?? "",
        address,
        ready: conditions.ready ?? true,
        pod: targetRef?.kind === "Pod" ? targetRef.name : undefined,
        port: ports?.[0]?.port,
      })),
    ),
  );

export const podDisruptionBudget = z
  .object({
    metadata,
    spec: z.object({
      selector: selector.prefault({}),
      minAvailable: intOrString.optional(),
      maxUnavailable: intOrString.optional(),
    }),
    status: z
      .object({
        currentHealthy: z.number().default(0),
        desiredHealthy: z.number().default(0),
        disruptionsAllowed: z.number().default(0),
      })
      .prefault({}),
  })
  .transform(({ metadata: meta, spec, status }): platform.PodDisruptionBudget => ({ meta, ...spec, ...status }));

const endpointPort = z.object({ port: z.string().optional() });

export const monitor = (kind: platform.Monitor["kind"]) =>
  z
    .object({
      metadata,
      spec: z
        .object({
          selector: selector.optional(),
          podMetricsEndpoints: z.array(endpointPort).default([]),
          endpoints: z.array(endpointPort).default([]),
          groups: z
            .array(z.object({ rules: z.array(z.object({ alert: z.string().optional() })).default([]) }))
            .default([]),
        })
        .prefault({}),
    })
    .transform(
      ({ metadata: meta, spec }): platform.Monitor => ({
        meta,
        kind,
        selector: spec.selector,
        ports: [...spec.podMetricsEndpoints, ...spec.endpoints].flatMap(({ port }) =>
          port === undefined ? [] : [port],
        ),
        alerts: spec.groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? [])),
      }),
    );
