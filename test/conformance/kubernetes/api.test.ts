import { PassThrough, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { CoreV1Api, Log, PortForward, Watch } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSubject, isReal as real, type Subject } from "./subject.ts";

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

const maps = () => `/api/v1/namespaces/${subject.namespace}/configmaps`;
const configMap = (name: string, more: Record<string, unknown> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...more },
  data: { a: "1" },
});
const simulated = () => {
  if (subject.simulation === undefined) throw new Error("only the simulation has knobs");
  return subject.simulation;
};
const collector = (into: string[]) =>
  new Writable({
    write(chunk, _encoding, done) {
      into.push(String(chunk));
      done();
    },
  });

describe("objects (https://kubernetes.io/docs/reference/using-api/api-concepts/)", () => {
  it("created ones carry uid, resourceVersion and creation time; twice is 409 AlreadyExists", async () => {
    const created = await subject.fetch("POST", maps(), configMap("twice"));
    expect(created.code).toBe(201);
    expect(created.body).toMatchObject({
      metadata: {
        name: "twice",
        uid: expect.any(String),
        resourceVersion: expect.stringMatching(/^\d+$/),
        creationTimestamp: expect.any(String),
      },
    });
    const again = await subject.fetch("POST", maps(), configMap("twice"));
    expect(again).toMatchObject({
      code: 409,
      body: { kind: "Status", reason: "AlreadyExists", message: 'configmaps "twice" already exists' },
    });
  });

  it("an update with an old resourceVersion is 409 Conflict", async () => {
    const { body } = await subject.fetch("POST", maps(), configMap("contended"));
    await subject.fetch("PUT", `${maps()}/contended`, { ...(body as object), data: { a: "2" } });
    const stale = await subject.fetch("PUT", `${maps()}/contended`, { ...(body as object), data: { a: "3" } });
    expect(stale).toMatchObject({
      code: 409,
      body: { reason: "Conflict", message: expect.stringContaining("the object has been modified") },
    });
  });

  it("what does not exist is 404 with the resource and the name, and an unknown kind is 404 too", async () => {
    expect(await subject.fetch("GET", `${maps()}/nobody`)).toMatchObject({
      code: 404,
      body: { reason: "NotFound", message: 'configmaps "nobody" not found' },
    });
    expect(await subject.fetch("GET", "/apis/nothing.example/v1/things")).toMatchObject({ code: 404 });
  });

  it("a namespace that does not exist takes no objects", async () => {
    expect(
      await subject.fetch("POST", "/api/v1/namespaces/no-such-namespace/configmaps", configMap("lost")),
    ).toMatchObject({ code: 404 });
  });

  it("a name that is no DNS subdomain is 422, nonsense is 400, a wrong method 405", async () => {
    expect(await subject.fetch("POST", maps(), configMap("Not_A_Name"))).toMatchObject({
      code: 422,
      body: { reason: "Invalid" },
    });
    expect(await subject.fetch("POST", maps(), { kind: "Nonsense" })).toMatchObject({
      code: 400,
      body: { reason: "BadRequest" },
    });
    expect(await subject.fetch("PUT", maps(), configMap("x"))).toMatchObject({ code: 405 });
  });

  it("patches by content type, and refuses one it does not know with 415", async () => {
    await subject.fetch("POST", maps(), configMap("patched", { labels: { keep: "1", drop: "1" } }));
    const patch = (type: string, body: unknown) =>
      subject.fetch("PATCH", `${maps()}/patched`, body, { "content-type": type });
    expect(
      await patch("application/merge-patch+json", { metadata: { labels: { drop: null, add: "1" } } }),
    ).toMatchObject({ code: 200, body: { metadata: { labels: { keep: "1", add: "1" } } } });
    expect(await patch("application/json-patch+json", [{ op: "replace", path: "/data/a", value: "9" }])).toMatchObject({
      code: 200,
      body: { data: { a: "9" } },
    });
    expect(await patch("application/json-patch+json", [{ op: "test", path: "/data/a", value: "8" }])).toMatchObject({
      code: 422,
    });
    expect(await patch("text/plain", {})).toMatchObject({ code: 415 });
  });
});

