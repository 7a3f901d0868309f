import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { driftOf, driftOfObject } from "../../../src/manifests/compare/compare.ts";
import { type Fields, isFields, type Step, valueAt } from "../../../src/manifests/compare/field-path.ts";
import { manifestOf } from "../../../src/manifests/manifest.ts";
import { comparedKind } from "../../../src/runbooks/verify/drift/kinds.ts";
import { clusters } from "../deploy/tree.ts";
import { asServed } from "./served.ts";

const paths = (desired: unknown, live: unknown) => driftOf(desired, live).map(({ path }) => path);
const ofKind = (apiVersion: string, kind: string, desired: Fields, live: Fields) =>
  driftOfObject({ apiVersion, kind, metadata: { name: "x" }, ...desired }, { metadata: { name: "x" }, ...live }).map(
    ({ path }) => path,
  );

describe("a part of an object is as in Git", () => {
  it.each<[string, unknown, unknown]>([
    [
      "the same quantity in other words",
      { limits: { cpu: "1", memory: "1024Mi" } },
      { limits: { cpu: "1000m", memory: "1Gi" } },
    ],
    ["a quantity that is a number", { requests: { cpu: 2 } }, { requests: { cpu: "2" } }],
    [
      "a quota",
      { hard: { pods: "4", "requests.memory": "2048Mi" } },
      { hard: { pods: "4", "requests.memory": "2Gi" } },
    ],
    [
      "a port that is a number and its text",
      { targetPort: 6379, minAvailable: "2" },
      { targetPort: "6379", minAvailable: 2 },
    ],
    ["what the cluster adds", { a: 1 }, { a: 1, b: 2 }],
    ["nothing where Git has null", { a: null }, {}],
    [
      "containers in another order",
      { containers: [{ name: "x", v: 1 }, { name: "y" }] },
      { containers: [{ name: "y" }, { name: "x", v: 1 }] },
    ],
    [
      "environment in another order",
      { env: [{ name: "A", value: "1" }, { name: "B" }] },
      { env: [{ name: "B" }, { name: "A", value: "1" }] },
    ],
    [
      "volumes in another order",
      { volumes: [{ name: "a" }, { name: "b" }] },
      { volumes: [{ name: "b" }, { name: "a" }] },
    ],
  ])("%s", (_, desired, live) => {
    expect(paths(desired, live)).toEqual([]);
  });

  it.each<[string, unknown, unknown, readonly string[]]>([
    ["another value", { a: { b: 1 } }, { a: { b: 2 } }, ["a.b"]],
    ["a number where a text is", { a: "3" }, { a: 3 }, ["a"]],
    ["two labels that are one quantity", { labels: { v: "1" } }, { labels: { v: "1.0" } }, ["labels.v"]],
    ["two arguments that are one quantity", { args: ["1Gi"] }, { args: ["1024Mi"] }, ["args[0]"]],
    ["a field that is gone", { a: { b: 1, c: 2 } }, { a: { b: 1 } }, ["a.c"]],
    ["a false that is gone: the default may be true", { a: { automount: false } }, { a: {} }, ["a.automount"]],
    ["a selector of everything that is gone", { podSelector: {} }, {}, ["podSelector"]],
    ["an object that is gone", { a: { b: 1 } }, undefined, ["a.b"]],
    ["something else than an object", { a: { b: 1 } }, { a: "x" }, ["a"]],
    ["null where something is", { a: null }, { a: { b: 1 } }, ["a"]],
    ["a longer list", { a: [1] }, { a: [1, 2] }, ["a"]],
    ["a shorter list", { a: [1, 2] }, { a: [1] }, ["a"]],
    ["a list in another order", { a: [1, 2] }, { a: [2, 1] }, ["a[0]", "a[1]"]],
    [
      "a container more",
      { containers: [{ name: "x" }] },
      { containers: [{ name: "x" }, { name: "y" }] },
      ["containers"],
    ],
    [
      "a container that is another",
      { containers: [{ name: "x", v: 1 }] },
      { containers: [{ name: "y", v: 1 }] },
      ["containers[x]"],
    ],
    ["a key with dots", { labels: { "a.b/c": "1" } }, { labels: {} }, ['labels["a.b/c"]']],
  ])("but for %s", (_, desired, live, expected) => {
    expect(paths(desired, live)).toEqual(expected);
  });
});

describe("what the API server keeps of its own kinds", () => {
  it("has nothing of what is empty", () => {
    const git = {
      spec: { publishNotReadyAddresses: false, externalName: "", externalIPs: [] },
      metadata: { name: "x", labels: {} },
    };
    expect(ofKind("v1", "Service", git, { spec: {} })).toEqual([]);
    expect(ofKind("example.com/v1", "Thing", { spec: { off: false, list: [] } }, { spec: {} })).toEqual([
      "spec.off",
      "spec.list",
    ]);
  });

  it("tells the ports of a Service by number and protocol", () => {
    const git = {
      spec: {
        ports: [
          { port: 53, protocol: "UDP", name: "a" },
          { port: 53, name: "b" },
        ],
      },
    };
    const live = {
      spec: {
        ports: [
          { port: 53, protocol: "TCP", name: "b" },
          { port: 53, protocol: "UDP", name: "x" },
        ],
      },
    };
    expect(ofKind("v1", "Service", git, live)).toEqual(["spec.ports[53/UDP].name"]);
  });
});

