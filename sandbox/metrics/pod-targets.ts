import { z } from "zod";
import type { ObjectStore } from "../kubernetes/object-store.ts";
import { places } from "../world/places.ts";
import { carries, listViews, podView } from "../world/views.ts";

/** The part of a PodMonitor that is understood here; one that says more is not scraped at all. */
const podMonitorView = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z.strictObject({
    selector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
    podTargetLabels: z.array(z.string()).default([]),
    podMetricsEndpoints: z.array(
      z.strictObject({
        port: z.string(),
        path: z.string().default("/metrics"),
        scheme: z.literal("http").default("http"),
        interval: z.string().optional(),
        scrapeTimeout: z.string().optional(),
      }),
    ),
  }),
});

/** What HTTP service discovery says of one thing to scrape. */
export interface Target {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What the Prometheus operator makes of the PodMonitors of a cluster, as HTTP service discovery: a target for each selected
 * pod and port, with the labels that the rules and dashboards count by. The interval is the world's own.
 * Sources: https://prometheus.io/docs/prometheus/latest/http_sd/, API reference of PodMonitor
 */
export function podTargets(objects: ObjectStore): readonly Target[] {
  return listViews(objects, places.podMonitors, podMonitorView).flatMap(({ metadata, spec }) =>
    listViews(objects, places.pods, podView, metadata.namespace)
      .filter((pod) => pod.status.podIP !== undefined && carries(pod.metadata.labels, spec.selector.matchLabels))
      .flatMap((pod) =>
        spec.podMetricsEndpoints.flatMap(({ port, path }) => {
          const container = pod.spec.containers.find(({ ports }) => ports.some(({ name }) => name === port));
          const number = container?.ports.find(({ name }) => name === port)?.containerPort;
          if (container === undefined || number === undefined) return [];
          return [
            {
              targets: [`${pod.status.podIP}:${number}`],
              labels: {
                __metrics_path__: path,
                job: `${metadata.namespace}/${metadata.name}`,
                namespace: metadata.namespace,
                pod: pod.metadata.name,
                container: container.name,
                endpoint: port,
                ...labelsOf(pod.metadata.labels, spec.podTargetLabels),
              },
            },
          ];
        }),
      ),
  );
}

function labelsOf(labels: Readonly<Record<string, string>>, wanted: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    wanted.flatMap((name) => {
      const value = labels[name];
      return value === undefined ? [] : [[name.replaceAll(/[^a-zA-Z0-9_]/g, "_"), value]];
    }),
  );
}
