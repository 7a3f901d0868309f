import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfig } from "../sandbox/kubernetes/kubeconfig.ts";

/** API servers, store and metrics store in one: it takes every connection and never says a word. */
export interface SilentUpstreams {
  /** What the bot needs to know of them. */
  readonly env: Readonly<Record<string, string>>;
  /** Goes away with them. */
  readonly directory: string;
  stop(): void;
}

export async function startSilentUpstreams(): Promise<SilentUpstreams> {
  const directory = mkdtempSync(join(tmpdir(), "dfbot-bench-"));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const kubeconfigPath = join(directory, "kubeconfig");
  const contexts = ["infra", "apps"].map((context) => ({
    context,
    server: `https://127.0.0.1:${port}`,
    caCertPem: "",
    token: "fake",
  }));
  writeFileSync(kubeconfigPath, kubeconfig(contexts));
  const configPath = join(directory, "dfbot.yaml");
  writeFileSync(configPath, "readTimeoutMs: 2000\n");
  return {
    directory,
    env: {
      KUBECONFIG: kubeconfigPath,
      DFBOT_CONFIG: configPath,
      STORE_URL: `redis://127.0.0.1:${port}`,
      PROMETHEUS_URL: `http://127.0.0.1:${port}`,
    },
    stop: () => {
      server.close();
      rmSync(directory, { recursive: true });
    },
  };
}
