import { startChild } from "../dragonfly/child.ts";
import { onPath } from "../dragonfly/find-store.ts";

const names = ["victoria-metrics", "victoria-metrics-prod"] as const;

/** Full path of the installed VictoriaMetrics, or undefined. */
export function findVictoriaMetrics(path = process.env["PATH"] ?? ""): string | undefined {
  return names.map((name) => onPath(name, path)).find((found) => found !== undefined);
}

/** A VictoriaMetrics of one's own: small, forgetful, and with answers that are never late or remembered. */
export function startVictoriaMetrics(options: {
  readonly program: string;
  readonly dataDirectory: string;
  /** host:port */
  readonly listen: string;
  readonly scrapeConfig?: string;
  /** It ended although nobody stopped it; with the last error it printed. */
  readonly onEnd: (text: string) => void;
}): { readonly url: string; stop(): Promise<void> } {
  let failure = "";
  const child = startChild(
    options.program,
    [
      `-storageDataPath=${options.dataDirectory}`,
      ...(options.scrapeConfig === undefined ? [] : [`-promscrape.config=${options.scrapeConfig}`]),
      "-promscrape.httpSDCheckInterval=1s",
      `-httpListenAddr=${options.listen}`,
      "-retentionPeriod=1d",
      "-memory.allowedBytes=128MiB",
      "-search.latencyOffset=0s",
      "-search.disableCache",
    ],
    {
      onLine: (line) => {
        if (/\t(?:fatal|panic|error)\t/.test(line)) failure = line;
      },
    },
  );
  let stopping = false;
  void child.exited.then(({ code }) => {
    if (!stopping) options.onEnd(`VictoriaMetrics ended (exit ${code}). ${failure}`);
  });
  return {
    url: `http://${options.listen}`,
    stop: async () => {
      stopping = true;
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
