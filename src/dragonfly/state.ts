import { BotError } from "../errors.ts";
import type { ConnectedReplica, PrimaryLink, ServerRole, ServerState } from "../platform/server.ts";
import { type Info, numberOf, parseReplicaLine } from "./info.ts";
import { parseSlowLog } from "./slowlog.ts";

/**
 * What one server says of itself, from `INFO ALL` (or the default sections and PERSISTENCE, which default INFO leaves
 * out) and `SLOWLOG GET`. Field meanings: Dragonfly v1.40, as recorded; older spellings are folded in.
 *
 * Throws BotError `server.protocol` when the answer is not an INFO of this kind of server.
 */
export function serverState(info: Info, slowLog: unknown): ServerState {
  return {
    version: (info.get("dragonfly_version") ?? `redis-${info.get("redis_version") ?? "unknown"}`).replace(/^df-/, ""),
    uptimeSeconds: numberOf(info, "uptime_in_seconds"),
    role: roleOf(info),
    replicationId: info.get("master_replid") ?? "",
    loading: numberOf(info, "loading") === 1,
    memory: {
      usedBytes: numberOf(info, "used_memory"),
      rssBytes: numberOf(info, "used_memory_rss"),
      maxBytes: numberOf(info, "maxmemory"),
      cacheMode: info.get("cache_mode") === "cache" || info.get("maxmemory_policy") === "eviction",
    },
    clients: {
      connected: numberOf(info, "connected_clients"),
      max: numberOf(info, "max_clients", numberOf(info, "maxclients")),
      blocked: numberOf(info, "blocked_clients"),
    },
    opsPerSecond: numberOf(info, "instantaneous_ops_per_sec"),
    evictedKeys: numberOf(info, "evicted_keys"),
    oomRejections: numberOf(info, "oom_rejections"),
    snapshot: snapshotOf(info),
    slowLog: parseSlowLog(slowLog),
  };
}

function roleOf(info: Info): ServerRole {
  const role = info.get("role");
  if (role === "master") return { kind: "primary", replicas: replicasOf(info) };
  // `replica` is the word of servers before v1.22, and of later ones with info_replication_valkey_compatible off.
  if (role === "slave" || role === "replica") return { kind: "replica", link: linkOf(info) };
  throw new BotError(
    "server.protocol",
    "The server's INFO names no role",
    "Check that the address leads to a Dragonfly admin port",
  );
}

function replicasOf(info: Info): readonly ConnectedReplica[] {
  return [...info].flatMap(([field, text]) => {
    if (!/^slave\d+$/.test(field)) return [];
    const line = parseReplicaLine(text);
    return [
      {
        ip: line.get("ip") ?? "",
        port: Number(line.get("port")),
        state: line.get("state") ?? "",
        lagRecords: Number(line.get("lag") ?? 0),
      },
    ];
  });
}

function linkOf(info: Info): PrimaryLink {
  const offset = info.get("slave_repl_offset");
  return {
    host: info.get("master_host") ?? "",
    port: numberOf(info, "master_port"),
    up: info.get("master_link_status") === "up",
    syncInProgress: numberOf(info, "master_sync_in_progress") === 1,
    lastIoSecondsAgo: numberOf(info, "master_last_io_seconds_ago"),
    offset: offset === undefined ? undefined : Number(offset),
  };
}

/** `last_success_save` is the process's start until there is a file; 0 means never. `rdb_bgsave_in_progress` sticks, `saving` is right. */
function snapshotOf(info: Info): ServerState["snapshot"] {
  const file = nonEmpty(info.get("last_saved_file"));
  return {
    saving: numberOf(info, "saving") === 1,
    lastSuccessAt: file === undefined ? undefined : timeOf(numberOf(info, "last_success_save")),
    lastFile: file,
    lastFailureAt: timeOf(numberOf(info, "last_failed_save")),
    lastError: nonEmpty(info.get("last_error")),
  };
}

function timeOf(seconds: number): string | undefined {
  return seconds > 0 ? new Date(seconds * 1_000).toISOString() : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text;
}
