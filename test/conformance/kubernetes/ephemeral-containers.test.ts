import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSubject, type Subject } from "./subject.ts";

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

const strategic = { "content-type": "application/strategic-merge-patch+json" };
const pods = () => `/api/v1/namespaces/${subject.namespace}/pods`;
const added = (name: string, more: object = {}) => ({ name, image: "registry.example.com/probe:1", ...more });
const add = (pod: string, ...containers: readonly object[]) =>
  subject.fetch(
    "PATCH",
    `${pods()}/${pod}/ephemeralcontainers`,
    { spec: { ephemeralContainers: containers } },
    strategic,
  );
const namesIn = (body: unknown): readonly string[] =>
  ((body as { spec: { ephemeralContainers?: { name: string }[] } }).spec.ephemeralContainers ?? []).map(
    ({ name }) => name,
  );

async function makePod(name: string): Promise<void> {
  const spec = { containers: [{ name: "main", image: "registry.example.com/main:1" }] };
  await subject.fetch("POST", pods(), { apiVersion: "v1", kind: "Pod", metadata: { name }, spec });
}

describe("ephemeral containers (https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/)", () => {
  it("are added one by one, and what else is sent is dropped", async () => {
    await makePod("grows");
    expect(namesIn((await add("grows", added("one"))).body)).toEqual(["one"]);
    const { code, body } = await subject.fetch(
      "PATCH",
      `${pods()}/grows/ephemeralcontainers`,
      {
        metadata: { labels: { app: "other" } },
        spec: { ephemeralContainers: [added("two")], activeDeadlineSeconds: 5 },
      },
      strategic,
    );
    expect(code).toBe(200);
    expect(new Set(namesIn(body))).toEqual(new Set(["one", "two"]));
    expect(body).not.toHaveProperty("metadata.labels");
    expect(body).not.toHaveProperty("spec.activeDeadlineSeconds");
  });

  it("are neither changed nor taken away again", async () => {
    await makePod("keeps");
    await add("keeps", added("one"));
    const changed = await add("keeps", added("one", { image: "registry.example.com/other:1" }));
    expect(changed).toMatchObject({ code: 422, body: { message: expect.stringContaining("may not be changed") } });
    const found = await subject.fetch("GET", `${pods()}/keeps`);
    const pod = found.body as { spec: object };
    const without = { ...pod, spec: { ...pod.spec, ephemeralContainers: [] } };
    const removed = await subject.fetch("PUT", `${pods()}/keeps/ephemeralcontainers`, without);
    expect(removed).toMatchObject({ code: 422, body: { message: expect.stringContaining("may not be removed") } });
  });

  it.each([
    ["ports", { ports: [{ containerPort: 80 }] }],
    ["resources", { resources: { limits: { memory: "1Mi" } } }],
    ["livenessProbe", { livenessProbe: { exec: { command: ["true"] } } }],
    ["lifecycle", { lifecycle: { preStop: { exec: { command: ["true"] } } } }],
  ])("have no %s", async (field, more) => {
    const pod = `no-${field.toLowerCase()}`;
    await makePod(pod);
    const { code, body } = await add(pod, added("one", more));
    expect(code).toBe(422);
    expect(body).toMatchObject({
      message: expect.stringContaining(
        `spec.ephemeralContainers[0].${field}: Forbidden: cannot be set for an Ephemeral`,
      ),
    });
  });

  it("have a name that no container has, and look into one that is there", async () => {
    await makePod("named");
    expect(await add("named", added("main"))).toMatchObject({ code: 422, body: { reason: "Invalid" } });
    expect(await add("named", added("one", { targetContainerName: "nobody" }))).toMatchObject({ code: 422 });
    expect(await add("named", added("one", { targetContainerName: "main" }))).toMatchObject({ code: 200 });
  });

  it("come by no other way: not with the pod, nor by a change of it", async () => {
    const spec = { containers: [added("main")], ephemeralContainers: [added("one")] };
    const created = { apiVersion: "v1", kind: "Pod", metadata: { name: "born" }, spec };
    expect(await subject.fetch("POST", pods(), created)).toMatchObject({ code: 422 });
    await makePod("fixed");
    const body = { spec: { ephemeralContainers: [added("one")] } };
    expect(await subject.fetch("PATCH", `${pods()}/fixed`, body, strategic)).toMatchObject({ code: 422 });
  });

  it("are not added to a pod that has changed since it was looked at, nor to one that is not there", async () => {
    await makePod("changes");
    const body = { metadata: { resourceVersion: "1" }, spec: { ephemeralContainers: [added("one")] } };
    const path = `${pods()}/changes/ephemeralcontainers`;
    expect(await subject.fetch("PATCH", path, body, strategic)).toMatchObject({ code: 409 });
    expect(await add("nobody", added("one"))).toMatchObject({ code: 404 });
  });

  it("are held to the namespace's Pod Security level (https://kubernetes.io/docs/concepts/security/pod-security-admission/)", async () => {
    await makePod("strict");
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    await subject.fetch("PATCH", `/api/v1/namespaces/${subject.namespace}`, { metadata: { labels } }, strategic);
    const { code, body } = await add("strict", added("one"));
    expect(code).toBe(403);
    expect(body).toMatchObject({ message: expect.stringMatching(/violates PodSecurity "restricted:latest"/) });
    const open = { "pod-security.kubernetes.io/enforce": null };
    await subject.fetch("PATCH", `/api/v1/namespaces/${subject.namespace}`, { metadata: { labels: open } }, strategic);
  });
});