describe("what somebody has added", () => {
  const policy = { podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 1 }] }] };
  it.each<[string, string, Fields, Fields, readonly string[]]>([
    ["a rule of a policy", "NetworkPolicy", policy, { ...policy, ingress: [...policy.ingress, {}] }, ["spec.ingress"]],
    [
      "every namespace beside a pod selector",
      "NetworkPolicy",
      policy,
      { ...policy, ingress: [{ from: [{ podSelector: {}, namespaceSelector: {} }], ports: [{ port: 1 }] }] },
      ["spec.ingress[0].from[0].namespaceSelector"],
    ],
    ["a direction", "NetworkPolicy", policy, { ...policy, egress: [{}] }, ["spec.egress"]],
    [
      "a label of a Service's selector",
      "Service",
      { selector: { app: "x" } },
      { selector: { app: "x", role: "y" } },
      ["spec.selector.role"],
    ],
    ["a selector", "Service", { type: "ClusterIP" }, { type: "ClusterIP", selector: { app: "x" } }, ["spec.selector"]],
    [
      "a limit of a quota",
      "ResourceQuota",
      { hard: { pods: "1" } },
      { hard: { pods: "1", services: "1" } },
      ["spec.hard.services"],
    ],
    [
      "a field of an alert",
      "PrometheusRule",
      { groups: [{ name: "g", rules: [{ alert: "A" }] }] },
      { groups: [{ name: "g", rules: [{ alert: "A", for: "1h" }] }] },
      ["spec.groups[0].rules[0].for"],
    ],
    ["a value of a chart", "HelmRelease", { values: { a: 1 } }, { values: { a: 1, b: 2 } }, ["spec.values.b"]],
    [
      "that a release is suspended",
      "HelmRelease",
      { interval: "1m" },
      { interval: "1m", suspend: true },
      ["spec.suspend"],
    ],
  ])("is found: %s", (_, kind, git, live, expected) => {
    expect(ofKind("v1", kind, { spec: git }, { spec: live })).toEqual(expected);
  });

  it.each<[string, string, Fields, Fields]>([
    [
      "the protocol of a port",
      "NetworkPolicy",
      policy,
      { ...policy, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 1, protocol: "TCP" }] }] },
    ],
    ["the directions of a policy that names none", "NetworkPolicy", policy, { ...policy, policyTypes: ["Ingress"] }],
    [
      "the address of a Service",
      "Service",
      { selector: { a: "b" } },
      { selector: { a: "b" }, clusterIP: "10.0.0.1", ipFamilies: ["IPv4"] },
    ],
    [
      "defaults of a resource",
      "Dragonfly",
      { replicas: 1 },
      { replicas: 1, imagePullPolicy: "Always", networkPolicyEnabled: true },
    ],
    [
      "a Kustomization that was resumed",
      "Kustomization",
      { prune: true },
      { prune: true, suspend: false, force: false },
    ],
  ])("is not what the API server fills in: %s", (_, kind, git, live) => {
    expect(ofKind("v1", kind, { spec: git }, { spec: live })).toEqual([]);
  });
});

const objects = clusters
  .flatMap((cluster) => cluster.objects)
  .filter((object) => comparedKind(manifestOf("the tree", object)) !== undefined);

/** The places of all values in what Git sets, by index. */
function leaves(value: unknown, steps: readonly Step[]): readonly (readonly Step[])[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, [...steps, index]));
  if (isFields(value)) return Object.entries(value).flatMap(([key, item]) => leaves(item, [...steps, key]));
  return [steps];
}

const ofGit = objects.flatMap((object) => {
  const { apiVersion: _, kind: __, metadata, status: ___, ...content } = object;
  const { labels = {}, annotations = {} } = metadata;
  return leaves({ ...content, metadata: { labels, annotations } }, []).map((steps) => ({ object, steps }));
});

function another(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  return `${value}x`;
}

function withValue(value: unknown, [step, ...rest]: readonly Step[], change: (before: unknown) => unknown): unknown {
  if (step === undefined) return change(value);
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? withValue(item, rest, change) : item));
  return { ...Object(value), [String(step)]: withValue(Object(value)[String(step)], rest, change) };
}

describe("the shipped objects", () => {
  it("do not drift from what an API server makes of them", () => {
    expect(objects.length).toBeGreaterThan(40);
    for (const object of objects) expect(driftOfObject(object, asServed(object)), object.metadata.name).toEqual([]);
  });

  it("drift in exactly the one field that somebody has changed", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ofGit), ({ object, steps }) => {
        const live = withValue(asServed(object), steps, another);
        const [drift, ...more] = driftOfObject(object, Object(live));
        expect(more).toEqual([]);
        // By number, or by what tells the item apart: the same value. Of a port that is another one it is the port.
        const found = valueAt(object, drift?.steps ?? []);
        const changed = valueAt(object, steps);
        const isItem = isFields(found) && Object.values(found).includes(changed);
        expect(isItem || found === changed, drift?.path).toBe(true);
        expect(drift?.live).toEqual(isItem ? undefined : valueAt(live, steps));
      }),
      { numRuns: 500 },
    );
  });

  it("drift when one of their fields is taken away", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ofGit), ({ object, steps }) => {
        const at = steps.findLastIndex((step) => typeof step === "string");
        const key = String(steps[at]);
        const live = withValue(asServed(object), steps.slice(0, at), (value) => {
          const { [key]: _, ...rest } = Object(value);
          return rest;
        });
        const left = valueAt(object, steps.slice(0, at + 1));
        // Of its own kinds the API server takes what is empty for none.
        const isNone =
          (left === false || left === "") && /^(v1|policy\/v1|networking\.k8s\.io\/v1)$/.test(object.apiVersion);
        expect(driftOfObject(object, Object(live)).length > 0).toBe(!isNone);
      }),
      { numRuns: 500 },
    );
  });
});
