import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { openSubject, type Subject } from "./subject.ts";

/** Who owns which field of an object, and server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/). */

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

const merge = { "content-type": "application/merge-patch+json" };
const as = (client: string) => ({ "user-agent": client });
const inNamespace = (prefix: string, plural: string) => `${prefix}/namespaces/${subject.namespace}/${plural}`;
const maps = () => inNamespace("/api/v1", "configmaps");
const services = () => inNamespace("/api/v1", "services");
const map = (name: string, data: object, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
  data,
});
const create = (name: string, data: object, client = "maker/1.0") =>
  subject.fetch("POST", maps(), map(name, data), as(client));
const patch = (name: string, body: object, client: string) =>
  subject.fetch("PATCH", `${maps()}/${name}`, body, { ...merge, ...as(client) });
const apply = (name: string, data: object, manager: string, query = "", metadata: object = {}) =>
  subject.fetch("PATCH", `${maps()}/${name}?fieldManager=${manager}${query}`, map(name, data, metadata), {
    "content-type": "application/apply-patch+yaml",
  });

const entry = z.looseObject({
  manager: z.string(),
  operation: z.string(),
  apiVersion: z.string(),
  time: z.string(),
  fieldsType: z.literal("FieldsV1"),
  fieldsV1: z.record(z.string(), z.unknown()),
  subresource: z.string().optional(),
});
const owned = z.looseObject({ metadata: z.looseObject({ managedFields: z.array(entry).default([]) }) });
const entriesOf = (body: unknown) => owned.parse(body).metadata.managedFields;
const entries = async (path: string) => entriesOf((await subject.fetch("GET", path)).body);
/** Of a ConfigMap: who owns which of its keys. */
const owners = async (name: string) =>
  Object.fromEntries(
    (await entries(`${maps()}/${name}`)).map(({ manager, operation, fieldsV1 }) => [
      `${manager} ${operation}`,
      Object.keys(Object(fieldsV1["f:data"])).filter((key) => key !== "."),
    ]),
  );
const dataOf = async (name: string) => Object((await subject.fetch("GET", `${maps()}/${name}`)).body).data;

describe("managed fields", () => {
  it("name who made an object by what the client calls itself, up to the slash, and when", async () => {
    const { body } = await create("made", { a: "1" }, "kubectl-create/v1.33.0 (linux/amd64)");
    const [only, ...more] = entriesOf(body);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ manager: "kubectl-create", operation: "Update", apiVersion: "v1" });
    expect(only?.fieldsV1).toEqual({ "f:data": { ".": {}, "f:a": {} } });
    expect(only?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await entries(`${maps()}/made`)).toEqual([only]);
  });

  it("go by fieldManager before that", async () => {
    const { body } = await subject.fetch("POST", `${maps()}?fieldManager=me`, map("named", {}), as("maker/1.0"));
    expect(entriesOf(body).map(({ manager }) => manager)).toEqual(["me"]);
    const tooLong = await subject.fetch("POST", `${maps()}?fieldManager=${"x".repeat(129)}`, map("long", {}));
    expect(tooLong).toMatchObject({
      code: 422,
      body: { message: expect.stringContaining("may not be more than 128") },
    });
  });

  it("go over to whoever changes a field, and leave out who owns nothing any more", async () => {
    await create("taken", { a: "1", b: "1" });
    await patch("taken", { data: { b: "2" } }, "editor/1.0");
    expect(await owners("taken")).toEqual({ "maker Update": ["f:a"], "editor Update": ["f:b"] });
    await patch("taken", { data: { a: "2" } }, "editor/1.0");
    expect(await owners("taken")).toMatchObject({ "editor Update": ["f:a", "f:b"] });
    expect((await owners("taken"))["maker Update"] ?? []).toEqual([]);
    await patch("taken", { data: { a: "3", b: "3" } }, "third/1.0");
    expect(Object.keys(await owners("taken"))).not.toContain("editor Update");
  });

  it("do not change with what is no change, and know nothing of who takes a field away", async () => {
    await create("same", { a: "1", b: "1" });
    const before = await entries(`${maps()}/same`);
    await patch("same", { data: { a: "1" } }, "editor/1.0");
    expect(await entries(`${maps()}/same`)).toEqual(before);
    await patch("same", { data: { b: null } }, "editor/1.0");
    expect(await owners("same")).toEqual({ "maker Update": ["f:a"] });
  });

  it("tell items of lists by their keys, values of sets by themselves, and other lists and some maps as wholes", async () => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "listed", finalizers: ["example.com/hold"] },
      spec: { selector: { app: "x" }, ports: [{ port: 80, protocol: "TCP", targetPort: 8080 }] },
    };
    const { body } = await subject.fetch("POST", services(), service, as("maker/1.0"));
    expect(entriesOf(body)[0]?.fieldsV1).toMatchObject({
      "f:metadata": { "f:finalizers": { ".": {}, 'v:"example.com/hold"': {} } },
      "f:spec": {
        "f:selector": {},
        "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {}, "f:targetPort": {} } },
      },
    });
    await subject.fetch("PATCH", `${services()}/listed`, { metadata: { finalizers: null } }, merge);
  });

  it("of the status are apart", async () => {
    const path = inNamespace("/api/v1", "resourcequotas");
    const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "q" }, spec: { hard: { pods: "5" } } };
    await subject.fetch("POST", path, quota, as("maker/1.0"));
    const status = { status: { hard: { pods: "5" } } };
    await subject.fetch("PATCH", `${path}/q/status`, status, { ...merge, ...as("counter/1.0") });
    expect((await entries(`${path}/q`)).find(({ manager }) => manager === "counter")).toMatchObject({
      operation: "Update",
      subresource: "status",
      fieldsV1: { "f:status": { "f:hard": { "f:pods": {} } } },
    });
  });

  it("are taken away by a list with one empty entry, and kept by an empty list (https://kubernetes.io/docs/reference/using-api/server-side-apply/#clearing-managedfields)", async () => {
    await create("cleared", { a: "1" });
    await patch("cleared", { metadata: { managedFields: [] } }, "editor/1.0");
    expect(await owners("cleared")).toEqual({ "maker Update": ["f:a"] });
    await patch("cleared", { metadata: { managedFields: [{}] } }, "editor/1.0");
    expect(await owners("cleared")).toEqual({});
    await patch("cleared", { data: { a: "2" } }, "editor/1.0");
    expect(await owners("cleared"), "not followed any more").toEqual({});
    await apply("cleared", { b: "1" }, "applier");
    expect(await owners("cleared")).toEqual({ "applier Apply": ["f:b"], "before-first-apply Update": ["f:a"] });
  });
});

