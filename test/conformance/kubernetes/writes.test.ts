import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { isReal, openSubject, type Subject } from "./subject.ts";

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

const merge = { "content-type": "application/merge-patch+json" };
const strategic = { "content-type": "application/strategic-merge-patch+json" };
const inNamespace = (prefix: string, plural: string) => `${prefix}/namespaces/${subject.namespace}/${plural}`;
const maps = () => inNamespace("/api/v1", "configmaps");
const deployments = () => inNamespace("/apis/apps/v1", "deployments");
const map = (name: string, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
  data: { a: "1" },
});
const deployment = (name: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          { name: "one", image: "example.invalid/one:1" },
          { name: "two", image: "example.invalid/two:1" },
        ],
      },
    },
  },
});
const stored = z.looseObject({
  metadata: z.looseObject({ uid: z.string(), resourceVersion: z.string(), generation: z.int().optional() }),
});

describe("dry runs (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run)", () => {
  it("answer as the write would, and store nothing", async () => {
    expect(await subject.fetch("POST", `${maps()}?dryRun=All`, map("rehearsed"))).toMatchObject({
      code: 201,
      body: { metadata: { name: "rehearsed" } },
    });
    expect(await subject.fetch("GET", `${maps()}/rehearsed`)).toMatchObject({ code: 404 });
    await subject.fetch("POST", maps(), map("kept"));
    expect(await subject.fetch("PATCH", `${maps()}/kept?dryRun=All`, { data: { a: "2" } }, merge)).toMatchObject({
      code: 200,
      body: { data: { a: "2" } },
    });
    expect(await subject.fetch("DELETE", `${maps()}/kept?dryRun=All`)).toMatchObject({ code: 200 });
    expect(await subject.fetch("GET", `${maps()}/kept`)).toMatchObject({ code: 200, body: { data: { a: "1" } } });
  });

  it("fail as the write would", async () => {
    await subject.fetch("POST", maps(), map("there"));
    expect(await subject.fetch("POST", `${maps()}?dryRun=All`, map("there"))).toMatchObject({ code: 409 });
    expect(await subject.fetch("POST", `${maps()}?dryRun=maybe`, map("other"))).toMatchObject({
      code: expect.toSatisfy((code: number) => code === 400 || code === 422),
    });
  });
});

describe("what is refused before it is stored", () => {
  it("an unknown field under fieldValidation=Strict (https://kubernetes.io/docs/reference/using-api/api-concepts/#validation-for-unrecognized-or-duplicate-fields)", async () => {
    const odd = { ...map("odd"), datta: {} };
    expect(await subject.fetch("POST", `${maps()}?fieldValidation=Strict`, odd)).toMatchObject({
      code: 400,
      body: { reason: "BadRequest", message: expect.stringContaining('unknown field "datta"') },
    });
    const dropped = await subject.fetch("POST", `${maps()}?fieldValidation=Ignore`, odd);
    expect(dropped.code).toBe(201);
    expect(dropped.body).not.toHaveProperty("datta");
  });

  it("a label that is none, with the field in details.causes (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set)", async () => {
    expect(await subject.fetch("POST", maps(), map("labelled", { labels: { tier: "not a label" } }))).toMatchObject({
      code: 422,
      body: { reason: "Invalid", details: { kind: "ConfigMap", causes: [{ field: "metadata.labels" }] } },
    });
  });

  it("a Deployment whose selector does not match its template (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector)", async () => {
    const { spec, ...rest } = deployment("astray");
    expect(
      await subject.fetch("POST", deployments(), {
        ...rest,
        spec: { ...spec, selector: { matchLabels: { app: "another" } } },
      }),
    ).toMatchObject({ code: 422 });
  });

  it("a create that carries a resourceVersion", async () => {
    expect(await subject.fetch("POST", maps(), map("versioned", { resourceVersion: "5" }))).toMatchObject({
      code: expect.toSatisfy((code: number) => code >= 400),
    });
    expect(await subject.fetch("GET", `${maps()}/versioned`)).toMatchObject({ code: 404 });
  });

  it("a patch that renames", async () => {
    await subject.fetch("POST", maps(), map("from"));
    await subject.fetch("POST", maps(), map("to"));
    expect(
      await subject.fetch("PATCH", `${maps()}/from`, { metadata: { name: "to" }, data: { a: "x" } }, merge),
    ).toMatchObject({ code: 400 });
    expect(await subject.fetch("GET", `${maps()}/to`)).toMatchObject({ body: { data: { a: "1" } } });
  });

  it("a media type that is not served", async () => {
    expect(await subject.fetch("POST", maps(), map("typed"), { "content-type": "text/plain" })).toMatchObject({
      code: 415,
      body: { reason: "UnsupportedMediaType" },
    });
  });
});