describe("lists (https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks)", () => {
  it("select by labels, equality and set based, and by field", async () => {
    for (const [name, tier] of [
      ["sel-a", "front"],
      ["sel-b", "back"],
      ["sel-c", "back"],
    ])
      await subject.fetch("POST", maps(), configMap(name ?? "", { labels: { tier } }));
    const names = async (query: string) => {
      const { body } = await subject.fetch("GET", `${maps()}?${query}`);
      return (body as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);
    };
    expect(await names("labelSelector=tier%3Dback")).toEqual(["sel-b", "sel-c"]);
    expect(await names(`labelSelector=${encodeURIComponent("tier in (front, side)")}`)).toEqual(["sel-a"]);
    expect(await names(`labelSelector=${encodeURIComponent("tier,tier!=back")}`)).toEqual(["sel-a"]);
    expect(await names("fieldSelector=metadata.name%3Dsel-c")).toEqual(["sel-c"]);
    expect(await subject.fetch("GET", `${maps()}?fieldSelector=data.a%3D1`)).toMatchObject({ code: 400 });
  });

  it("come in chunks with a continue token", async () => {
    const first = await subject.fetch("GET", `${maps()}?limit=2&labelSelector=tier`);
    const { metadata, items } = first.body as {
      metadata: { continue: string; remainingItemCount?: number };
      items: unknown[];
    };
    expect(items).toHaveLength(2);
    const rest = await subject.fetch("GET", `${maps()}?limit=2&labelSelector=tier&continue=${metadata.continue}`);
    expect((rest.body as { items: unknown[] }).items).toHaveLength(1);
  });
});

