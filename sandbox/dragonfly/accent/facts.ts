/** What the real process says of itself (its INFO, parsed) and what only the facade in front of it knows. */
export interface ServerFacts {
  readonly redis: RedisInfo;
  readonly own: OwnFacts;
}

export type RedisInfo = ReadonlyMap<string, string>;

export interface OwnFacts {
  readonly executable: string;
  /** `df-v1.40.1`. */
  readonly version: string;
  readonly threads: number;
  readonly maxClients: number;
  readonly mainClients: number;
  readonly adminClients: number;
  readonly refusedClients: number;
  /** Failed tries to reach the primary since REPLICAOF. */
  readonly reconnects: number;
  readonly snapshot: SnapshotFacts;
}

/** Times are Unix seconds. */
export interface SnapshotFacts {
  readonly saving: boolean;
  /** The process start until the first save, as Dragonfly reports it. */
  readonly lastSuccess: number;
  readonly lastFile: string;
  readonly lastDuration: number;
  readonly lastFailure: number;
  /** Not cleared by a later success. */
  readonly lastError: string;
  /** Sticks after BGSAVE until the next SAVE. */
  readonly backgroundFlag: boolean;
  /** Moved by the schedule only. */
  readonly scheduled: number;
  readonly scheduledFailed: number;
}

export const redisVersion = "7.4.0";
export const dataPort = 6379;
export const adminPort = 9999;

export function parseInfo(text: string): RedisInfo {
  const fields = new Map<string, string>();
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0 && !line.startsWith("#")) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

export function numberOf(info: RedisInfo, field: string): number {
  const value = Number(info.get(field) ?? 0);
  return Number.isFinite(value) ? value : 0;
}

/** `keys=1,expires=0` as pairs. */
export function parsePairs(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(",").flatMap((pair) => {
      const equals = pair.indexOf("=");
      return equals > 0 ? [[pair.slice(0, equals), pair.slice(equals + 1)] as const] : [];
    }),
  );
}

export interface AttachedReplica {
  readonly ip: string;
  readonly port: string;
  readonly state: string;
  readonly lag: number;
}

/** The replicas of a primary, in Dragonfly's terms. */
export function attachedReplicas(info: RedisInfo): readonly AttachedReplica[] {
  const replicas: AttachedReplica[] = [];
  for (let i = 0; ; i++) {
    const line = info.get(`slave${i}`);
    if (line === undefined) return replicas;
    const pairs = parsePairs(line);
    const acknowledged = Number(pairs.get("offset") ?? 0);
    // Nothing is acknowledged in the first second after a full sync.
    const behind = acknowledged === 0 ? 0 : numberOf(info, "master_repl_offset") - acknowledged;
    replicas.push({
      ip: pairs.get("ip") ?? "",
      port: pairs.get("port") ?? "",
      state: primarySideState(pairs.get("state") ?? ""),
      // Bytes of the stream against Dragonfly's journal records, which are rarely shorter than this; so idle is 0.
      lag: Math.max(0, Math.floor(behind / 64)),
    });
  }
}

function primarySideState(state: string): string {
  if (state === "online") return "online";
  return state.startsWith("wait_bgsave") ? "preparation" : "full_sync";
}

export interface ReplicaLink {
  readonly host: string;
  readonly port: string;
  /** TCP is connected, also during a full sync. */
  readonly up: boolean;
  readonly syncing: boolean;
  readonly lastIoSeconds: number;
  readonly offset: number | undefined;
  /** As ROLE calls it. */
  readonly state: string;
}

/** The link of a replica to its primary, or undefined on a primary. */
export function replicaLink(info: RedisInfo): ReplicaLink | undefined {
  if (info.get("role") !== "slave") return undefined;
  const syncing = info.get("master_sync_in_progress") === "1";
  const connected = info.get("master_link_status") === "up";
  const offset = numberOf(info, "slave_repl_offset");
  const silent = Math.min(numberOf(info, "master_link_down_since_seconds"), numberOf(info, "uptime_in_seconds"));
  return {
    host: info.get("master_host") ?? "",
    port: info.get("master_port") ?? "",
    up: connected || syncing,
    syncing,
    lastIoSeconds: Math.max(0, connected || syncing ? numberOf(info, "master_last_io_seconds_ago") : silent),
    offset: syncing || (!connected && offset <= 1) ? undefined : offset,
    state: connected ? "online" : syncing ? "full_sync" : "connecting",
  };
}

/** Loading its snapshot, or in a replica's full sync: the states in which it refuses clients and is not healthy. */
export function isLoading(info: RedisInfo): boolean {
  return info.get("loading") === "1" || replicaLink(info)?.syncing === true;
}

export interface CommandStat {
  readonly calls: number;
  readonly usec: number;
}

/** Calls by command as Dragonfly counts them: by container, but every ACL subcommand on its own. */
export function commandStats(info: RedisInfo): ReadonlyMap<string, CommandStat> {
  const stats = new Map<string, CommandStat>();
  for (const [field, text] of info) {
    if (!field.startsWith("cmdstat_")) continue;
    const [container = "", subcommand] = field.slice("cmdstat_".length).split("|");
    const name = container === "acl" && subcommand !== undefined ? `acl ${subcommand}` : container;
    const pairs = parsePairs(text);
    const before = stats.get(name) ?? { calls: 0, usec: 0 };
    stats.set(name, {
      calls: before.calls + Number(pairs.get("calls") ?? 0),
      usec: before.usec + Number(pairs.get("usec") ?? 0),
    });
  }
  return new Map([...stats].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** How often a command was refused with an error of this name (`OOM`, `NOAUTH`). */
export function errorCount(info: RedisInfo, name: string): number {
  return Number(parsePairs(info.get(`errorstat_${name}`) ?? "").get("count") ?? 0);
}

export interface Keyspace {
  readonly db: string;
  readonly keys: number;
  readonly expires: number;
}

export function keyspaces(info: RedisInfo): readonly Keyspace[] {
  return [...info].flatMap(([field, text]) => {
    if (!/^db\d+$/.test(field)) return [];
    const pairs = parsePairs(text);
    return [{ db: field, keys: Number(pairs.get("keys") ?? 0), expires: Number(pairs.get("expires") ?? 0) }];
  });
}
