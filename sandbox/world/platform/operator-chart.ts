import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { KubeObject, ObjectStore } from "../../kubernetes/object-store.ts";
import { applyObject } from "../manifests.ts";
import { places } from "../places.ts";
import { getView, listViews, record } from "../views.ts";

/**
 * The Helm controller with one chart: dragonfly-operator v1.6.1. Its values are strict, so that a misspelt one, which Helm
 * would pass over in silence, is an error here. Source of the names: the chart's values.yaml and templates.
 */

const anyObject = z.record(z.string(), z.unknown());
const values = z.strictObject({
  replicaCount: z.int().min(1).default(1),
  crds: z.strictObject({ install: z.boolean().default(true), keep: z.boolean().default(true) }).prefault({}),
  podSecurityContext: anyObject.default({}),
  manager: z
    .strictObject({
      image: z
        .strictObject({ repository: z.string().default("ghcr.io/dragonflydb/operator"), tag: z.string() })
        .partial({ tag: true })
        .prefault({}),
      resources: anyObject.default({}),
      securityContext: anyObject.default({}),
      priorityClassName: z.string().optional(),
      affinity: anyObject.default({}),
      topologySpreadConstraints: z.array(anyObject).default([]),
      nodeSelector: anyObject.default({}),
      tolerations: z.array(anyObject).default([]),
      extraArgs: z.array(z.string()).default([]),
    })
    .prefault({}),
  serviceMonitor: z.strictObject({ enabled: z.boolean().default(false), interval: z.string().optional() }).prefault({}),
});

const releaseView = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string(), generation: z.number().default(1) }),
  spec: z.looseObject({
    releaseName: z.string(),
    chartRef: z.strictObject({ kind: z.literal("OCIRepository"), name: z.string(), namespace: z.string() }),
    values: anyObject.default({}),
  }),
  status: z.looseObject({ observedGeneration: z.number().optional() }).prefault({}),
});
type Release = z.infer<typeof releaseView>;

const repositoryView = z.looseObject({
  spec: z.looseObject({ url: z.string(), ref: z.strictObject({ tag: z.string() }) }),
});

const chart = { url: "oci://ghcr.io/dragonflydb/dragonfly-operator/helm/dragonfly-operator", tag: "v1.6.1" };

/** Installs and upgrades what the HelmReleases ask for, and says in their status how it went. */
export function reconcileHelmReleases(store: ObjectStore): void {
  for (const release of listViews(store, places.helmReleases, releaseView)) {
    const { namespace, name, generation } = release.metadata;
    if (release.status.observedGeneration === generation) continue;
    const failure = install(store, release);
    store.patch(places.helmReleases, namespace, name, (object) => {
      object["status"] = {
        ...record(object["status"]),
        observedGeneration: generation,
        conditions: [
          {
            type: "Ready",
            status: failure === undefined ? "True" : "False",
            reason: failure === undefined ? "InstallSucceeded" : "InstallFailed",
            message: failure ?? `Helm install succeeded for release ${namespace}/${name} with chart ${chart.tag}`,
            lastTransitionTime: new Date().toISOString(),
          },
        ],
      };
    });
  }
}

function install(store: ObjectStore, release: Release): string | undefined {
  const { chartRef } = release.spec;
  const source = getView(store, places.ociRepositories, repositoryView, chartRef.namespace, chartRef.name);
  if (source === undefined) return `OCIRepository ${chartRef.namespace}/${chartRef.name} not found`;
  if (source.spec.url !== chart.url || source.spec.ref.tag !== chart.tag) {
    return `the registry has ${chart.url}:${chart.tag} only, not ${source.spec.url}:${source.spec.ref.tag}`;
  }
  const parsed = values.safeParse(release.spec.values);
  if (!parsed.success) return `values: ${z.prettifyError(parsed.error)}`;
  for (const object of render(release, parsed.data)) applyObject(store, object);
  return undefined;
}

/** The labels that the chart gives to the operator's pods, and selects them by. */
export function operatorPodLabels(releaseName: string): Readonly<Record<string, string>> {
  return { "app.kubernetes.io/name": releaseName, "control-plane": "controller-manager" };
}

function render(
  { metadata: { namespace }, spec: { releaseName } }: Release,
  given: z.infer<typeof values>,
): readonly KubeObject[] {
  const { manager } = given;
  const selector = operatorPodLabels(releaseName);
  const labels = { ...selector, "app.kubernetes.io/version": chart.tag };
  const account = `${releaseName}-controller-manager`;
  const crd: KubeObject = parse(readFileSync(join(import.meta.dirname, "dragonfly-crd.yaml"), "utf8"));
  const template = {
    metadata: { labels: selector },
    spec: {
      serviceAccountName: account,
      terminationGracePeriodSeconds: 10,
      securityContext: given.podSecurityContext,
      ...(manager.priorityClassName === undefined ? {} : { priorityClassName: manager.priorityClassName }),
      affinity: manager.affinity,
      topologySpreadConstraints: manager.topologySpreadConstraints,
      nodeSelector: manager.nodeSelector,
      tolerations: manager.tolerations,
      containers: [
        {
          name: "manager",
          image: `${manager.image.repository}:${manager.image.tag ?? chart.tag}`,
          args: [
            "--leader-elect",
            "--health-probe-bind-address=:8081",
            "--metrics-bind-address=:8080",
            ...manager.extraArgs,
          ],
          ports: [{ name: "metrics", containerPort: 8080, protocol: "TCP" }],
          resources: manager.resources,
          securityContext: manager.securityContext,
        },
      ],
    },
  };
  return [
    ...(given.crds.install ? [crd] : []),
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: releaseName, namespace, labels },
      spec: { replicas: given.replicaCount, selector: { matchLabels: selector }, template },
    },
    ...(given.serviceMonitor.enabled
      ? [
          {
            apiVersion: "monitoring.coreos.com/v1",
            kind: "ServiceMonitor",
            metadata: { name: releaseName, namespace, labels },
            spec: {
              selector: { matchLabels: selector },
              endpoints: [
                {
                  port: "metrics",
                  ...(given.serviceMonitor.interval === undefined ? {} : { interval: given.serviceMonitor.interval }),
                },
              ],
            },
          },
        ]
      : []),
  ];
}
