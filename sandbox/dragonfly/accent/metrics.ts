import {
  attachedReplicas,
  commandStats,
  errorCount,
  keyspaces,
  numberOf,
  replicaLink,
  type ServerFacts,
} from "./facts.ts";
import { idleMetrics } from "./idle-metrics.ts";

type Sample = readonly [labels: string, value: number];

interface Metric {
  /** Without the `dragonfly_` prefix. */
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help?: string;
  readonly samples: (facts: ServerFacts) => readonly Sample[];
}

/** The `/metrics` page of Dragonfly v1.40.1, in Prometheus text form. */
export function metricsPage(facts: ServerFacts): string {
  const page = [...metrics, ...resting]
    .map(({ name, type, help = "", samples }) => {
      const full = `dragonfly_${name}`;
      const found = samples(facts);
      if (found.length === 0 && !alwaysDeclared.has(name)) return "";
      const lines = found.map(([labels, value]) => `${full}${labels === "" ? "" : `{${labels}}`} ${value}\n`);
      return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join("")}`;
    })
    .join("");
  return page + latencySummary;
}

/** Without quantiles, as a server has it that no client has sent a pipeline to. */
const latencySummary = `# HELP dragonfly_pipeline_latency_seconds Pipeline command latency distribution
# TYPE dragonfly_pipeline_latency_seconds summary
dragonfly_pipeline_latency_seconds_sum 0
dragonfly_pipeline_latency_seconds_count 0
`;

/** Declared even while they have no sample. */
const alwaysDeclared = new Set(["expired_keys_total", "evicted_keys_total"]);

const one = (value: number): readonly Sample[] => [["", value]];
const field =
  (name: string): Metric["samples"] =>
  ({ redis }) =>
    one(numberOf(redis, name));
const idle = (): readonly Sample[] => one(0);
const gauge = (name: string, samples: Metric["samples"], help = ""): Metric => ({ name, type: "gauge", help, samples });
const counter = (name: string, samples: Metric["samples"], help = ""): Metric => ({
  name,
  type: "counter",
  help,
  samples,
});
const onReplica =
  (value: (link: NonNullable<ReturnType<typeof replicaLink>>, facts: ServerFacts) => number | undefined) =>
  (facts: ServerFacts): readonly Sample[] => {
    const link = replicaLink(facts.redis);
    const found = link === undefined ? undefined : value(link, facts);
    return found === undefined ? [] : one(found);
  };

const resting: readonly Metric[] = idleMetrics.map(({ labels, ...metric }) => ({
  ...metric,
  samples: () => labels.map((one): Sample => [one, 0]),
}));

const metrics: readonly Metric[] = [
  gauge("version", ({ own }) => [[`version="${own.version}"`, 1]]),
  gauge("master", ({ redis }) => one(redis.get("role") === "master" ? 1 : 0), "1 if master 0 if replica"),
  counter("uptime_in_seconds", field("uptime_in_seconds")),
  gauge("max_clients", ({ own }) => one(own.maxClients), "Maximal number of clients"),
  gauge("connected_clients", ({ own }) => [
    ['listener="main"', own.mainClients],
    ['listener="other"', own.adminClients],
  ]),
  counter(
    "tls_handshakes_total",
    () => [
      ['status="started"', 0],
      ['status="completed"', 0],
    ],
    "Total TLS handshakes by status",
  ),
  gauge("blocked_clients", field("blocked_clients")),
  gauge("pipeline_queue_length", idle),
  gauge("send_delay_seconds", idle),
  counter("pipeline_throttle_total", idle),
  counter("pipeline_commands_total", idle),
  counter("pipeline_commands_duration_seconds", idle),
  gauge("memory_used_bytes", field("used_memory")),
  gauge("memory_used_peak_bytes", field("used_memory_peak")),
  gauge(
    "connections_libs",
    ({ own }) => [['lib=":"', own.mainClients + own.adminClients]],
    "Total number of connections by libname:ver",
  ),
  gauge("fibers_count", idle),
  gauge("blocked_tasks", idle),
  gauge("memory_max_bytes", field("maxmemory")),
  gauge("used_memory_rss_bytes", field("used_memory_rss")),
  gauge("swap_memory_bytes", idle),
  counter("connections_received_total", field("total_connections_received")),
  counter("commands_processed_total", ({ redis }) => [
    ['listener="main"', numberOf(redis, "total_commands_processed")],
    ['listener="other"', 0],
  ]),
  counter("keyspace_hits_total", (facts) => [
    ["", numberOf(facts.redis, "keyspace_hits")],
    ...keyspaces(facts.redis).map(({ db }): Sample => [`db="${db}"`, numberOf(facts.redis, "keyspace_hits")]),
  ]),
  counter("keyspace_misses_total", (facts) => [
    ["", numberOf(facts.redis, "keyspace_misses")],
    ...keyspaces(facts.redis).map(({ db }): Sample => [`db="${db}"`, numberOf(facts.redis, "keyspace_misses")]),
  ]),
  counter("keyspace_mutations_total", field("rdb_changes_since_last_save")),
  counter("backups_total", ({ own }) => one(own.snapshot.scheduled)),
  counter("failed_backups_total", ({ own }) => one(own.snapshot.scheduledFailed)),
  // 1 on a fresh process too: looking for a snapshot counts.
  counter("restores_total", () => one(1)),
  counter("failed_restores_total", idle),
  counter("net_input_bytes_total", field("total_net_input_bytes")),
  counter("net_output_bytes_total", field("total_net_output_bytes")),
  counter("script_error_total", idle),
  counter(
    "listener_accept_error_total",
    ({ own }) => [
      ['reason="limit_reached"', own.refusedClients],
      ['reason="tls_error"', 0],
    ],
    "Listener accept errors",
  ),
  counter("oom_errors_total", ({ redis }) => {
    const count = errorCount(redis, "OOM");
    // Absent until it is not zero.
    return count === 0 ? [] : [['type="cmd"', count]];
  }),
  counter("expired_keys_total", ({ redis }) =>
    numberOf(redis, "expired_keys") === 0 ? [] : [['db="db0"', numberOf(redis, "expired_keys")]],
  ),
  counter("evicted_keys_total", ({ redis }) =>
    numberOf(redis, "evicted_keys") === 0 ? [] : [['db="db0"', numberOf(redis, "evicted_keys")]],
  ),
  counter(
    "commands_total",
    ({ redis }) => [...commandStats(redis)].map(([name, { calls }]): Sample => [`cmd="${name}"`, calls]),
    "Total number of commands executed",
  ),
  counter(
    "commands_duration_seconds",
    ({ redis }) => [...commandStats(redis)].map(([name, { usec }]): Sample => [`cmd="${name}"`, usec / 1e6]),
    "Duration of commands in seconds",
  ),
  counter(
    "replica_reconnect_count",
    onReplica((_, { own }) => own.reconnects),
  ),
  gauge(
    "master_link_status",
    onReplica(({ up }) => (up ? 1 : 0)),
  ),
  gauge(
    "master_last_io_seconds_ago",
    onReplica(({ lastIoSeconds }) => lastIoSeconds),
  ),
  gauge(
    "master_sync_in_progress",
    onReplica(({ syncing }) => (syncing ? 1 : 0)),
  ),
  gauge(
    "slave_repl_offset",
    onReplica(({ offset }) => offset),
  ),
  counter("replication_psync_count", ({ redis }) =>
    replicaLink(redis) === undefined ? one(numberOf(redis, "sync_partial_ok")) : [],
  ),
  gauge(
    "connected_replica_lag_records",
    ({ redis }) =>
      attachedReplicas(redis).map(
        ({ ip, port, state, lag }): Sample => [
          `replica_ip="${ip}", replica_port="${port}", replica_state="${state}"`,
          lag,
        ],
      ),
    "Lag in records of a connected replica.",
  ),
  gauge("tx_queue_len", idle),
  gauge(
    "db_keys",
    ({ redis }) => keyspaces(redis).map(({ db, keys }): Sample => [`db="${db}"`, keys]),
    "Total number of keys by DB",
  ),
  gauge(
    "db_keys_expiring",
    ({ redis }) => keyspaces(redis).map(({ db, expires }): Sample => [`db="${db}"`, expires]),
    "Total number of expiring keys by DB",
  ),
  gauge(
    "memory_by_class_bytes",
    ({ redis }) => [
      ['class="used_lua"', numberOf(redis, "used_memory_lua")],
      ['class="table_used"', numberOf(redis, "used_memory_overhead")],
      ['class="object_used"', numberOf(redis, "used_memory_dataset")],
      ['class="repl_backlog_buffer"', numberOf(redis, "repl_backlog_histlen")],
    ],
    "Memory metrics",
  ),
];
