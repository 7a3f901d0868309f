import { type Child, startChild } from "./child.ts";
import { type ControlClient, connectControl } from "./control-client.ts";

/** How one store process is started, whatever the program behind it. */
export interface StoreSettings {
  readonly program: string;
  /** The pod's own address; the process listens there on a private port, clients see only 6379 and 9999. */
  readonly ip: string;
  readonly password: string;
  readonly maxMemoryBytes: number;
  /** The pod's volume. */
  readonly directory: string;
  readonly onLine: (line: string) => void;
}

export interface StoreProcess extends Child {
  /** Resolves as soon as it takes commands; rejects when it ends before that. */
  readonly control: Promise<ControlClient>;
}

/** Where the real process listens, behind the facade. */
export const backendPort = 16379;

/** Starts redis-server or valkey-server. */
export function startRedis(settings: StoreSettings): StoreProcess {
  const child = startChild(settings.program, ["-"], {
    cwd: settings.directory,
    input: configuration(settings),
    onLine: settings.onLine,
  });
  return { ...child, control: firstLine(child, settings) };
}

/** A line to the process once it listens. */
export async function firstLine(
  child: Child,
  settings: Pick<StoreSettings, "ip" | "password">,
): Promise<ControlClient> {
  const stopped = new AbortController();
  const gone = child.exited.then(({ code, signal }) => {
    stopped.abort();
    throw new Error(`the store process ended at once (${signal ?? `exit ${code}`})`);
  });
  return await Promise.race([whenListening(settings, stopped.signal), gone]);
}

function configuration({ ip, password, maxMemoryBytes, directory }: StoreSettings): string {
  const options: Readonly<Record<string, string | number>> = {
    bind: ip,
    port: backendPort,
    // Replicas of the same world are told apart by the address that they connect from.
    "bind-source-addr": ip,
    "replica-announce-ip": ip,
    "replica-announce-port": 6379,
    "protected-mode": "no",
    requirepass: password,
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
  return Object.entries(options)
    .map(([name, value]) => `${name} "${value}"\n`)
    .join("");
}

/** The file in the pod's volume that a snapshot goes to. */
export const snapshotFile = "dump.rdb";

/** As soon as it lets us in: while it reads its snapshot it already does, and answers LOADING to most commands. */
async function whenListening(
  { ip, password }: Pick<StoreSettings, "ip" | "password">,
  stopped: AbortSignal,
): Promise<ControlClient> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      return await connectControl({ host: ip, port: backendPort, password: password === "" ? undefined : password });
    } catch (error) {
      if (Date.now() > deadline || stopped.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
