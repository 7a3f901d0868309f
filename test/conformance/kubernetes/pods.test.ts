import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { isReal, openSubject, type Subject } from "./subject.ts";

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

const merge = { "content-type": "application/merge-patch+json" };
const pods = () => `/api/v1/namespaces/${subject.namespace}/pods`;
const budgets = () => `/apis/policy/v1/namespaces/${subject.namespace}/poddisruptionbudgets`;

async function runPod(name: string, ...containers: readonly string[]): Promise<void> {
  const spec = { containers: containers.map((container) => ({ name: container, image: "i" })) };
  const metadata = { name, labels: { app: "guarded", name } };
  await subject.fetch("POST", pods(), { apiVersion: "v1", kind: "Pod", metadata, spec });
  await setReady(name, "True");
}

async function setReady(name: string, status: "True" | "False"): Promise<void> {
  const conditions = [{ type: "Ready", status }];
  await subject.fetch("PATCH", `${pods()}/${name}/status`, { status: { phase: "Running", conditions } }, merge);
}

async function budget(name: string, selector: object, disruptionsAllowed: number): Promise<void> {
  const [apiVersion, kind, metadata] = ["policy/v1", "PodDisruptionBudget", { name }];
  await subject.fetch("POST", budgets(), { apiVersion, kind, metadata, spec: { minAvailable: 1, selector } });
  const status = { disruptionsAllowed, desiredHealthy: 1, currentHealthy: 1 + disruptionsAllowed };
  await subject.fetch("PATCH", `${budgets()}/${name}/status`, { status }, merge);
}

function evict(name: string, query = "", more: object = {}) {
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name }, ...more };
  return subject.fetch("POST", `${pods()}/${name}/eviction${query}`, body);
}

describe.skipIf(isReal)("eviction (https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/)", () => {
  beforeEach(async () => {
    await subject.fetch("DELETE", pods());
    await subject.fetch("DELETE", budgets());
    await runPod("a", "c");
    await runPod("b", "c");
  });

  it("takes from what the budget allows: the second at once is refused, with the budget's name", async () => {
    await budget("one", { matchExpressions: [{ key: "app", operator: "In", values: ["guarded"] }] }, 1);
    expect(await evict("a")).toMatchObject({ code: 201 });
    expect(await evict("b")).toMatchObject({
      code: 429,
      body: {
        reason: "TooManyRequests",
        details: {
          causes: [{ reason: "DisruptionBudget", message: expect.stringContaining("The disruption budget one") }],
        },
      },
    });
    expect(await subject.fetch("GET", `${pods()}/b`)).toMatchObject({ code: 200 });
  });

  it("is 500 when two budgets select the pod", async () => {
    await budget("one", { matchLabels: { app: "guarded" } }, 1);
    await budget("two", {}, 1);
    expect(await evict("a")).toMatchObject({
      code: 500,
      body: { message: expect.stringContaining("more than one PodDisruptionBudget") },
    });
  });

  it("is 409 for another pod of the name, and hits the one with the uid", async () => {
    const uidOf = (answer: unknown) =>
      z.object({ body: z.object({ metadata: z.object({ uid: z.string() }) }) }).parse(answer);
    const { uid } = uidOf(await subject.fetch("GET", `${pods()}/a`)).body.metadata;
    const of = (wanted: string) => ({ deleteOptions: { preconditions: { uid: wanted } } });
    expect(await evict("a", "", of("another"))).toMatchObject({ code: 409, body: { reason: "Conflict" } });
    expect(await evict("a", "", of(uid))).toMatchObject({ code: 201 });
  });

  // Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
  it("of a pod that is not ready takes nothing from the budget, as long as enough others are", async () => {
    await budget("one", { matchLabels: { app: "guarded" } }, 0);
    await setReady("a", "False");
    expect(await evict("a")).toMatchObject({ code: 201 });
    expect(await evict("b")).toMatchObject({ code: 429 });
    await setReady("b", "False");
    await subject.fetch("PATCH", `${budgets()}/one/status`, { status: { currentHealthy: 0 } }, merge);
    expect(await evict("b")).toMatchObject({ code: 429 });
  });

  it("of a pod that does not run yet asks no budget", async () => {
    await budget("none", { matchLabels: { app: "guarded" } }, 0);
    await subject.fetch("PATCH", `${pods()}/a/status`, { status: { phase: "Pending" } }, merge);
    expect(await evict("a")).toMatchObject({ code: 201 });
  });

  it("as a dry run evicts nothing and takes nothing", async () => {
    await budget("one", { matchLabels: { app: "guarded" } }, 1);
    expect(await evict("a", "?dryRun=All")).toMatchObject({ code: 201 });
    expect(await subject.fetch("GET", `${pods()}/a`)).toMatchObject({ code: 200 });
    expect(await evict("a")).toMatchObject({ code: 201 });
  });

  it("needs an Eviction that names the pod", async () => {
    const path = `${pods()}/a/eviction`;
    expect(await subject.fetch("POST", path, { metadata: { name: "a" } })).toMatchObject({ code: 400 });
    const other = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "b" } };
    expect(await subject.fetch("POST", path, other)).toMatchObject({ code: 400 });
  });
});

describe.skipIf(isReal)("logs (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/)", () => {
  it("of a pod with two containers must name one of them", async () => {
    await runPod("double", "c", "d");
    const log = (query: string) => subject.fetch("GET", `${pods()}/double/log${query}`);
    expect(await log("")).toMatchObject({
      code: 400,
      body: { message: expect.stringContaining("choose one of: [c d]") },
    });
    expect(await log("?container=e")).toMatchObject({ code: 400 });
    expect(await log("?container=d")).toMatchObject({ code: 200 });
  });
});

describe("discovery (https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api)", () => {
  it("names the kinds the bot and its tests use", async () => {
    const kinds = async (path: string) => JSON.stringify((await subject.fetch("GET", path)).body);
    expect(await kinds("/api/v1")).toMatch(/"endpoints".*|"name":"endpoints"/);
    expect(await kinds("/apis/apps/v1")).toContain('"name":"replicasets"');
    expect(await kinds("/apis/authorization.k8s.io/v1")).toContain('"name":"selfsubjectaccessreviews"');
    expect(await subject.fetch("GET", "/apis/apps")).toMatchObject({
      code: 200,
      body: { kind: "APIGroup", name: "apps", preferredVersion: { groupVersion: "apps/v1" } },
    });
  });

  it("a path that cannot be decoded is refused, not a server error", async () => {
    const { code } = await subject.fetch("GET", "/api/v1/namespaces/%zz/pods");
    expect(code).toBeGreaterThanOrEqual(400);
    expect(code).toBeLessThan(500);
  });
});
