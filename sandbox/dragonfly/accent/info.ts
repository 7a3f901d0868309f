import {
  attachedReplicas,
  commandStats,
  dataPort,
  errorCount,
  isLoading,
  keyspaces,
  numberOf,
  redisVersion,
  replicaLink,
  type ServerFacts,
} from "./facts.ts";
import { humanBytes } from "./human-bytes.ts";

type Fields = readonly (readonly [string, string | number])[];

/**
 * INFO as Dragonfly v1.40.1 prints it: its sections, their order and field names, filled from the real process. What the
 * process behind has no counterpart for is the value of an idle server.
 */
export function dragonflyInfo(facts: ServerFacts, section: string | undefined): string {
  const wanted = section?.toUpperCase();
  return sections
    .filter(({ name, byDefault }) => (wanted === undefined ? byDefault : wanted === "ALL" || wanted === name))
    .map(({ name, fields }) => {
      const lines = fields(facts).map(([field, value]) => `${field}:${value}\r\n`);
      return `# ${name.slice(0, 1)}${name.slice(1).toLowerCase()}\r\n${lines.join("")}`;
    })
    .join("\r\n");
}

interface Section {
  readonly name: string;
  /** Part of a plain INFO. */
  readonly byDefault: boolean;
  readonly fields: (facts: ServerFacts) => Fields;
}

const zeros = (...names: readonly string[]): Fields => names.map((name) => [name, 0] as const);

const server: Section["fields"] = ({ redis, own }) => [
  ["redis_version", redisVersion],
  ["dragonfly_version", own.version],
  ["redis_mode", "standalone"],
  ["arch_bits", 64],
  ["process_id", numberOf(redis, "process_id")],
  ["os", redis.get("os") ?? ""],
  ["thread_count", own.threads],
  ["multiplexing_api", "epoll"],
  ["tcp_port", dataPort],
  ["uptime_in_seconds", numberOf(redis, "uptime_in_seconds")],
  ["uptime_in_days", numberOf(redis, "uptime_in_days")],
  ["hz", 100],
  ["executable", own.executable],
  ["config_file", ""],
];

const clients: Section["fields"] = ({ redis, own }) => [
  ["connected_clients", own.mainClients + own.adminClients],
  ["max_clients", own.maxClients],
  ["client_read_buffer_bytes", 256 * (own.mainClients + own.adminClients)],
  ["blocked_clients", numberOf(redis, "blocked_clients")],
  ...zeros("pipeline_queue_length", "send_delay_ms", "timeout_disconnects"),
];

const memory: Section["fields"] = ({ redis }) => {
  const used = numberOf(redis, "used_memory");
  const peak = numberOf(redis, "used_memory_peak");
  const rss = numberOf(redis, "used_memory_rss");
  const max = numberOf(redis, "maxmemory");
  const data = numberOf(redis, "used_memory_dataset");
  const entries = keyspaces(redis).reduce((sum, { keys }) => sum + keys, 0);
  return [
    ["used_memory", used],
    ["used_memory_human", humanBytes(used)],
    ["used_memory_peak", peak],
    ["used_memory_peak_human", humanBytes(peak)],
    ...zeros("fibers_stack_vms", "fibers_count"),
    ["used_memory_rss", rss],
    ["used_memory_rss_human", humanBytes(rss)],
    ["used_memory_peak_rss", numberOf(redis, "used_memory_peak")],
    ["maxmemory", max],
    ["maxmemory_human", humanBytes(max)],
    ["used_memory_lua", numberOf(redis, "used_memory_lua")],
    ["object_used_memory", data],
    ["table_used_memory", numberOf(redis, "used_memory_overhead")],
    ["prime_capacity", entries],
    ["num_entries", entries],
    ...zeros("inline_keys", "small_string_bytes", "pipeline_cache_bytes", "dispatch_queue_bytes"),
    ...zeros("pipeline_queue_bytes", "dispatch_queue_subscriber_bytes", "dispatch_queue_peak_bytes"),
    ...zeros("client_read_buffer_peak_bytes", "tls_bytes", "snapshot_serialization_bytes"),
    ...zeros("commands_squashing_replies_bytes"),
    ["psync_buffer_size", numberOf(redis, "repl_backlog_size")],
    ["psync_buffer_bytes", numberOf(redis, "repl_backlog_histlen")],
    ["cache_mode", "store"],
    ["maxmemory_policy", "noeviction"],
    ...(redis.get("role") === "master"
      ? zeros("replication_streaming_buffer_bytes", "replication_full_sync_buffer_bytes")
      : []),
  ];
};