describe("watches (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes)", () => {
  it("send what happened after the given resourceVersion, in order", async () => {
    const { body } = await subject.fetch("GET", maps());
    const since = (body as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
    await subject.fetch("POST", maps(), configMap("watched"));
    const seen: string[] = [];
    const controller = await new Watch(subject.config).watch(
      maps(),
      { resourceVersion: since },
      (type, object) => void seen.push(`${type} ${object.metadata.name}`),
      () => undefined,
    );
    await subject.fetch(
      "PATCH",
      `${maps()}/watched`,
      { data: { a: "2" } },
      { "content-type": "application/merge-patch+json" },
    );
    await subject.fetch("DELETE", `${maps()}/watched`);
    await expect.poll(() => seen).toEqual(["ADDED watched", "MODIFIED watched", "DELETED watched"]);
    controller.abort();
  });

  it.skipIf(real)("that start too long ago get 410 Expired", async () => {
    for (let i = 0; i < 60; i++)
      await subject.fetch(
        "PATCH",
        `${maps()}/twice`,
        { data: { a: String(i) } },
        { "content-type": "application/merge-patch+json" },
      );
    const { body } = await subject.fetch("GET", `${maps()}?watch=true&resourceVersion=1001`);
    expect(body).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
  });
});

describe("who may (https://kubernetes.io/docs/reference/access-authn-authz/rbac/)", () => {
  const as = (token: string) => ({ authorization: `Bearer ${token}` });

  it("no, a wrong or an expired token is 401 Unauthorized", async () => {
    expect(await subject.fetch("GET", maps(), undefined, as("fake-nobody"))).toMatchObject({
      code: 401,
      body: { reason: "Unauthorized" },
    });
    if (!real)
      expect(await subject.fetch("GET", maps(), undefined, as("fake-expired-token"))).toMatchObject({ code: 401 });
  });

  it.skipIf(real)(
    "what no role grants is 403 in the server's words; a binding grants just what its role says",
    async () => {
      const list = () => subject.fetch("GET", maps(), undefined, as("fake-reader-token"));
      expect(await list()).toMatchObject({
        code: 403,
        body: {
          reason: "Forbidden",
          message: `configmaps is forbidden: User "reader" cannot list resource "configmaps" in API group "" in the namespace "${subject.namespace}"`,
        },
      });
      const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${subject.namespace}`;
      const meta = { name: "read-maps" };
      await subject.fetch("POST", `${rbac}/roles`, {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: meta,
        rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["list"] }],
      });
      await subject.fetch("POST", `${rbac}/rolebindings`, {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: meta,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "read-maps" },
        subjects: [{ kind: "User", name: "reader", apiGroup: "rbac.authorization.k8s.io" }],
      });
      expect(await list()).toMatchObject({ code: 200 });
      expect(await subject.fetch("GET", `${maps()}/twice`, undefined, as("fake-reader-token"))).toMatchObject({
        code: 403,
      });
      expect(await subject.fetch("GET", "/api/v1/configmaps", undefined, as("fake-reader-token"))).toMatchObject({
        code: 403,
        body: { message: expect.stringContaining("at the cluster scope") },
      });
    },
  );
});

describe.skipIf(real)("pods: log, port-forward, eviction", () => {
  const pods = () => `/api/v1/namespaces/${subject.namespace}/pods`;
  const pod = (name: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "x" } },
    spec: { containers: [{ name: "c", image: "i" }] },
  });
  beforeAll(async () => {
    await subject.fetch("POST", pods(), pod("p0"));
    // Nobody's budget guards a pod that does not run yet.
    await subject.fetch(
      "PATCH",
      `${pods()}/p0/status`,
      { status: { phase: "Running" } },
      { "content-type": "application/merge-patch+json" },
    );
  });

  it("log gives the text, the last lines when asked, and 400 when there is no previous container", async () => {
    const out = new PassThrough();
    await new Log(subject.config).log(subject.namespace, "p0", "c", out, { tailLines: 1 });
    expect(String(await new Promise((resolve) => out.once("data", resolve)))).toContain("p0 two");
    expect(await subject.fetch("GET", `${pods()}/p0/log?previous=true`)).toMatchObject({ code: 400 });
  });

  it("port-forward carries bytes both ways (KEP-4006, v4.channel.k8s.io)", async () => {
    const received: string[] = [];
    const output = collector(received);
    const input = new PassThrough();
    const socket = await new PortForward(subject.config).portForward(subject.namespace, "p0", [7], output, null, input);
    input.write("hello");
    await expect.poll(() => received.join("")).toBe("echo:hello");
    if (typeof socket !== "function") socket.close();
  });

  it("port-forward to a closed port says so on the error channel and ends", async () => {
    const errors: string[] = [];
    const error = collector(errors);
    const socket = await new PortForward(subject.config).portForward(
      subject.namespace,
      "p0",
      [8],
      new PassThrough(),
      error,
      new PassThrough(),
    );
    await expect.poll(() => errors.join("")).toContain("connection refused");
    if (typeof socket !== "function") await expect.poll(() => socket.readyState).toBe(3);
  });

  it("port-forward to a pod that does not exist is refused", async () => {
    await expect(
      new PortForward(subject.config).portForward(
        subject.namespace,
        "nobody",
        [7],
        new PassThrough(),
        null,
        new PassThrough(),
      ),
    ).rejects.toBeDefined();
  });

  it("eviction is refused with 429 while the budget allows none (https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/)", async () => {
    const budgets = `/apis/policy/v1/namespaces/${subject.namespace}/poddisruptionbudgets`;
    await subject.fetch("POST", budgets, {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "b" },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "x" } } },
    });
    const evict = () =>
      subject.fetch("POST", `${pods()}/p0/eviction`, {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "p0" },
      });
    expect(await evict()).toMatchObject({
      code: 429,
      body: { reason: "TooManyRequests", details: { causes: [{ reason: "DisruptionBudget" }] } },
    });
    await subject.fetch(
      "PATCH",
      `${budgets}/b/status`,
      { status: { disruptionsAllowed: 1 } },
      { "content-type": "application/merge-patch+json" },
    );
    expect(await evict()).toMatchObject({ code: 201 });
    expect(await subject.fetch("GET", `${pods()}/p0`)).toMatchObject({ code: 404 });
  });
});

describe.skipIf(real)("faults", () => {
  it("429 carries Retry-After, as API priority and fairness sends it", async () => {
    simulated().faults.tooManyRequests = { retryAfterSeconds: 1 };
    const answer = await subject.fetch("GET", maps());
    simulated().faults.tooManyRequests = undefined;
    expect(answer).toMatchObject({ code: 429, body: { reason: "TooManyRequests" } });
    expect(answer.retryAfter).toBe("1");
  });

  it("a slow server answers late, an unreachable one cuts the connection", async () => {
    simulated().faults.latencyMs = 150;
    const started = performance.now();
    await subject.fetch("GET", maps());
    simulated().faults.latencyMs = 0;
    expect(performance.now() - started).toBeGreaterThan(140);
    simulated().faults.unreachable = true;
    await expect(subject.fetch("GET", maps())).rejects.toThrow();
    simulated().faults.unreachable = false;
    await sleep(1);
  });

  it("every request is in the log with its verb and outcome", async () => {
    await subject.config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: subject.namespace });
    expect(simulated().log.at(-1)).toMatchObject({
      user: "admin",
      verb: "list",
      resource: "pods",
      namespace: subject.namespace,
      code: 200,
    });
  });
});
