import type { InstanceConfig } from "../../config/file.ts";
import type { MetricSeries } from "../../platform/ports.ts";
import { read } from "../../platform/reading.ts";
import type { Chart, ChartUnit } from "../../reports/model.ts";
import type { RunContext } from "../definition.ts";

/** One chart of what an alert is about. */
export interface ChartQuery {
  readonly title: string;
  readonly unit: ChartUnit;
  /** `@` stands for the labels of the instance, `%` for its volumes. */
  readonly promql: string;
  /** By which a line is named; without one there is a single line. */
  readonly by?: string;
  readonly threshold?: { readonly value: number; readonly label: string };
}

const memory: ChartQuery = {
  title: "Memory used, of maxmemory",
  unit: "share",
  promql: "dragonfly_memory_used_bytes{@} / dragonfly_memory_max_bytes{@}",
  by: "pod",
};
const disk: ChartQuery = {
  title: "Volumes used",
  unit: "share",
  promql: "1 - kubelet_volume_stats_available_bytes{%} / kubelet_volume_stats_capacity_bytes{%}",
  by: "persistentvolumeclaim",
};
const primaries: ChartQuery = {
  title: "Servers that say they are primary",
  unit: "count",
  promql: "sum(dragonfly_master{@})",
};
const reachable: ChartQuery = { title: "Servers that answer the scraper", unit: "count", promql: "sum(up{@})" };
const commands: ChartQuery = {
  title: "Commands",
  unit: "perSecond",
  promql: 'sum by (pod) (rate(dragonfly_commands_processed_total{@,listener="main"}[2m]))',
  by: "pod",
};
const link: ChartQuery = {
  title: "Silence on the replication link",
  unit: "seconds",
  promql: "dragonfly_master_last_io_seconds_ago{@}",
  by: "pod",
  threshold: { value: 30, label: "stale" },
};
const lag: ChartQuery = {
  title: "Records that replicas are behind",
  unit: "count",
  promql: "max by (replica_ip) (dragonfly_connected_replica_lag_records{@})",
  by: "replica_ip",
  threshold: { value: 10_000, label: "lagging" },
};
const clients: ChartQuery = {
  title: "Clients, of the most there may be",
  unit: "share",
  promql: 'sum by (pod) (dragonfly_connected_clients{@,listener="main"}) / on (pod) dragonfly_max_clients{@}',
  by: "pod",
  threshold: { value: 0.8, label: "alert" },
};
const uptime: ChartQuery = {
  title: "Time since the server started",
  unit: "seconds",
  promql: "dragonfly_uptime_in_seconds{@}",
  by: "pod",
};
const rss: ChartQuery = {
  title: "Memory that the process holds (RSS)",
  unit: "bytes",
  promql: "dragonfly_used_memory_rss_bytes{@}",
  by: "pod",
};
const at = (query: ChartQuery, value: number): ChartQuery => ({ ...query, threshold: { value, label: "alert" } });

/** What is drawn for an alert, the most telling first; the thresholds are those of its rule (a test compares them). */
export const chartsOfAlert: Readonly<Record<string, readonly ChartQuery[]>> = {
  DragonflyPodDown: [reachable, uptime],
  DragonflyMetricsAbsent: [reachable],
  DragonflyNoPrimary: [primaries, reachable],
  DragonflySeveralPrimaries: [primaries],
  DragonflyTooFewReplicas: [reachable, link],
  DragonflyRoleChanged: [primaries, uptime],
  DragonflyRestarted: [uptime, rss],
  DragonflyOomKilled: [rss, uptime],
  DragonflyReplicaLinkDown: [link],
  DragonflyReplicaStale: [link],
  DragonflyReplicaLagging: [lag, commands],
  DragonflySyncStuck: [link, lag],
  DragonflyMemoryHigh: [at(memory, 0.8), commands],
  DragonflyMemoryCritical: [at(memory, 0.9), commands],
  DragonflyOutOfMemory: [memory, rss],
  DragonflyRssNearLimit: [rss, memory],
  DragonflyEvictions: [memory],
  DragonflyDiskFilling: [at(disk, 0.85)],
  DragonflyDiskFull: [at(disk, 0.95)],
  DragonflySnapshotFailed: [disk],
  DragonflySnapshotOld: [disk],
  DragonflyCommandBurst: [commands, memory],
  DragonflyClientsNearLimit: [clients],
  DragonflyClientsRefused: [clients],
  DragonflyRolloutStuck: [reachable],
};
const generally: readonly ChartQuery[] = [reachable];

const minutesShown = 60;
const stepSeconds = 30;
const mostLines = 6;

/** The charts of an alert; what cannot be read is left out, and nothing takes longer than the time that a source has. */
export async function chartsFor(
  { platform, config, signal, now }: Pick<RunContext<object>, "platform" | "config" | "signal" | "now">,
  instance: InstanceConfig,
  alert: string,
  since: string | undefined,
): Promise<readonly Chart[]> {
  const to = now();
  const from = new Date(to.getTime() - minutesShown * 60_000);
  const charts = await Promise.all(
    (chartsOfAlert[alert] ?? generally).map(async (query): Promise<readonly Chart[]> => {
      const promql = promqlOf(query, instance);
      const options = { command: `PromQL: ${promql}`, timeoutMs: config.readTimeoutMs, signal };
      const reading = await read(options, (inner) => platform.metrics.range(promql, { from, to, stepSeconds }, inner));
      if (!reading.ok || reading.value.every(({ points }) => points.length < 2)) return [];
      const { title, unit, threshold } = query;
      const firing = since !== undefined && Date.parse(since) >= from.getTime() ? [{ at: since, label: "fires" }] : [];
      return [
        {
          title,
          unit,
          since: from.toISOString(),
          until: to.toISOString(),
          series: linesOf(query, reading.value),
          ...(threshold === undefined ? {} : { threshold }),
          marks: firing,
        },
      ];
    }),
  );
  return charts.flat();
}

/** The query about one instance. */
export function promqlOf({ promql }: Pick<ChartQuery, "promql">, { namespace, name }: InstanceConfig): string {
  return promql
    .replaceAll("@", `namespace=${JSON.stringify(namespace)},app=${JSON.stringify(name)}`)
    .replaceAll("%", `namespace=${JSON.stringify(namespace)},persistentvolumeclaim=~"df-${name}-.+"`);
}

/** The lines with the highest values, with a gap where nothing was measured. */
function linesOf({ by, title }: ChartQuery, all: readonly MetricSeries[]): Chart["series"] {
  const highest = ({ points }: MetricSeries) => Math.max(...points.map(([, value]) => value));
  return all
    .toSorted((a, b) => highest(b) - highest(a))
    .slice(0, mostLines)
    .map(({ labels, points }) => ({
      name: (by === undefined ? undefined : labels[by]) ?? title,
      points: withGaps(points),
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

function withGaps(points: MetricSeries["points"]): Chart["series"][number]["points"] {
  return points.flatMap(([time, value], index): (readonly [number, number | null])[] => {
    const before = points[index - 1]?.[0];
    const isGap = before !== undefined && time - before > 2.5 * stepSeconds * 1_000;
    return isGap
      ? [
          [before + stepSeconds * 1_000, null],
          [time, value],
        ]
      : [[time, value]];
  });
}
