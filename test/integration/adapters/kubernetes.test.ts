import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../sandbox/bot-process.ts";
import { kubeconfig } from "../../../sandbox/kubernetes/kubeconfig.ts";
import { ObjectStore } from "../../../sandbox/kubernetes/object-store.ts";
import { type KubernetesApi, startKubernetesApi } from "../../../sandbox/kubernetes/server.ts";
import { loadAccess } from "../../../src/kubernetes/access.ts";
import { createKubernetesReader } from "../../../src/kubernetes/reader.ts";
import { createCallApi } from "../../../src/kubernetes/request.ts";

let api: KubernetesApi;
let directory: string;
const signal = () => AbortSignal.timeout(30_000);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "dfbot-"));
  const store = new ObjectStore();
  for (let i = 0; i < 300; i++) {
    store.create(
      { group: "", plural: "pods" },
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: `p-${i}`, namespace: "d", labels: { app: i < 299 ? "many" : "one" } },
        spec: { containers: [{ name: "dragonfly", image: "i:1" }] },
      },
    );
  }
  api = await startKubernetesApi({
    name: "infra",
    store,
    users: [
      { token: "fake-admin", name: "admin", groups: ["system:masters"] },
      { token: "fake-weak", name: "weak", groups: [] },
      { token: "fake-late", name: "late", groups: ["system:masters"], expiresAt: new Date(0) },
    ],
    podRuntime: { logs: async () => "", dial: async () => Promise.reject(new Error("no pods here")) },
  });
});
afterAll(async () => {
  await api.stop();
  rmSync(directory, { recursive: true });
});

function reader(
  token: string,
  change: { readonly server?: string; readonly caCertPem?: string; readonly context?: string } = {},
) {
  const path = join(directory, `${token}-${Math.random()}.yaml`);
  writeFileSync(
    path,
    kubeconfig([
      { context: "infra", server: change.server ?? api.url, caCertPem: change.caCertPem ?? api.caCertPem, token },
    ]),
  );
  const context = change.context ?? "infra";
  return createKubernetesReader(
    "infra",
    context,
    createCallApi("infra", () => loadAccess({ cluster: "infra", context, inCluster: false, kubeconfigPath: path })),
  );
}

describe("reading a cluster", () => {
  it("follows a list to its end, page by page, and selects by label", async () => {
    expect(await reader("fake-admin").pods("d", "app=many", signal())).toHaveLength(299);
    expect((await reader("fake-admin").pods("d", "app=one", signal())).map(({ meta }) => meta.name)).toEqual(["p-299"]);
  });

  it("says what right is missing", async () => {
    await expect(reader("fake-weak").pods("d", "", signal())).rejects.toMatchObject({
      code: "kubernetes.forbidden",
      message: expect.stringContaining('cannot list resource "pods" in API group "" in the namespace "d"'),
    });
  });

  it.each(["fake-late", "fake-unknown"])(
    "says that the credentials were refused (%s), without showing them",
    async (token) => {
      const error = await reader(token)
        .nodes(signal())
        .catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: "kubernetes.unauthorized", next: expect.stringMatching(/expired/) });
      expect(String(error)).not.toContain(token);
    },
  );

  it("says what does not exist", async () => {
    await expect(reader("fake-admin").deployment("d", "nobody", signal())).rejects.toMatchObject({
      code: "kubernetes.not-found",
      message: expect.stringContaining('deployments.apps "nobody" not found'),
    });
    await expect(reader("fake-admin").dragonfly("d", "dragonfly", signal())).rejects.toMatchObject({
      code: "kubernetes.not-found",
      next: expect.stringContaining("CRD"),
    });
  });

  it("waits out one 429 with a short Retry-After, and gives up on a second", async () => {
    api.faults.tooManyRequests = { retryAfterSeconds: 1 };
    setTimeout(() => {
      api.faults.tooManyRequests = undefined;
    }, 500);
    expect(await reader("fake-admin").nodes(signal())).toEqual([]);
    api.faults.tooManyRequests = { retryAfterSeconds: 60 };
    const refused = reader("fake-admin").nodes(signal());
    await expect(refused).rejects.toMatchObject({ code: "kubernetes.rate-limited" });
    api.faults.tooManyRequests = undefined;
  });

  it("names a server error", async () => {
    api.faults.broken = true;
    await expect(reader("fake-admin").nodes(signal())).rejects.toMatchObject({ code: "kubernetes.server-error" });
    api.faults.broken = false;
  });

  it("closes its connection when it is told to stop", async () => {
    api.faults.latencyMs = 60_000;
    const stop = new AbortController();
    const reading = reader("fake-admin").nodes(stop.signal);
    setTimeout(() => stop.abort(new Error("enough")), 300);
    await expect(reading).rejects.toThrow("enough");
    api.faults.latencyMs = 0;
  });
});

