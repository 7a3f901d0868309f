import { Watch } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { isReal, openSubject, type Subject } from "./subject.ts";

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

const merge = { "content-type": "application/merge-patch+json" };
const maps = () => `/api/v1/namespaces/${subject.namespace}/configmaps`;
const create = (name: string, labels: Readonly<Record<string, string>> = {}) =>
  subject.fetch("POST", maps(), { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels } });
const listed = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
});
const list = async (query = "") => listed.parse((await subject.fetch("GET", `${maps()}${query}`)).body);

/** Watches with client-node; the events that come are added to what it returns. */
async function watch(query: Readonly<Record<string, string>>) {
  const seen: string[] = [];
  const ended = Promise.withResolvers<void>();
  const controller = await new Watch(subject.config).watch(
    maps(),
    query,
    (type, object) => void seen.push(`${type} ${object.metadata.name ?? ""}`.trim()),
    () => ended.resolve(),
  );
  return { seen, ended: ended.promise, stop: () => controller.abort() };
}

describe("watches (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes)", () => {
  it("are open before anything happens", async () => {
    const { metadata } = await list();
    const { seen, stop } = await watch({ resourceVersion: metadata.resourceVersion, timeoutSeconds: "20" });
    expect(seen).toEqual([]);
    await create("first");
    await expect.poll(() => seen).toEqual(["ADDED first"]);
    stop();
  }, 10_000);

  it("with a selector show as deleted what ceases to match, and as added what begins to", async () => {
    await create("moving", { side: "left" });
    const { metadata } = await list();
    const { resourceVersion } = metadata;
    const move = (side: string) =>
      subject.fetch("PATCH", `${maps()}/moving`, { metadata: { labels: { side } } }, merge);
    await move("right");
    await move("left");
    const left = await watch({ resourceVersion, labelSelector: "side=left" });
    await expect.poll(() => left.seen).toEqual(["DELETED moving", "ADDED moving"]);
    const right = await watch({ resourceVersion, labelSelector: "side=right" });
    await expect.poll(() => right.seen).toEqual(["ADDED moving", "DELETED moving"]);
    left.stop();
    right.stop();
  });

  it("refuse a resourceVersion that is none", async () => {
    expect(await subject.fetch("GET", `${maps()}?watch=true&timeoutSeconds=1&resourceVersion=soon`)).toMatchObject({
      code: 400,
    });
  });
});

describe("lists in chunks (https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks)", () => {
  it("lose nothing and repeat nothing when an earlier object goes meanwhile", async () => {
    for (const name of ["chunk-a", "chunk-b", "chunk-c", "chunk-d"]) await create(name, { chunk: "yes" });
    const selector = "limit=2&labelSelector=chunk%3Dyes";
    const first = await list(`?${selector}`);
    await subject.fetch("DELETE", `${maps()}/chunk-a`);
    const second = await list(`?${selector}&continue=${encodeURIComponent(first.metadata.continue ?? "")}`);
    const names = [...first.items, ...second.items].map(({ metadata }) => metadata.name);
    expect(names).toEqual(["chunk-a", "chunk-b", "chunk-c", "chunk-d"]);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it.skipIf(isReal)("that waited too long are 410 Expired", async () => {
    const first = await list("?limit=1");
    for (let turn = 0; turn < 60; turn++)
      await subject.fetch("PATCH", `${maps()}/first`, { data: { turn: String(turn) } }, merge);
    const token = encodeURIComponent(first.metadata.continue ?? "");
    expect(await subject.fetch("GET", `${maps()}?limit=1&continue=${token}`)).toMatchObject({
      code: 410,
      body: { reason: "Expired" },
    });
  });
});

describe("field selectors (https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/)", () => {
  it("pick the events of one object", async () => {
    const events = `/api/v1/namespaces/${subject.namespace}/events`;
    for (const name of ["one", "two"])
      await subject.fetch("POST", events, {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: `event-${name}` },
        involvedObject: { kind: "ConfigMap", name, namespace: subject.namespace },
        reason: "Tested",
        type: "Normal",
      });
    const selector = encodeURIComponent("involvedObject.kind=ConfigMap,involvedObject.name=two");
    const { body } = await subject.fetch("GET", `${events}?fieldSelector=${selector}`);
    expect(listed.parse(body).items.map(({ metadata }) => metadata.name)).toEqual(["event-two"]);
  });
});
