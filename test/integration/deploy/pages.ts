import { readFileSync } from "node:fs";
import { createTelemetry } from "../../../src/telemetry.ts";
import { report } from "../../fakes/report.ts";

/** What one target said at each of the scrapes, oldest first, and the labels that the scraper would add. */
export interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly pages: readonly string[];
}

const folder = "test/fixtures/dragonfly-1.40.1";

/** Name of every metric that the recorded pages declare, with or without a sample. */
export function declaredNames(): readonly string[] {
  return ["primary", "replica"].flatMap((role) =>
    [...recorded(role).matchAll(/^# TYPE (\S+) /gm)].flatMap(([, name]) => name ?? []),
  );
}

/** The recorded primary with two replicas, as three pods of `dragonfly` in a namespace, over some scrapes. */
export function dragonflyTrio(namespace: string, scrapes: number): readonly Target[] {
  const lag = /^(dragonfly_connected_replica_lag_records\{replica_ip=")[^"]*(".*)$/m;
  const primary = recorded("primary").replace(lag, "$110.0.0.2$2\n$110.0.0.3$2");
  const replica = recorded("replica");
  return [primary, replica, replica].map((page, i) => ({
    labels: { namespace, app: "dragonfly", pod: `dragonfly-${i}`, container: "dragonfly" },
    pages: history(page, scrapes),
  }));
}

/** The recorded primary when nobody replicates from it. */
export function lonePrimary(namespace: string, scrapes: number): Target {
  const page = recorded("primary").replace(/^dragonfly_connected_replica_lag_records.*\n/m, "");
  return { labels: { namespace, app: "dragonfly", pod: "dragonfly-0" }, pages: history(page, scrapes) };
}

/** The bot's own page after each of some rounds of work. */
export async function botPages(namespace: string, scrapes: number): Promise<Target> {
  const telemetry = createTelemetry();
  for (const name of ["slack", "store", "metrics"]) telemetry.dependency(name, "ok");
  telemetry.dependency("cluster apps", "degraded");
  const pages: string[] = [];
  for (let scrape = 0; scrape < scrapes; scrape++) {
    telemetry.handled("command", 4 + scrape);
    telemetry.handled("button", 40);
    telemetry.ran(report({ durationMs: 200 + scrape }));
    telemetry.ran(report({ runbook: "role", verdict: "fail", durationMs: 1_500 }));
    pages.push(await telemetry.text());
  }
  return { labels: { namespace, pod: "dfbot-0", container: "dfbot" }, pages };
}

/**
 * What the kubelet, kube-state-metrics, the scraper and vmalert add for the same pods, with the labels they give:
 * https://github.com/kubernetes/kube-state-metrics/blob/main/docs/metrics/workload/pod-metrics.md,
 * https://kubernetes.io/docs/reference/instrumentation/metrics/ (kubelet_volume_stats_*, container_cpu_usage_seconds_total).
 */
export function surroundings(namespace: string, scrapes: number): readonly Target[] {
  const pods = [0, 1, 2].map((i) => {
    const pod = `namespace="${namespace}",pod="dragonfly-${i}"`;
    const container = `${pod},container="dragonfly"`;
    const claim = `namespace="${namespace}",persistentvolumeclaim="df-dragonfly-${i}"`;
    return [
      `up{${container},app="dragonfly"} 1`,
      `kubelet_volume_stats_used_bytes{${claim}} ${3 + i}e9`,
      `kubelet_volume_stats_capacity_bytes{${claim}} 10e9`,
      `kube_pod_container_resource_limits{${container},resource="memory",unit="byte"} 4294967296`,
      `kube_pod_container_resource_limits{${container},resource="cpu",unit="core"} 2`,
      `kube_pod_status_ready{${pod},condition="true"} 1`,
      `kube_pod_status_ready{${pod},condition="false"} 0`,
      `kube_pod_container_status_restarts_total{${container}} 0`,
      `container_cpu_usage_seconds_total{${container},cpu="total"} 1`,
    ];
  });
  const page = [
    ...pods.flat(),
    'kube_pod_container_resource_limits{namespace="dragonfly-bot",pod="dfbot-0",container="dfbot",resource="memory",unit="byte"} 536870912',
    `ALERTS{alertname="DragonflyMemoryHigh",alertstate="firing",namespace="${namespace}",app="dragonfly",pod="dragonfly-0"} 1`,
    'ALERTS{alertname="DragonflyMetricsGone",alertstate="pending"} 1',
  ].join("\n");
  return [{ labels: {}, pages: Array.from({ length: scrapes }, () => page) }];
}

/** Scheduled snapshots of one pod: how many were tried and how many failed, all of them since the first scrape. */
export function snapshots(namespace: string, scrapes: number, tried: number, failed: number): Target {
  const page = (scrape: number) =>
    `dragonfly_backups_total ${scrape === 0 ? 0 : tried}\ndragonfly_failed_backups_total ${scrape === 0 ? 0 : failed}`;
  return {
    labels: { namespace, app: "dragonfly", pod: "dragonfly-0" },
    pages: Array.from({ length: scrapes }, (_, scrape) => page(scrape)),
  };
}

function recorded(role: string): string {
  return readFileSync(`${folder}/metrics-${role}.prom.txt`, "utf8");
}

/** One page is all there is of a moment; before it, every counter had less. Gauges and quantiles stay as they are. */
function history(page: string, scrapes: number): readonly string[] {
  const counters = new Set([...page.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name));
  const lines = page.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Array.from({ length: scrapes }, (_, scrape) => {
    const share = (scrape + 1) / scrapes;
    return lines
      .map((line) => {
        const cut = line.lastIndexOf(" ");
        const counter = counters.has(/^\w+/.exec(line)?.[0]);
        return counter ? `${line.slice(0, cut)} ${Number(line.slice(cut)) * share}` : line;
      })
      .join("\n");
  });
}
