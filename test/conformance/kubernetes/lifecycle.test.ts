import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Watch } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { openSubject, type Subject } from "./subject.ts";

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

const merge = { "content-type": "application/merge-patch+json" };
const maps = () => `/api/v1/namespaces/${subject.namespace}/configmaps`;
const deployments = () => `/apis/apps/v1/namespaces/${subject.namespace}/deployments`;
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
      spec: { containers: [{ name: "one", image: "example.invalid/one:1" }] },
    },
  },
});
const stored = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string(), generation: z.int().optional() }),
});

describe("patches (https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/)", () => {
  it("null takes a field away", async () => {
    await subject.fetch("POST", maps(), map("emptied"));
    await subject.fetch("PATCH", `${maps()}/emptied`, { data: null }, merge);
    expect((await subject.fetch("GET", `${maps()}/emptied`)).body).not.toHaveProperty("data");
  });

  it("with a stale resourceVersion are 409 Conflict", async () => {
    const { metadata } = stored.parse((await subject.fetch("POST", maps(), map("stale"))).body);
    await subject.fetch("PATCH", `${maps()}/stale`, { data: { a: "2" } }, merge);
    const { resourceVersion } = metadata;
    expect(
      await subject.fetch("PATCH", `${maps()}/stale`, { metadata: { resourceVersion }, data: { a: "3" } }, merge),
    ).toMatchObject({ code: 409, body: { reason: "Conflict" } });
  });
});

describe("status and generation (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#spec-and-status)", () => {
  it("the generation grows with the spec, not with labels or status; the object's endpoint leaves status alone", async () => {
    const path = `${deployments()}/generations`;
    await subject.fetch("POST", deployments(), { ...deployment("generations"), status: { replicas: 7 } });
    const generation = async () => stored.parse((await subject.fetch("GET", path)).body).metadata.generation;
    expect((await subject.fetch("GET", path)).body).not.toMatchObject({ status: { replicas: 7 } });
    const first = await generation();
    await subject.fetch("PATCH", path, { metadata: { labels: { a: "b" } }, status: { replicas: 7 } }, merge);
    expect(await generation()).toBe(first);
    expect((await subject.fetch("GET", path)).body).not.toMatchObject({ status: { replicas: 7 } });
    await subject.fetch("PATCH", path, { spec: { minReadySeconds: 3 } }, merge);
    expect(await generation()).toBe((first ?? 0) + 1);
  });
});

describe("deletion (https://kubernetes.io/docs/concepts/architecture/garbage-collection/)", () => {
  it("waits for finalizers, and ends when the last is taken away (https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/)", async () => {
    await subject.fetch("POST", maps(), map("held", { finalizers: ["example.invalid/hold"] }));
    await subject.fetch("DELETE", `${maps()}/held`);
    expect(await subject.fetch("GET", `${maps()}/held`)).toMatchObject({
      code: 200,
      body: { metadata: { deletionTimestamp: expect.any(String) } },
    });
    await subject.fetch("PATCH", `${maps()}/held`, { metadata: { finalizers: null } }, merge);
    expect(await subject.fetch("GET", `${maps()}/held`)).toMatchObject({ code: 404 });
  });
});

describe("lists and watches (https://kubernetes.io/docs/reference/using-api/api-concepts/)", () => {
  it("refuse a continue token that is none with 400", async () => {
    expect(await subject.fetch("GET", `${maps()}?limit=2&continue=nonsense`)).toMatchObject({ code: 400 });
  });

  it("watches end after timeoutSeconds, with a last bookmark when these are allowed", async () => {
    const { metadata } = stored.parse((await subject.fetch("GET", maps())).body);
    const { resourceVersion } = metadata;
    const seen: string[] = [];
    const ended = Promise.withResolvers<void>();
    await new Watch(subject.config).watch(
      maps(),
      { resourceVersion, timeoutSeconds: "2", allowWatchBookmarks: "true" },
      (type) => void seen.push(type),
      () => ended.resolve(),
    );
    await ended.promise;
    expect(seen).toEqual(["BOOKMARK"]);
  });
});

describe("the simulation", () => {
  it("loads in Node itself, without a bundler in between", async () => {
    const module = join(import.meta.dirname, "../../../sandbox/kubernetes/server.ts");
    const child = spawn(process.execPath, ["--input-type=module", "-e", `await import(${JSON.stringify(module)})`]);
    const [[code], complaint] = await Promise.all([once(child, "close"), text(child.stderr)]);
    expect(complaint).toBe("");
    expect(code).toBe(0);
  });
});