const stats: Section["fields"] = ({ redis }) => [
  ["total_connections_received", numberOf(redis, "total_connections_received")],
  ...zeros("total_handshakes_started", "total_handshakes_completed"),
  ["total_commands_processed", numberOf(redis, "total_commands_processed")],
  ["instantaneous_ops_per_sec", numberOf(redis, "instantaneous_ops_per_sec")],
  ...zeros("total_pipelined_commands", "pipeline_throttle_total", "batch_read_commands_total"),
  ...zeros("batch_write_commands_total", "batch_read_commands_bytes", "batch_write_commands_bytes"),
  ...zeros("rw_throttle_batches_total", "pipelined_latency_usec"),
  ["total_net_input_bytes", numberOf(redis, "total_net_input_bytes")],
  ...zeros("connection_migrations", "connection_recv_provided_calls"),
  ["total_net_output_bytes", numberOf(redis, "total_net_output_bytes")],
  ...zeros("rdb_save_usec", "rdb_save_count", "big_value_preemptions", "compressed_blobs"),
  ["instantaneous_input_kbps", -1],
  ["instantaneous_output_kbps", -1],
  ["rejected_connections", -1],
  ["expired_keys", numberOf(redis, "expired_keys")],
  ["evicted_keys", numberOf(redis, "evicted_keys")],
  ...zeros("total_heartbeat_expired_keys", "total_heartbeat_expired_bytes", "total_heartbeat_expired_calls"),
  ...zeros("hard_evictions", "garbage_checked", "garbage_collected", "bump_ups", "stash_unloaded"),
  ["oom_rejections", errorCount(redis, "OOM")],
  ...zeros("traverse_ttl_sec", "delete_ttl_sec"),
  ["keyspace_hits", numberOf(redis, "keyspace_hits")],
  ["keyspace_misses", numberOf(redis, "keyspace_misses")],
  ["keyspace_mutations", numberOf(redis, "rdb_changes_since_last_save")],
  ["total_reads_processed", numberOf(redis, "total_reads_processed")],
  ["total_writes_processed", numberOf(redis, "total_writes_processed")],
  ...zeros("huffenc_attempt_total", "huffenc_success_total", "defrag_attempt_total", "defrag_realloc_total"),
  ...zeros("defrag_task_invocation_total", "borrowed_strings_sent_total", "blocked_on_interpreter"),
  ...zeros("lua_interpreter_cnt", "lua_blocked_total", "lua_interpreter_return", "lua_force_gc_calls"),
  ...zeros("lua_gc_freed_memory_total", "lua_gc_duration_total_sec", "total_journal_omits"),
];

const tiered: Section["fields"] = ({ redis }) => [
  ...zeros("tiered_entries", "tiered_entries_bytes"),
  ["tiered_entries_bytes_human", "0B"],
  ...zeros("tiered_total_stashes", "tiered_total_fetches", "tiered_total_cancels", "tiered_total_deletes"),
  ...zeros("tiered_total_uploads", "tiered_total_defrags", "tiered_total_stash_overflows"),
  ...zeros("tiered_heap_buf_allocations", "tiered_registered_buf_allocations", "tiered_allocated_bytes"),
  ...zeros("tiered_capacity_bytes", "tiered_pending_read_cnt", "tiered_pending_stash_cnt"),
  ...zeros("tiered_pending_stash_bytes", "tiered_small_bins_cnt", "tiered_small_bins_entries_cnt"),
  ...zeros("tiered_small_bins_filling_bytes", "tiered_cold_storage_bytes", "tiered_offloading_steps"),
  ...zeros("tiered_offloading_stashes"),
  ["tiered_ram_hits", numberOf(redis, "keyspace_hits")],
  ...zeros("tiered_ram_cool_hits", "tiered_ram_misses", "tiered_clients_throttled", "tiered_total_clients_throttled"),
];

const persistence: Section["fields"] = ({ redis, own: { snapshot } }) => [
  ...zeros("current_snapshot_perc", "current_save_keys_processed", "current_save_keys_total"),
  ["last_success_save", snapshot.lastSuccess],
  ["last_saved_file", snapshot.lastFile],
  ["last_success_save_duration_sec", snapshot.lastDuration],
  ["loading", isLoading(redis) ? 1 : 0],
  ["saving", snapshot.saving ? 1 : 0],
  ["current_save_duration_sec", 0],
  ["rdb_changes_since_last_success_save", numberOf(redis, "rdb_changes_since_last_save")],
  ["rdb_bgsave_in_progress", snapshot.saving || snapshot.backgroundFlag ? 1 : 0],
  // Stays `ok` whatever happens: recorded from a save that failed for lack of space.
  ["rdb_last_bgsave_status", "ok"],
  ["last_failed_save", snapshot.lastFailure],
  ["last_error", snapshot.lastError],
  ["last_failed_save_duration_sec", 0],
];

const transaction: Section["fields"] = () => [
  ...zeros("tx_shard_polls", "tx_shard_optimistic_total", "tx_shard_ooo_total", "tx_global_total", "tx_normal_total"),
  ...zeros("tx_inline_runs_total", "tx_schedule_cancel_total"),
  ["tx_with_freq", "0"],
  ["squash_with_freq", "0"],
  ...zeros("tx_queue_len", "eval_io_coordination_total", "eval_shardlocal_coordination_total"),
  ...zeros("eval_squashed_flushes"),
];

