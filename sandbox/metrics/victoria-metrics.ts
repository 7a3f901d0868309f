import { mkdirSync } from "node:fs";
import { startChild } from "../dragonfly/child.ts";
import { onPath } from "../dragonfly/find-store.ts";

export interface VictoriaMetricsOptions {
  /** Made when it is not there. */
  readonly directory: string;
  /** A loopback address of one's own. */
  readonly address: string;
  readonly port?: number;
  readonly flags: readonly string[];
  readonly onNotice: (text: string) => void;
}

export interface VictoriaMetrics {
  readonly url: string;
  stop(): Promise<void>;
}

const names = ["victoria-metrics", "victoria-metrics-prod"] as const;

/** A real VictoriaMetrics; undefined, and one notice, when the program is not there. It listens a moment later. */
export function startVictoriaMetrics(options: VictoriaMetricsOptions): VictoriaMetrics | undefined {
  const { directory, address, port = 8428, flags, onNotice } = options;
  const path = process.env["PATH"] ?? "";
  const program = names.map((name) => onPath(name, path)).find((found) => found !== undefined);
  if (program === undefined) {
    onNotice("VictoriaMetrics is not installed (apt install victoria-metrics): no metrics in this world.");
    return undefined;
  }
  mkdirSync(directory, { recursive: true });
  let failure = "";
  const child = startChild(
    program,
    [
      `-storageDataPath=${directory}`,
      `-httpListenAddr=${address}:${port}`,
      "-memory.allowedBytes=128MiB",
      "-search.latencyOffset=0s",
      "-search.disableCache",
      ...flags,
    ],
    {
      onLine: (line) => {
        if (/\t(?:fatal|panic|error)\t/.test(line)) failure = line;
      },
    },
  );
  let stopping = false;
  void child.exited.then(({ code }) => {
    if (!stopping) onNotice(`VictoriaMetrics ended (exit ${code}). ${failure}`);
  });
  return {
    url: `http://${address}:${port}`,
    stop: async () => {
      stopping = true;
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
