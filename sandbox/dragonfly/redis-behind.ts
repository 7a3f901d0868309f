import { configGet, settable } from "./accent/config.ts";
import { attachedReplicas, parseInfo, replicaLink } from "./accent/facts.ts";
import { dragonflyInfo } from "./accent/info.ts";
import { rewriteHello, rewriteRole, rewriteWhoAmI } from "./accent/replies.ts";
import type { Acl } from "./acl.ts";
import type { ControlClient } from "./control-client.ts";
import type { FacadeServer } from "./facade.ts";
import { backendPort, type Login } from "./redis-process.ts";
import { encodeBulk, encodeCommand, encodeError, encodeReply, ok, parseReply, type RespValue } from "./resp.ts";
import { containerDirectory, type Snapshots } from "./snapshots.ts";
import { handOver, takeOver } from "./takeover.ts";

export interface BehindOptions {
  readonly ip: string;
  readonly program: string;
  readonly control: ControlClient;
  readonly snapshots: Snapshots;
  readonly snapshotCron: string;
  /** As INFO says it: `df-v1.40.1`. */
  readonly version: string;
  readonly threads: number;
  /** As CONFIG GET shows it. */
  readonly password: string;
  readonly ownLogin: Login;
  readonly acl: Acl;
  /** Replication ids under which earlier processes of this pod were primary. */
  readonly formerIds: ReadonlySet<string>;
  /** Told of every id under which this process feeds replicas. */
  readonly onPrimaryId: (id: string) => void;
  /** How often the process has tried to reach its primary. */
  readonly connectAttempts: () => number;
}