const replication: Section["fields"] = ({ redis }) => {
  const link = replicaLink(redis);
  const id = ["master_replid", redis.get("master_replid") ?? ""] as const;
  if (link === undefined) {
    const replicas = attachedReplicas(redis);
    return [
      ["role", "master"],
      ["connected_slaves", replicas.length],
      ...replicas.map(
        ({ ip, port, state, lag }, i) => [`slave${i}`, `ip=${ip},port=${port},state=${state},lag=${lag}`] as const,
      ),
      id,
    ];
  }
  return [
    ["role", "slave"],
    ["master_host", link.host],
    ["master_port", link.port],
    ["master_link_status", link.up ? "up" : "down"],
    ["master_last_io_seconds_ago", link.lastIoSeconds],
    ["master_sync_in_progress", link.syncing ? 1 : 0],
    id,
    ...(link.offset === undefined ? [] : [["slave_repl_offset", link.offset] as const]),
    ["slave_priority", 100],
    ["slave_read_only", 1],
    ...zeros("psync_attempts", "psync_successes"),
  ];
};

const commandstats: Section["fields"] = ({ redis }) =>
  [...commandStats(redis)].map(([name, { calls, usec }]) => [
    `cmdstat_${name}`,
    `calls=${calls},usec=${usec},usec_per_call=${calls === 0 ? 0 : usec / calls}`,
  ]);

const moduleOptions = "options=[handle-io-errors]";
const modules: Section["fields"] = () => [
  ["module", `name=ReJSON,ver=20000,api=1,filters=0,usedby=[search],using=[],${moduleOptions}`],
  ["module", `name=search,ver=20000,api=1,filters=0,usedby=[],using=[ReJSON],${moduleOptions}`],
];

const errorstats: Section["fields"] = ({ redis }) => {
  const refused = errorCount(redis, "NOAUTH");
  return refused === 0 ? [] : [["no_auth", refused]];
};

const keyspace: Section["fields"] = ({ redis }) => {
  const hits = numberOf(redis, "keyspace_hits");
  const misses = numberOf(redis, "keyspace_misses");
  const ratio = hits + misses === 0 ? 0 : (100 * hits) / (hits + misses);
  return keyspaces(redis).map(({ db, keys, expires }) => [
    db,
    `keys=${keys},expires=${expires},hits=${hits},misses=${misses},hit_ratio=${ratio.toFixed(2)},avg_ttl=-1`,
  ]);
};

const cpu: Section["fields"] = ({ redis }) => [
  ["used_cpu_sys", redis.get("used_cpu_sys") ?? "0.0"],
  ["used_cpu_user", redis.get("used_cpu_user") ?? "0.0"],
  ["used_cpu_sys_children", redis.get("used_cpu_sys_children") ?? "0.0"],
  ["used_cpu_user_children", redis.get("used_cpu_user_children") ?? "0.0"],
  ["used_cpu_sys_main_thread", redis.get("used_cpu_sys_main_thread") ?? "0.0"],
  ["used_cpu_user_main_thread", redis.get("used_cpu_user_main_thread") ?? "0.0"],
];

const acl: Section["fields"] = () => [
  ["acl_num_users", 1],
  ["acl_num_passwords", 0],
  ["acl_num_cat_changes", 1],
  ...zeros("acl_num_cmd_changes", "acl_num_key_globs", "acl_key_globs_bytes", "acl_num_pubsub_globs"),
  ["acl_pubsub_globs_bytes", 0],
  ["acl_total_bytes", 420],
];

const sections: readonly Section[] = [
  { name: "SERVER", byDefault: true, fields: server },
  { name: "CLIENTS", byDefault: true, fields: clients },
  { name: "MEMORY", byDefault: true, fields: memory },
  { name: "STATS", byDefault: true, fields: stats },
  { name: "TIERED", byDefault: false, fields: tiered },
  { name: "PERSISTENCE", byDefault: false, fields: persistence },
  { name: "TRANSACTION", byDefault: false, fields: transaction },
  { name: "REPLICATION", byDefault: true, fields: replication },
  { name: "COMMANDSTATS", byDefault: false, fields: commandstats },
  { name: "MODULES", byDefault: true, fields: modules },
  { name: "ERRORSTATS", byDefault: false, fields: errorstats },
  { name: "KEYSPACE", byDefault: true, fields: keyspace },
  { name: "CPU", byDefault: true, fields: cpu },
  {
    name: "CLUSTER",
    byDefault: true,
    fields: () => zeros("cluster_enabled", "migration_errors_total", "total_migrated_keys"),
  },
  { name: "LATENCYSTATS", byDefault: true, fields: () => [] },
  { name: "ACL", byDefault: false, fields: acl },
];
