/** A metric of Dragonfly that the process behind has no counterpart for; it stays at the value of an idle server. */
export interface IdleMetric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  /** One sample for each; none has labels when there is none. */
  readonly labels: readonly string[];
}

function idle(name: string, type: IdleMetric["type"], help = "", labels: readonly string[] = [""]): IdleMetric {
  return { name, type, help, labels };
}

/** The rest of the page of Dragonfly v1.40.1, so that a dashboard or a rule finds every name it may look for. */
export const idleMetrics: readonly IdleMetric[] = [
  idle(
    "pubsub_backpressure_events_total",
    "counter",
    "Pub/Sub back-pressure and slow-subscriber protection events by type",
    ['event="soft_limit"', 'event="hard_limit"', 'event="forced_disconnect"', 'event="messages_discarded"'],
  ),
  idle("pipeline_dispatch_calls_total", "counter"),
  idle("pipeline_dispatch_commands_total", "counter"),
  idle("pipeline_dispatch_flush_total", "counter"),
  idle("pipeline_dispatch_flush_duration_seconds", "counter"),
  idle("pipeline_queue_wait_duration_seconds", "counter"),
  idle("pipeline_blocking_commands_total", "counter"),
  idle("cmd_squash_hop_total", "counter"),
  idle("cmd_squash_commands_total", "counter"),
  idle("cmd_squash_hop_duration_seconds", "counter"),
  idle("cmd_squash_hop_reply_seconds", "counter"),
  idle(
    "connection_memory_bytes",
    "gauge",
    "Approximate direct memory used by active non-replication-flow connections, excluding separately tracked read buffers and queues.",
  ),
  idle("lua_interpreter_cnt", "gauge"),
  idle("freed_memory_lua", "counter"),
  idle("lua_blocked_total", "counter"),
  idle("lua_gc_interpreter_return", "counter"),
  idle("lua_force_gc_calls", "counter"),
  idle("lua_gc_duration_total_sec", "counter"),
  idle("net_input_recv_total", "counter"),
  idle("net_read_yields_total", "counter"),
  idle("proactor_reads_total", "counter", "V2 OnRecv reads that actually drained bytes"),
  idle("proactor_parse_total", "counter", "V2 OnRecv parses that enqueued at least one command"),
  idle("reply_duration_seconds", "counter"),
  idle("reply_total", "counter"),
  idle("interned_string_entries", "gauge", "Number of unique interned strings"),
  idle("interned_string_hits_total", "counter", "Interned string pool hits"),
  idle("interned_string_misses_total", "counter", "Interned string pool misses"),
  idle("interned_string_entries_dedup_factor", "gauge", "Deduplication achieved by interned strings"),
  idle("fiber_switch_total", "counter"),
  idle("fiber_switch_delay_seconds_total", "counter"),
  idle("fiber_longrun_total", "counter"),
  idle("fiber_longrun_seconds", "counter"),
  idle("transaction_widths_total", "counter", "Transaction counts by their widths", ['width="w1"', 'width="w2"']),
  idle("db_capacity", "gauge", "Table capacity by DB", ['db="db0"']),
  idle("defrag_invocations", "counter", "Defrag invocations"),
  idle("defrag_attempts", "counter", "Objects examined"),
  idle("defrag_objects_moved", "counter", "Objects moved"),
  idle("defrag_skipped_total", "counter", "Defrag tasks skipped", [
    'reason="mem_under_threshold"',
    'reason="within_check_interval"',
    'reason="not_enough_fragmentation"',
  ]),
  idle("huffman_tables_built", "counter", "Huffman tables built"),
  idle("list_reads", "counter", "List Reads Patterns", ['type="total"', 'type="interior"']),
  idle("list_compression_attempts", "counter", "List compression attempts", ['type="total"', 'type="fail"']),
  idle("list_compressed_bytes", "gauge", "List compressed bytes", ['type="compressed"', 'type="raw"']),
  idle("tiered_entries", "gauge", "Tiered entries"),
  idle("tiered_bytes", "gauge", "Tiered bytes", ['type="used"', 'type="cold"', 'type="allocated"', 'type="capacity"']),
  idle("tiered_events", "counter", "Tiered events", [
    'type="stash"',
    'type="fetch"',
    'type="upload"',
    'type="cancel"',
    'type="delete"',
  ]),
  idle("tiered_hits", "counter", "Tiered hits", ['type="ram"', 'type="cool"', 'type="disk"']),
  idle("tiered_overload", "counter", "Potential problems due to overloading", [
    'type="client throttling"',
    'type="stash overflows"',
  ]),
  idle("tiered_list_events", "counter", "Tiered List Events", ['type="offload"', 'type="onload"']),
];