/** A redis-server or valkey-server that speaks for itself in Dragonfly's accent. */
export function redisBehind(options: BehindOptions): FacadeServer {
  const { control, snapshots, ip, acl } = options;
  let password = options.password;
  let maxClients = 64_000;
  let attemptsBefore = 0;
  let clients = () => ({ mainClients: 0, adminClients: 0, refusedClients: 0 });
  const info = async () => String(await control.command("INFO", "everything"));
  /**
   * INFO with the replicas' true lag: they acknowledge once a second only, unless WAIT asks them to; Dragonfly's lag is
   * always of this moment.
   */
  const currentInfo = async () => {
    const text = await info();
    const fields = parseInfo(text);
    if (replicaLink(fields) !== undefined || !attachedReplicas(fields).some(({ lag }) => lag > 0)) return text;
    await control.command("WAIT", "99", "5");
    return await info();
  };
  const own: FacadeServer["own"] = (counts) => ({
    ...counts,
    executable: options.program,
    version: options.version,
    threads: options.threads,
    maxClients,
    reconnects: Math.max(0, options.connectAttempts() - attemptsBefore - 1),
    snapshot: snapshots.facts(),
  });
  const infoReply = (text: RespValue, section: string | undefined) =>
    encodeBulk(dragonflyInfo({ redis: parseInfo(String(text)), own: own(clients()) }, section));
  const outcome = (error: string | undefined) => (error === undefined ? ok : encodeError(error));

  const config = async (words: readonly string[]): Promise<Buffer> => {
    const [, action = "", ...rest] = words;
    if (action.toUpperCase() === "GET") {
      const live = await control.command("CONFIG", "GET", "maxmemory", "slowlog-log-slower-than", "slowlog-max-len");
      const values = Array.isArray(live) ? live : [];
      const of = (name: string) => String(values[values.indexOf(name) + 1] ?? "");
      return encodeReply(
        configGet(rest, {
          maxmemory: Number(of("maxmemory")),
          maxclients: maxClients,
          password,
          directory: containerDirectory,
          snapshotCron: options.snapshotCron,
          slowlogSlowerThan: of("slowlog-log-slower-than"),
          slowlogMaxLength: of("slowlog-max-len"),
        }),
      );
    }
    if (action.toUpperCase() === "SET") return outcome(await configSet(rest));
    if (action.toUpperCase() === "RESETSTAT") return encodeReply(await control.command("CONFIG", "RESETSTAT"));
    return encodeError(`ERR unknown command \`CONFIG ${action}\``);
  };

  const configSet = async (pairs: readonly string[]): Promise<string | undefined> => {
    for (let i = 0; i < pairs.length; i += 2) {
      const name = (pairs[i] ?? "").toLowerCase().replaceAll("-", "_");
      const value = pairs[i + 1];
      const behind = settable[name];
      if (behind === undefined || value === undefined) {
        return `ERR Unknown option or number of arguments for CONFIG SET - '${pairs[i] ?? ""}'`;
      }
      if (name === "maxclients") maxClients = Number(value);
      else await control.command("CONFIG", "SET", behind, value);
      if (name === "requirepass") password = value;
    }
    return undefined;
  };

  const replicaOf = async ([, host = "", port = ""]: readonly string[]): Promise<Buffer> => {
    if (/^no$/i.test(host) && /^one$/i.test(port)) {
      await promote();
      return ok;
    }
    attemptsBefore = options.connectAttempts();
    const current = replicaLink(parseInfo(await info()));
    if (current?.host === host && current.port === port) {
      // The process behind takes this for done already; Dragonfly begins again, with a full sync.
      await control.command("MULTI");
      await control.command("REPLICAOF", "NO", "ONE");
      await control.command("REPLICAOF", host, port);
      await control.command("EXEC");
    } else {
      await control.command("REPLICAOF", host, port);
    }
    return ok;
  };

  const promote = async () => {
    await control.command("REPLICAOF", "NO", "ONE");
  };

  const inTheirWords = (answer: Promise<Buffer>) =>
    answer.catch((error: unknown) => encodeError(error instanceof Error ? error.message : String(error)));

  const local: FacadeServer["local"] = (words, trusted) => {
    const name = (words[0] ?? "").toUpperCase();
    switch (name) {
      case "INFO":
        if (!trusted || words.length > 2) return undefined;
        return () => inTheirWords(currentInfo().then((text) => infoReply(text, words[1])));
      case "CONFIG":
        return () => inTheirWords(config(words));
      case "SAVE":
        return async () => outcome(await snapshots.save());
      case "BGSAVE":
        return async () => outcome(snapshots.begin());
      case "REPLICAOF":
      case "SLAVEOF":
        return () => inTheirWords(replicaOf(words));
      case "REPLTAKEOVER":
        return async () => outcome(await takeOver({ control, ip, info, promote, seconds: Number(words[1] ?? 10) }));
      case "DFLY":
        return () => inTheirWords(handOver({ control, info, words }));
      case "ACL":
        return acl.command(words);
      case "BGREWRITEAOF":
        return async () => encodeError("ERR unknown command `BGREWRITEAOF`");
      default:
        return undefined;
    }
  };

  const rewritten: FacadeServer["rewritten"] = (words) => {
    const name = (words[0] ?? "").toUpperCase();
    // Dragonfly takes one section; more are a syntax error.
    if (name === "INFO" && words.length > 2) {
      return { ask: encodeCommand(["PING"]), rewrite: () => encodeError("ERR syntax error") };
    }
    if (name === "INFO") {
      return {
        ask: encodeCommand(["INFO", "everything"]),
        rewrite: (reply) => infoReply(parseReply(reply), words[1]),
      };
    }
    if (name === "ACL" && (words[1] ?? "").toUpperCase() === "WHOAMI") {
      return { ask: encodeCommand(words), rewrite: rewriteWhoAmI };
    }
    if (name === "ROLE") return { ask: encodeCommand(words), rewrite: rewriteRole };
    if (name === "HELLO")
      return { ask: encodeCommand(words), rewrite: (reply) => rewriteHello(reply, options.version) };
    return undefined;
  };

  return {
    ip,
    backendPort,
    ownLogin: options.ownLogin,
    acl,
    maxClients: () => maxClients,
    info: currentInfo,
    own,
    attach: (counts) => {
      clients = counts;
    },
    local,
    rewritten,
    // Facts, operator section 2: --break_replication_on_master_restart=true. A replica that still believes in an
    // earlier process of this pod is turned away until somebody tells it REPLICAOF again.
    connections: new Map(),
    mayReplicate: (words) => !options.formerIds.has(words[1] ?? ""),
    replicates: options.onPrimaryId,
  };
}
