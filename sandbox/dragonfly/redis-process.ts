import { randomBytes } from "node:crypto";
import { ownUser } from "./acl.ts";
import { type Child, startChild } from "./child.ts";
import { type ControlClient, type ControlTarget, connectControl } from "./control-client.ts";

/** How one store process is started, whatever the program behind it. */
export interface StoreSettings {
  readonly program: string;
  /** The pod's own address; the process listens there on a private port, clients see only 6379 and 9999. */
  readonly ip: string;
  readonly maxMemoryBytes: number;
  /** The pod's volume. */
  readonly directory: string;
  readonly onLine: (line: string) => void;
}

export interface StoreProcess extends Child {
  /** Resolves as soon as it takes commands; rejects when it ends before that. */
  readonly control: Promise<ControlClient>;
}

/** A redis-server, with a user of the sandbox's own who may do everything. Everybody else may too, until told otherwise. */
export interface RedisProcess extends StoreProcess {
  readonly ownLogin: Login;
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Where the real process listens, behind the facade. */
export const backendPort = 16379;

/** Starts redis-server or valkey-server. */
export function startRedis(settings: StoreSettings): RedisProcess {
  const ownLogin = { user: ownUser, password: randomBytes(12).toString("hex") };
  const child = startChild(settings.program, ["-"], {
    cwd: settings.directory,
    input: configuration(settings, ownLogin),
    onLine: settings.onLine,
  });
  return { ...child, ownLogin, control: firstLine(child, { host: settings.ip, port: backendPort, ...ownLogin }) };
}

/** A line to the process once it listens. */
export async function firstLine(child: Child, target: ControlTarget): Promise<ControlClient> {
  const stopped = new AbortController();
  const gone = child.exited.then(({ code, signal }) => {
    stopped.abort();
    throw new Error(`the store process ended at once (${signal ?? `exit ${code}`})`);
  });
  return await Promise.race([whenListening(target, stopped.signal), gone]);
}

function configuration({ ip, maxMemoryBytes, directory }: StoreSettings, own: Login): string {
  const options: Readonly<Record<string, string | number>> = {
    bind: ip,
    port: backendPort,
    // Replicas of the same world are told apart by the address that they connect from.
    "bind-source-addr": ip,
    "replica-announce-ip": ip,
    "replica-announce-port": 6379,
    "protected-mode": "no",
    maxmemory: maxMemoryBytes,
    "maxmemory-policy": "noeviction",
    dir: directory,
    dbfilename: snapshotFile,
    // Dragonfly saves on request, by its own schedule and on SIGTERM; it serves on when a save fails.
    save: "",
    "shutdown-on-sigterm": "save",
    "stop-writes-on-bgsave-error": "no",
    appendonly: "no",
    "repl-diskless-sync": "yes",
    "repl-diskless-sync-delay": 0,
    "repl-timeout": 30,
    "enable-debug-command": "yes",
    "slowlog-max-len": 20,
    daemonize: "no",
  };
  const lines = Object.entries(options).map(([name, value]) => `${name} "${value}"\n`);
  return [...lines, `user ${own.user} on >${own.password} ~* &* +@all\n`].join("");
}

/** The file in the pod's volume that a snapshot goes to. */
export const snapshotFile = "dump.rdb";

/** As soon as it lets us in: while it reads its snapshot it already does, and answers LOADING to most commands. */
async function whenListening(target: ControlTarget, stopped: AbortSignal): Promise<ControlClient> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      return await connectControl(target);
    } catch (error) {
      if (Date.now() > deadline || stopped.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