describe("server-side apply", () => {
  it("makes what is not there, and owns what it was given", async () => {
    const { code, body } = await apply("fresh", { a: "1" }, "applier");
    expect(code).toBe(201);
    expect(entriesOf(body)[0]).toMatchObject({ manager: "applier", operation: "Apply" });
    expect(entriesOf(body)[0]?.fieldsV1).toEqual({ "f:data": { "f:a": {} } });
    expect((await apply("fresh", { a: "1" }, "applier")).code).toBe(200);
  });

  it("leaves what others own, and takes away what it has applied before and does no longer", async () => {
    await apply("partly", { a: "1", b: "1" }, "applier");
    await patch("partly", { data: { c: "1" } }, "editor/1.0");
    await apply("partly", { a: "2" }, "applier");
    expect(await dataOf("partly")).toEqual({ a: "2", c: "1" });
    expect(await owners("partly")).toEqual({ "applier Apply": ["f:a"], "editor Update": ["f:c"] });
  });

  it("is a conflict over what another one owns, field by field", async () => {
    await apply("disputed", { a: "1", b: "1" }, "applier");
    const one = await apply("disputed", { a: "2" }, "other");
    expect(one).toMatchObject({
      code: 409,
      body: {
        reason: "Conflict",
        message: 'Apply failed with 1 conflict: conflict with "applier": .data.a',
        details: {
          causes: [{ reason: "FieldManagerConflict", message: 'conflict with "applier"', field: ".data.a" }],
        },
      },
    });
    await patch("disputed", { data: { b: "2" } }, "kubectl-edit/v1.33.0");
    const two = await apply("disputed", { a: "2", b: "3" }, "other");
    expect(two).toMatchObject({
      code: 409,
      body: { message: expect.stringMatching(/^Apply failed with 2 conflicts: /) },
    });
    expect(two).toMatchObject({
      body: { message: expect.stringMatching(/conflicts with "kubectl-edit" using v1[^:]*:\n- \.data\.b/) },
    });
    expect(await dataOf("disputed")).toEqual({ a: "1", b: "2" });
  });

  it("takes over by force, and shares what has the same value", async () => {
    await apply("forced", { a: "1", b: "1" }, "applier");
    await apply("forced", { a: "2", b: "1" }, "other", "&force=true");
    expect(await owners("forced")).toEqual({ "applier Apply": ["f:b"], "other Apply": ["f:a", "f:b"] });
    // Of two who share a field one may leave it.
    await apply("forced", { a: "2" }, "other");
    expect(await dataOf("forced")).toEqual({ a: "2", b: "1" });
  });

  it("touches no time while nothing changes", async () => {
    const first = await apply("still", { a: "1" }, "applier");
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const again = await apply("still", { a: "1" }, "applier");
    expect(again.body).toEqual(first.body);
  });

  it("merges lists by their keys", async () => {
    const port = (one: number, more: object = {}) => ({ port: one, protocol: "TCP", name: `p${one}`, ...more });
    const applied = (manager: string, ...ports: readonly object[]) =>
      subject.fetch(
        "PATCH",
        `${services()}/ports?fieldManager=${manager}`,
        { apiVersion: "v1", kind: "Service", metadata: { name: "ports" }, spec: { ports } },
        { "content-type": "application/apply-patch+yaml" },
      );
    await applied("one", port(80), port(81));
    await applied("two", port(82));
    const { body } = await applied("one", port(81, { targetPort: 8081 }));
    expect(
      Object(body)
        .spec.ports.map((one: { port: number }) => one.port)
        .toSorted(),
    ).toEqual([81, 82]);
  });

  it("tries first, where it is a dry-run", async () => {
    expect((await apply("rehearsed", { a: "1" }, "applier", "&dryRun=All")).code).toBe(201);
    expect((await subject.fetch("GET", `${maps()}/rehearsed`)).code).toBe(404);
  });

  it("needs a name, says no owners itself, and only it is forced", async () => {
    const yaml = { "content-type": "application/apply-patch+yaml" };
    const nameless = await subject.fetch("PATCH", `${maps()}/x`, map("x", {}), { ...yaml, ...as("maker/1.0") });
    expect(nameless).toMatchObject({
      code: 422,
      body: { message: expect.stringContaining("fieldManager: Required value: is required for apply patch") },
    });
    const said = [{ manager: "a", operation: "Apply", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} }];
    expect(await apply("x", {}, "applier", "", { managedFields: said })).toMatchObject({
      code: 400,
      body: { message: expect.stringContaining("metadata.managedFields must be nil") },
    });
    await create("patched", { a: "1" });
    const forced = await subject.fetch("PATCH", `${maps()}/patched?force=true`, { data: { a: "2" } }, merge);
    expect(forced).toMatchObject({ code: 422, body: { message: expect.stringContaining("non-apply patch") } });
  });
});