describe("patches (https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/)", () => {
  it("strategic merge changes one container by its name, and keeps no directive", async () => {
    await subject.fetch("POST", deployments(), deployment("patched"));
    const containers = [{ name: "two", image: "example.invalid/two:2" }];
    const spec = {
      template: { spec: { containers, "$setElementOrder/containers": [{ name: "one" }, { name: "two" }] } },
    };
    const answer = await subject.fetch("PATCH", `${deployments()}/patched`, { spec }, strategic);
    expect(answer).toMatchObject({
      code: 200,
      body: {
        spec: {
          template: {
            spec: {
              containers: [
                { name: "one", image: "example.invalid/one:1" },
                { name: "two", image: "example.invalid/two:2" },
              ],
            },
          },
        },
      },
    });
    expect(JSON.stringify(answer.body)).not.toContain("$setElementOrder");
  });
});

describe("deletion (https://kubernetes.io/docs/concepts/architecture/garbage-collection/)", () => {
  it("takes what is owned along, unless another owner is left or the dependants are orphaned", async () => {
    const make = async (name: string, owners: readonly { name: string; uid: string }[] = []) => {
      const ownerReferences = owners.map((owner) => ({ apiVersion: "v1", kind: "ConfigMap", ...owner }));
      const { metadata } = stored.parse((await subject.fetch("POST", maps(), map(name, { ownerReferences }))).body);
      return { name, uid: metadata.uid };
    };
    const [first, second, third] = [await make("owner-1"), await make("owner-2"), await make("owner-3")];
    await make("of-first", [first]);
    await make("of-both", [first, second]);
    await make("of-third", [third]);
    const code = async (name: string) => (await subject.fetch("GET", `${maps()}/${name}`)).code;
    await subject.fetch("DELETE", `${maps()}/owner-1`);
    await expect.poll(() => code("of-first")).toBe(404);
    expect(await code("of-both")).toBe(200);
    await subject.fetch("DELETE", `${maps()}/owner-2`);
    await expect.poll(() => code("of-both")).toBe(404);
    await subject.fetch("DELETE", `${maps()}/owner-3?propagationPolicy=Orphan`);
    expect(await code("of-third")).toBe(200);
  });

  it("refuses a precondition that does not hold with 409", async () => {
    await subject.fetch("POST", maps(), map("guarded"));
    const preconditions = { uid: "00000000-0000-0000-0000-000000000000" };
    const options = { apiVersion: "v1", kind: "DeleteOptions", preconditions };
    expect(await subject.fetch("DELETE", `${maps()}/guarded`, options)).toMatchObject({
      code: 409,
      body: { reason: "Conflict" },
    });
  });

  it("of a collection takes just what its selector picks", async () => {
    await subject.fetch("POST", maps(), map("sweep-1", { labels: { sweep: "yes" } }));
    await subject.fetch("POST", maps(), map("spared"));
    expect(await subject.fetch("DELETE", `${maps()}?labelSelector=sweep%3Dyes`)).toMatchObject({ code: 200 });
    expect(await subject.fetch("GET", `${maps()}/sweep-1`)).toMatchObject({ code: 404 });
    expect(await subject.fetch("GET", `${maps()}/spared`)).toMatchObject({ code: 200 });
  });

  it.skipIf(isReal)("of a namespace takes what is in it along", async () => {
    const path = "/api/v1/namespaces/going";
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: "going" } };
    await subject.fetch("POST", "/api/v1/namespaces", body);
    await subject.fetch("POST", `${path}/configmaps`, map("inside"));
    await subject.fetch("DELETE", path);
    expect(await subject.fetch("GET", `${path}/configmaps/inside`)).toMatchObject({ code: 404 });
  });
});

describe.skipIf(isReal)(
  "custom resources (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/)",
  () => {
    const things = () => inNamespace("/apis/example.invalid/v1", "things");
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const thing = (name: string, metadata: object = {}) => ({
      apiVersion: "example.invalid/v1",
      kind: "Thing",
      metadata: { name, ...metadata },
      spec: { size: 1 },
    });
    beforeAll(async () => {
      expect(await subject.fetch("GET", things())).toMatchObject({ code: 404 });
      await subject.fetch("POST", definitions, {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: "things.example.invalid" },
        spec: {
          group: "example.invalid",
          scope: "Namespaced",
          names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
          versions: [
            {
              name: "v1",
              served: true,
              storage: true,
              subresources: { status: {} },
              schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
            },
          ],
        },
      });
    });

    it("are served once their definition is there", async () => {
      expect(await subject.fetch("POST", things(), thing("one"))).toMatchObject({ code: 201 });
      expect(await subject.fetch("GET", things())).toMatchObject({ code: 200, body: { kind: "ThingList" } });
    });

    it("take no strategic merge patch", async () => {
      await subject.fetch("POST", things(), thing("two"));
      const patch = (type: Readonly<Record<string, string>>) =>
        subject.fetch("PATCH", `${things()}/two`, { spec: { size: 2 } }, type);
      expect(await patch(strategic)).toMatchObject({ code: 415 });
      expect(await patch(merge)).toMatchObject({ code: 200 });
    });

    it("are not replaced without the resourceVersion that was read", async () => {
      await subject.fetch("POST", things(), thing("three"));
      expect(await subject.fetch("PUT", `${things()}/three`, thing("three"))).toMatchObject({
        code: 422,
        body: { message: expect.stringContaining("metadata.resourceVersion") },
      });
    });
  },
);
