import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { kubeconfig } from "../../../sandbox/kubernetes/kubeconfig.ts";
import { ObjectStore } from "../../../sandbox/kubernetes/object-store.ts";
import { type KubernetesApi, startKubernetesApi } from "../../../sandbox/kubernetes/server.ts";
import { loadAccess } from "../../../src/kubernetes/access.ts";
import { createCallApi } from "../../../src/kubernetes/request.ts";
import { createRunStore } from "../../../src/kubernetes/run-store.ts";
import { newRun, type RunRecord } from "../../../src/runbooks/durable/record.ts";
import type { RunStore } from "../../../src/runbooks/durable/store.ts";
import { memoryRunStore } from "../../fakes/run-store.ts";

/** One contract, for the store in memory that the other tests use and for the real one. */

let api: KubernetesApi;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "dfbot-run-store-"));
  api = await startKubernetesApi({
    name: "infra",
    store: new ObjectStore(),
    users: [{ token: "fake-token", name: "bot", groups: ["system:masters"] }],
    podRuntime: { logs: async () => "", dial: async () => Promise.reject(new Error("no pods here")) },
  });
  const { url: server, caCertPem } = api;
  writeFileSync(join(folder, "kubeconfig"), kubeconfig([{ context: "infra", server, caCertPem, token: "fake-token" }]));
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true });
});

function kubernetesRunStore(onUnreadable?: (name: string) => void): RunStore {
  for (const { metadata } of api.store.list({ group: "", plural: "configmaps" })) {
    api.store.remove({ group: "", plural: "configmaps" }, metadata.namespace, metadata.name);
  }
  api.store.apply(
    { group: "", plural: "namespaces" },
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "bot" } },
  );
  const access = { cluster: "infra", context: "infra", inCluster: false, kubeconfigPath: join(folder, "kubeconfig") };
  const call = createCallApi("infra", () => loadAccess(access));
  return createRunStore({ cluster: "infra", namespace: "bot", call, timeoutMs: 2_000, onUnreadable });
}

const run = (id: string, at = "2026-01-02T12:00:00Z"): RunRecord =>
  newRun(
    { id, runbook: "example", version: 1, params: { pod: "a" }, requester: { surface: "slack", id: "U1" } },
    new Date(at),
  );

describe.each([
  ["in memory", memoryRunStore],
  ["in Kubernetes", kubernetesRunStore],
])("runs kept %s", (_, make) => {
  let store: RunStore;
  beforeEach(() => {
    store = make();
  });

  it("are read back as they were written, oldest first", async () => {
    await store.create(run("b", "2026-01-02T12:00:01Z"));
    await store.create(run("a"));
    expect((await store.get("a"))?.record).toEqual(run("a"));
    expect((await store.list()).map(({ record }) => record.id).toSorted()).toEqual(["a", "b"]);
    expect(await store.get("c")).toBeUndefined();
    await store.remove("a");
    await store.remove("a");
    expect((await store.list()).map(({ record }) => record.id)).toEqual(["b"]);
  });

  it("are not written over by another of the same id", async () => {
    await store.create(run("a"));
    await expect(store.create(run("a"))).rejects.toMatchObject({ code: "run.exists" });
  });

  it("take the first of two writers only, also when many write at once", async () => {
    const kept = await store.create(run("a"));
    const writes = Array.from({ length: 10 }, (_unused, n) =>
      store.update(kept, { ...kept.record, params: { pod: String(n) } }),
    );
    const done = await Promise.allSettled(writes);
    const failed = done.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(failed).toHaveLength(9);
    for (const error of failed) expect(error).toMatchObject({ code: "run.conflict" });
    await expect(store.update(kept, kept.record)).rejects.toMatchObject({ code: "run.conflict" });
    const next = await store.get("a");
    if (next === undefined) throw new Error("gone");
    await store.update(next, { ...next.record, state: "running" });
    await store.remove("a");
    await expect(store.update(next, next.record)).rejects.toMatchObject({ code: "run.conflict" });
  });

  it("give a lock to one of many, keep it for that one, and free it for the next", async () => {
    const holders = await Promise.all(Array.from({ length: 10 }, (_unused, n) => store.claim("ns/name", `r${n}`)));
    const [holder = ""] = holders;
    expect(new Set(holders)).toEqual(new Set([holder]));
    expect(await store.claim("ns/name", holder)).toBe(holder);
    await store.release("ns/name", "somebody-else");
    expect(await store.claim("ns/name", "x")).toBe(holder);
    await store.release("ns/name", holder);
    await store.release("ns/name", holder);
    expect(await store.claim("ns/name", "x")).toBe("x");
    expect(await store.claim("ns/other", "y")).toBe("y");
  });
});

describe("runs kept in Kubernetes", () => {
  it("are written under the bot's own name, by which the cluster tells who wrote what", async () => {
    const store = kubernetesRunStore();
    await store.update(await store.create(run("a")), { ...run("a"), state: "running" });
    const maps = { group: "", plural: "configmaps" };
    const [map] = api.store.list(maps).map((object) => api.store.shown(maps, object));
    expect(map?.metadata.managedFields?.map(({ manager }) => manager)).toEqual(["dfbot"]);
  });

  it("are ConfigMaps that kubectl shows by state", async () => {
    await kubernetesRunStore().create(run("a"));
    const [object] = api.store.list({ group: "", plural: "configmaps" }, "bot");
    expect(object?.metadata).toMatchObject({
      name: "dfbot-run-a",
      labels: { "app.kubernetes.io/name": "dfbot", "dfbot.platform/record": "run", "dfbot.platform/state": "queued" },
    });
  });

  it("are listed page by page, however many there are", async () => {
    const store = kubernetesRunStore();
    for (let n = 0; n < 230; n++) await store.create(run(`r${n}`));
    expect(await store.list()).toHaveLength(230);
  });

  it("that somebody edited into nonsense are an error that says so, not a run, and hold up no other", async () => {
    const unreadable: string[] = [];
    const store = kubernetesRunStore((name) => unreadable.push(name));
    await store.create(run("a"));
    await store.create(run("b"));
    api.store.patch({ group: "", plural: "configmaps" }, "bot", "dfbot-run-a", (object) => {
      object["data"] = { run: "{" };
    });
    await expect(store.get("a")).rejects.toMatchObject({ code: "kubernetes.bad-answer" });
    for (const _ of [1, 2]) expect((await store.list()).map(({ record }) => record.id)).toEqual(["b"]);
    expect(unreadable).toEqual(["dfbot-run-a"]);
  });

  it("refuse a record that no object can hold, before anything is sent", async () => {
    const large = { ...run("a"), params: { text: "x".repeat(1_000_000) } };
    await expect(kubernetesRunStore().create(large)).rejects.toMatchObject({ code: "run.too-large" });
  });

  it("cannot be written while the API server is away, and say so", async () => {
    const store = kubernetesRunStore();
    api.faults.unreachable = true;
    await expect(store.create(run("a"))).rejects.toMatchObject({ code: "kubernetes.unreachable" });
    api.faults.unreachable = false;
    await store.create(run("a"));
  });
});
