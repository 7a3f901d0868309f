import { z } from "zod";
import type * as platform from "../../platform/kubernetes.ts";
import { intOrString, labels, metadata, selector } from "./common.ts";

export const service = z
  .object({
    metadata,
    spec: z.object({
      type: z.string().default("ClusterIP"),
      clusterIP: z.string().optional(),
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

/** Policy types left out: Ingress always, Egress when there are egress rules (API reference of NetworkPolicySpec). */
export const networkPolicy = z
  .object({
    metadata,
    spec: z.object({
      podSelector: selector.prefault({}),
      policyTypes: z.array(z.string()).optional(),
      ingress: z.array(z.unknown()).default([]),
      egress: z.array(z.unknown()).default([]),
    }),
  })
  .transform(
    ({ metadata: meta, spec }): platform.NetworkPolicy => ({
      meta,
      kind: "NetworkPolicy",
      podSelector: spec.podSelector,
      policyTypes: spec.policyTypes ?? ["Ingress", ...(spec.egress.length > 0 ? ["Egress"] : [])],
      ingressRules: spec.ingress.length,
      egressRules: spec.egress.length,
    }),
  );

/** A label in a Cilium selector may say where it comes from: `k8s:app`, `any:app`. */
const withoutSource = (key: string) => key.replace(/^(?:k8s|any):/, "");

const ciliumSelector = selector.transform(({ matchLabels, matchExpressions }) => ({
  ...(matchLabels === undefined
    ? {}
    : {
        matchLabels: Object.fromEntries(Object.entries(matchLabels).map(([key, value]) => [withoutSource(key), value])),
      }),
  ...(matchExpressions === undefined
    ? {}
    : { matchExpressions: matchExpressions.map((rule) => ({ ...rule, key: withoutSource(rule.key) })) }),
}));

const ciliumRule = z.object({
  endpointSelector: ciliumSelector.optional(),
  enableDefaultDeny: z.object({ ingress: z.boolean().optional(), egress: z.boolean().optional() }).prefault({}),
  ingress: z.array(z.unknown()).default([]),
  ingressDeny: z.array(z.unknown()).default([]),
  egress: z.array(z.unknown()).default([]),
  egressDeny: z.array(z.unknown()).default([]),
});

/**
 * A direction is closed by having rules for it, unless `enableDefaultDeny` says no. A policy that selects nodes instead of
 * pods is none of ours. Source: https://docs.cilium.io/en/stable/security/policy/intro/
 */
export const ciliumNetworkPolicy = z
  .object({ metadata, spec: ciliumRule.optional(), specs: z.array(ciliumRule).default([]) })
  .transform(({ metadata: meta, spec, specs }): readonly platform.NetworkPolicy[] =>
    [...(spec === undefined ? [] : [spec]), ...specs].flatMap((rule) => {
      const { endpointSelector, enableDefaultDeny, ingress, ingressDeny, egress, egressDeny } = rule;
      if (endpointSelector === undefined) return [];
      const closes = (rules: number, enabled: boolean | undefined) => rules > 0 && enabled !== false;
      return [
        {
          meta,
          kind: "CiliumNetworkPolicy" as const,
          podSelector: endpointSelector,
          policyTypes: [
            ...(closes(ingress.length + ingressDeny.length, enableDefaultDeny.ingress) ? ["Ingress"] : []),
            ...(closes(egress.length + egressDeny.length, enableDefaultDeny.egress) ? ["Egress"] : []),
          ],
          ingressRules: ingress.length,
          egressRules: egress.length,
        },
      ];
    }),
  );

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
      }),
    );