describe("a cluster that is not there", () => {
  it("a closed port and a cut connection are unreachable", async () => {
    await expect(
      reader("fake-admin", { server: `https://127.0.0.1:${await freePort()}` }).nodes(signal()),
    ).rejects.toMatchObject({ code: "kubernetes.unreachable", message: expect.stringContaining("ECONNREFUSED") });
    api.faults.unreachable = true;
    await expect(reader("fake-admin").nodes(signal())).rejects.toMatchObject({ code: "kubernetes.unreachable" });
    api.faults.unreachable = false;
  });

  it("a certificate of somebody else is told apart from that", async () => {
    const other = await generate([{ name: "commonName", value: "somebody-else" }]);
    await expect(reader("fake-admin", { caCertPem: other.cert }).nodes(signal())).rejects.toMatchObject({
      code: "kubernetes.tls",
    });
  });

  it("a web server that answers with pages or wrong JSON is a bad answer", async () => {
    const pages = await generate([{ name: "commonName", value: "pages" }], {
      extensions: [
        { name: "basicConstraints", cA: true },
        { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] },
      ],
    });
    const server = createServer(
      { key: pages.private, cert: pages.cert },
      (request, response) =>
        void response.end(request.url?.includes("nodes") ? "<html>" : '{"items": [{"metadata": {}}]}'),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const bound = server.address();
    const url = `https://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
    const readerOfPages = reader("fake-admin", { server: url, caCertPem: pages.cert });
    await expect(readerOfPages.nodes(signal())).rejects.toMatchObject({
      code: "kubernetes.bad-answer",
      message: expect.stringContaining("not JSON"),
    });
    await expect(readerOfPages.pods("d", "", signal())).rejects.toMatchObject({
      code: "kubernetes.bad-answer",
      message: expect.stringContaining("metadata.name"),
    });
    server.closeAllConnections();
    server.close();
  });
});

describe("a kubeconfig", () => {
  it("without the context names the ones it has", async () => {
    await expect(reader("fake-admin", { context: "mars" }).nodes(signal())).rejects.toMatchObject({
      code: "config.unknown-context",
      next: expect.stringContaining("infra"),
    });
  });

  it("that is missing or is no YAML says which file", async () => {
    for (const [path, content] of [
      ["/nowhere/kubeconfig", undefined],
      [join(directory, "broken"), "{ not: [yaml"],
    ] as const) {
      if (content !== undefined) writeFileSync(path, content);
      await expect(
        loadAccess({ cluster: "infra", context: "infra", inCluster: false, kubeconfigPath: path }),
      ).rejects.toMatchObject({ code: "config.kubeconfig", message: expect.stringContaining(path) });
    }
  });

  it("whose login command fails says to run it by hand", async () => {
    const path = join(directory, "exec.yaml");
    writeFileSync(
      path,
      `apiVersion: v1
kind: Config
clusters: [{name: infra, cluster: {server: "${api.url}"}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/false, interactiveMode: Never}}}]
contexts: [{name: infra, context: {cluster: infra, user: u}}]
`,
    );
    const broken = createKubernetesReader(
      "infra",
      "infra",
      createCallApi("infra", () =>
        loadAccess({ cluster: "infra", context: "infra", inCluster: false, kubeconfigPath: path }),
      ),
    );
    await expect(broken.nodes(signal())).rejects.toMatchObject({ code: "kubernetes.credentials" });
  });
});
