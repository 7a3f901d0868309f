/**
 * CONFIG GET as Dragonfly v1.40.1 answers it: a flat list of its own option names, of which there is no
 * `maxmemory-policy`. Dynamic values come from the process; the rest are the defaults of the operator's flags.
 */
export interface LiveOptions {
  readonly maxmemory: number;
  readonly maxclients: number;
  readonly password: string;
  readonly directory: string;
  readonly snapshotCron: string;
  readonly slowlogSlowerThan: string;
  readonly slowlogMaxLength: string;
}

/** Names and values that match a CONFIG GET pattern, flat. */
export function configGet(patterns: readonly string[], live: LiveOptions): readonly string[] {
  const all: Readonly<Record<string, string>> = {
    ...fixed,
    maxmemory: String(live.maxmemory),
    maxclients: String(live.maxclients),
    requirepass: live.password,
    dir: live.directory,
    dbfilename: "dump",
    snapshot_cron: live.snapshotCron,
    slowlog_log_slower_than: live.slowlogSlowerThan,
    slowlog_max_len: live.slowlogMaxLength,
  };
  const matchers = patterns.map(glob);
  return Object.entries(all)
    .filter(([name]) => matchers.some((matcher) => matcher.test(name)))
    .flat();
}

function glob(pattern: string): RegExp {
  const source = pattern
    .replaceAll("-", "_")
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  try {
    return new RegExp(`^${source}$`, "i");
  } catch {
    return /^$/;
  }
}

/** Options that CONFIG SET may change here, and what the process behind calls them (empty: the facade keeps it). */
export const settable: Readonly<Record<string, string>> = {
  maxmemory: "maxmemory",
  requirepass: "requirepass",
  slowlog_log_slower_than: "slowlog-log-slower-than",
  slowlog_max_len: "slowlog-max-len",
  maxclients: "",
};

const fixed: Readonly<Record<string, string>> = {
  aclfile: "",
  acllog_max_len: "32",
  always_flush_pipeline: "false",
  announce_port: "0",
  background_debug_jobs: "false",
  background_snapshotting: "false",
  cluster_announce_ip: "",
  dbnum: "16",
  enable_heartbeat_eviction: "true",
  enable_heartbeat_rss_eviction: "true",
  log_squash_info_threshold_usec: "2147483648",
  lua_float_as_int_shas: "",
  lua_mem_gc_threshold: "10000000",
  lua_undeclared_keys_shas: "",
  managed_service_info: "false",
  masterauth: "",
  masteruser: "",
  max_busy_read_usec: "200",
  max_busy_squash_usec: "1000",
  max_eviction_per_heartbeat: "100",
  max_segment_to_consider: "4",
  max_squashed_cmd_num: "100",
  migration_finalization_timeout_ms: "30000",
  notify_keyspace_events: "",
  pipeline_buffer_limit: "134217728",
  pipeline_queue_limit: "10000",
  pipeline_squash: "1",
  pipeline_squash_limit: "1073741824",
  pipeline_wait_batch_usec: "0",
  replica_partial_sync: "true",
  replica_priority: "100",
  replication_timeout: "30000",
  rss_oom_deny_ratio: "1.25",
  scheduler_background_budget: "50000",
  scheduler_background_sleep_prob: "50",
  scheduler_background_warrant: "5",
  send_timeout: "0",
  serialization_max_chunk_size: "65536",
  shard_thread_busy_polling_usec: "0",
  slot_migration_throttle_us: "0",
  snapshot_egress_limit_bytes: "0",
  table_growth_margin: "0.4",
  tcp_keepalive: "300",
  tiered_experimental_cooling: "true",
  tiered_experimental_hash_support: "false",
  tiered_experimental_list_support: "false",
  tiered_max_pending_stash_bytes: "262144",
  tiered_min_ttl_to_offload_ms: "5000",
  tiered_min_value_size: "64",
  tiered_offload_threshold: "0.5",
  tiered_upload_threshold: "0.1",
  timeout: "0",
  tls: "false",
  tls_ca_cert_dir: "",
  tls_ca_cert_file: "",
  tls_cert_file: "",
  tls_key_file: "",
  write_connection_throttling_sleep_usec: "0",
};
