import { randomBytes } from "node:crypto";
import { type AddressInfo, connect, createServer } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { kubeconfig } from "../../../sandbox/kubernetes/kubeconfig.ts";
import { ObjectStore } from "../../../sandbox/kubernetes/object-store.ts";
import { type KubernetesApi, startKubernetesApi } from "../../../sandbox/kubernetes/server.ts";
import { type Answer, askApi } from "../../fakes/api-request.ts";

/** The API server under test: the simulation, or the real one that DFBOT_CONFORMANCE_KUBECONFIG leads to. */
export interface Subject {
  readonly config: KubeConfig;
  readonly namespace: string;
  /** Undefined against a real cluster, where faults and users cannot be made. */
  readonly simulation: KubernetesApi | undefined;
  fetch(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): Promise<void>;
}

/** The kubeconfig of a real cluster, when one is given: the simulation is not started then. */
const realKubeconfig =
  process.env["DFBOT_CONFORMANCE_KUBECONFIG"] ??
  (process.env["CONFORMANCE"] === "real" ? process.env["KUBECONFIG"] : undefined);

/** Whether the suite runs against a real cluster. */
export const isReal = realKubeconfig !== undefined;

export async function openSubject(): Promise<Subject> {
  const namespace = `conformance-${randomBytes(4).toString("hex")}`;
  const real = realKubeconfig;
  const config = new KubeConfig();
  const simulation = real === undefined ? await startSimulation() : undefined;
  if (real !== undefined) config.loadFromFile(real);
  else if (simulation !== undefined) {
    config.loadFromString(
      kubeconfig([
        {
          context: "infra",
          server: simulation.api.url,
          caCertPem: simulation.api.caCertPem,
          token: "fake-admin-token",
        },
      ]),
    );
  }
  const subject: Subject = {
    config,
    namespace,
    simulation: simulation?.api,
    fetch: (method, path, body, headers = {}) => askApi(config, method, path, body, headers),
    async close() {
      await subject.fetch("DELETE", `/api/v1/namespaces/${namespace}`);
      await simulation?.stop();
    },
  };
  await subject.fetch("POST", "/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  return subject;
}

async function startSimulation() {
  const echo = createServer(
    (socket) => void socket.on("data", (data) => socket.write(`echo:${data}`)).on("error", () => undefined),
  );
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  const { port } = echo.address() as AddressInfo;
  const api = await startKubernetesApi({
    name: "infra",
    store: new ObjectStore({ eventWindow: 50 }),
    users: [
      { token: "fake-admin-token", name: "admin", groups: ["system:masters"] },
      { token: "fake-reader-token", name: "reader", groups: [] },
      { token: "fake-expired-token", name: "late", groups: ["system:masters"], expiresAt: new Date(0) },
    ],
    podRuntime: {
      logs: async (_namespace, pod, { previous, tailLines }) =>
        previous
          ? undefined
          : `${pod} one\n${pod} two\n`
              .split("\n")
              .slice(tailLines === undefined ? 0 : -tailLines - 1)
              .join("\n"),
      dial: async (_namespace, _pod, wanted) => {
        if (wanted !== 7) throw new Error(`dial tcp4 127.0.0.1:${wanted}: connect: connection refused`);
        return connect(port, "127.0.0.1");
      },
    },
  });
  return {
    api,
    stop: async () => {
      await api.stop();
      echo.close();
    },
  };
}
