import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { evaluatePolicies } from "../../../src/network-policy/evaluate.ts";
import type { Endpoint, Enforcement, PodEndpoint, Policy } from "../../../src/network-policy/model.ts";
import { parsePolicy } from "../../../src/network-policy/parse.ts";

const plainCni: Enforcement = { kind: "plain" };
const mesh: Enforcement = { kind: "cilium", defaultLocalCluster: false };
const localByDefault: Enforcement = { kind: "cilium", defaultLocalCluster: true };

function pod(namespace: string, labels: Record<string, string> = {}, cluster = "infra"): PodEndpoint {
  return { kind: "pod", cluster, namespace, namespaceLabels: { "kubernetes.io/metadata.name": namespace }, labels };
}
const server = { ...pod("db", { app: "db" }), namedPorts: { redis: 6379 } };

/** A policy of the namespace db, by the body of its spec. */
function policy(spec: string, kind: Policy["kind"] = "NetworkPolicy", namespace = "db"): readonly Policy[] {
  return parsePolicy("infra", kind, { metadata: { name: "p", namespace }, spec: parse(spec) });
}
const cilium = (spec: string) => policy(spec, "CiliumNetworkPolicy");

interface Asked {
  readonly from?: Endpoint;
  readonly to?: Endpoint;
  readonly port?: number;
  readonly protocol?: "TCP" | "UDP";
  readonly enforcement?: Enforcement;
}
const ask = (
  policies: readonly Policy[],
  { from = pod("client"), to = server, port = 6379, protocol = "TCP", enforcement = plainCni }: Asked = {},
) => evaluatePolicies({ from, to, port, protocol, policies, enforcement });

describe("a NetworkPolicy", () => {
  const toServer = "podSelector: {matchLabels: {app: db}}\n";
  it.each<[string, string, Asked, string]>([
    [
      "that selects nobody here changes nothing",
      "podSelector: {matchLabels: {app: other}}\npolicyTypes: [Ingress]",
      {},
      "allowed",
    ],
    ["without rules shuts out", `${toServer}policyTypes: [Ingress]`, {}, "denied"],
    ["with an empty selector is about every pod", "podSelector: {}", {}, "denied"],
    ["with an empty rule lets everybody in", `${toServer}ingress: [{}]`, {}, "allowed"],
    ["of type Egress only does not judge what comes in", `${toServer}policyTypes: [Egress]`, {}, "allowed"],
    [
      "with a pod selector alone means its own namespace",
      `${toServer}ingress: [{from: [{podSelector: {}}]}]`,
      {},
      "denied",
    ],
    [
      "with a pod selector alone lets its own namespace in",
      `${toServer}ingress: [{from: [{podSelector: {}}]}]`,
      { from: pod("db") },
      "allowed",
    ],
    [
      "with both selectors in one peer wants both",
      `${toServer}ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {a: b}}}]}]`,
      {},
      "denied",
    ],
    [
      "with both selectors in one peer lets in who has both",
      `${toServer}ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {a: b}}}]}]`,
      { from: pod("client", { a: "b" }) },
      "allowed",
    ],
    [
      "with two peers wants one of them",
      `${toServer}ingress: [{from: [{namespaceSelector: {}}, {podSelector: {matchLabels: {a: b}}}]}]`,
      {},
      "allowed",
    ],
    [
      "with an expression on the namespace",
      `${toServer}ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [client]}]}}]}]`,
      {},
      "allowed",
    ],
    [
      "with NotIn",
      `${toServer}ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [client]}]}}]}]`,
      {},
      "denied",
    ],
    ["for another port", `${toServer}ingress: [{ports: [{port: 9999}]}]`, {}, "denied"],
    ["for a range of ports", `${toServer}ingress: [{ports: [{port: 6000, endPort: 7000}]}]`, {}, "allowed"],
    ["just below its range", `${toServer}ingress: [{ports: [{port: 6380, endPort: 7000}]}]`, {}, "denied"],
    ["for a port by its name", `${toServer}ingress: [{ports: [{port: redis}]}]`, {}, "allowed"],
    ["for a port by a name that the pod does not have", `${toServer}ingress: [{ports: [{port: admin}]}]`, {}, "denied"],
    [
      "for a port by name, with the pod's ports not known",
      `${toServer}ingress: [{ports: [{port: redis}]}]`,
      { to: pod("db", { app: "db" }) },
      "unknown",
    ],
    [
      "for TCP, when nothing else is said",
      `${toServer}ingress: [{ports: [{port: 6379}]}]`,
      { protocol: "UDP" },
      "denied",
    ],
    [
      "with an address block, for an outside address",
      `${toServer}ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]`,
      { from: { kind: "external", ip: "10.1.2.3" } },
      "allowed",
    ],
    [
      "with an address that is excepted",
      `${toServer}ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]`,
      { from: { kind: "external", ip: "10.1.2.3" } },
      "denied",
    ],
    [
      "with an address block, which is not about pods",
      `${toServer}ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]`,
      {},
      "denied",
    ],
    ["does not keep the node out", `${toServer}policyTypes: [Ingress]`, { from: { kind: "host" } }, "allowed"],
    [
      "sees another cluster as the outside, without a mesh",
      `${toServer}ingress: [{from: [{namespaceSelector: {}}]}]`,
      { from: pod("client", {}, "apps") },
      "denied",
    ],
    [
      "matches another cluster in Cilium before 1.18",
      `${toServer}ingress: [{from: [{namespaceSelector: {}}]}]`,
      { from: pod("client", {}, "apps"), enforcement: mesh },
      "allowed",
    ],
    [
      "matches its own cluster only where that is the default",
      `${toServer}ingress: [{from: [{namespaceSelector: {}}]}]`,
      { from: pod("client", {}, "apps"), enforcement: localByDefault },
      "denied",
    ],
  ])("%s", (_, spec, asked, decision) => {
    expect(ask(policy(spec), asked).decision).toBe(decision);
  });

  it("of the source judges what goes out", () => {
    const out = policy(
      "podSelector: {}\npolicyTypes: [Egress]\negress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: db}}}], ports: [{port: 6379}]}]",
      "NetworkPolicy",
      "client",
    );
    expect(ask(out)).toMatchObject({
      decision: "allowed",
      egress: { because: "NetworkPolicy client/p egress[0] allows it" },
    });
    expect(ask(out, { port: 9999 })).toMatchObject({
      decision: "denied",
      egress: {
        because:
          "NetworkPolicy client/p isolates the pod for egress; NetworkPolicy client/p egress[0] lists this peer, but not this port",
      },
    });
  });

  it("names the rule that came closest", () => {
    const one = policy(`${toServer}ingress: [{from: [{podSelector: {}}], ports: [{port: 6379}]}]`);
    expect(ask(one).ingress.because).toBe(
      "NetworkPolicy db/p isolates the pod for ingress; NetworkPolicy db/p ingress[0] lists this port, but not this peer",
    );
  });

  it("with something unheard of is refused when it is read", () => {
    expect(() => policy("podSelector: {}\ningress: [{fromFoo: []}]")).toThrow(/ingress\.0/);
    expect(() => parsePolicy("infra", "CiliumNetworkPolicy", { metadata: { name: "x" } })).toThrow(
      "CiliumNetworkPolicy x is not understood: metadata.namespace",
    );
  });
});

describe("a CiliumNetworkPolicy", () => {
  const base = "endpointSelector: {matchLabels: {app: db}}\n";
  const remote: Asked = { from: pod("client", {}, "apps"), enforcement: mesh };
  const local: Asked = { enforcement: mesh };
  it.each<[string, string, Asked, string]>([
    ["without a section for ingress does not isolate", `${base}egress: [{}]`, local, "allowed"],
    ["with an empty rule lets nobody in", `${base}ingress: [{}]`, local, "denied"],
    [
      "with a rule of ports alone lets everybody in",
      `${base}ingress: [{toPorts: [{ports: [{port: "6379"}]}]}]`,
      local,
      "allowed",
    ],
    ["with a list of nobody lets nobody in", `${base}ingress: [{fromEndpoints: []}]`, local, "denied"],
    ["means its own namespace unless one is named", `${base}ingress: [{fromEndpoints: [{}]}]`, local, "denied"],
    ["lets its own namespace in", `${base}ingress: [{fromEndpoints: [{}]}]`, { ...local, from: pod("db") }, "allowed"],
    [
      "names a namespace",
      `${base}ingress: [{fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": client}}]}]`,
      local,
      "allowed",
    ],
    [
      "means every namespace by Exists",
      `${base}ingress: [{fromEndpoints: [{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: Exists}]}]}]`,
      local,
      "allowed",
    ],
    [
      "by a namespace's label with no namespace named is not sure",
      `${base}ingress: [{fromEndpoints: [{matchLabels: {"io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name": client}}]}]`,
      local,
      "unknown",
    ],
    [
      "names the other cluster",
      `${base}ingress: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: client, io.cilium.k8s.policy.cluster: apps}}]}]`,
      { ...remote, enforcement: localByDefault },
      "allowed",
    ],
    [
      "names the other cluster, and not this one",
      `${base}ingress: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: client, io.cilium.k8s.policy.cluster: apps}}]}]`,
      local,
      "denied",
    ],
    [
      "names no cluster, where local is the default",
      `${base}ingress: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: client}}]}]`,
      { ...remote, enforcement: localByDefault },
      "denied",
    ],
    [
      "names no cluster, where it is not",
      `${base}ingress: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: client}}]}]`,
      remote,
      "allowed",
    ],
    [
      "with an entity",
      `${base}ingress: [{fromEntities: [world]}]`,
      { ...local, from: { kind: "external", ip: "1.1.1.1" } },
      "allowed",
    ],
    ["with the entity cluster, for a pod elsewhere", `${base}ingress: [{fromEntities: [cluster]}]`, remote, "denied"],
    [
      "with an entity that may be any address",
      `${base}ingress: [{fromEntities: [kube-apiserver]}]`,
      { ...local, from: { kind: "external", ip: "1.1.1.1" } },
      "unknown",
    ],
    [
      "with a port of any protocol",
      `${base}ingress: [{toPorts: [{ports: [{port: "6379", protocol: ANY}]}]}]`,
      local,
      "allowed",
    ],
    [
      "with a rule that denies",
      `${base}ingress: [{fromEntities: [all]}]\ningressDeny: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: client}}]}]`,
      local,
      "denied",
    ],
    [
      "with enableDefaultDeny off and no rule that matches",
      `${base}enableDefaultDeny: {ingress: false}\ningress: [{fromEndpoints: [{matchLabels: {a: b}}]}]`,
      local,
      "allowed",
    ],
    [
      "with a rule for HTTP only",
      `${base}ingress: [{toPorts: [{ports: [{port: "6379"}], rules: {http: [{}]}}]}]`,
      local,
      "unknown",
    ],
    ["with a rule by name of host", `${base}ingress: [{fromNodes: [{}]}]`, local, "unknown"],
  ])("%s", (_, spec, asked, decision) => {
    expect(ask(cilium(spec), asked).decision).toBe(decision);
  });

  it("that may deny something unmodelled is not sure, even where another allows it", () => {
    const spec = `${base}ingress: [{fromEntities: [all]}]\ningressDeny: [{fromGroups: [{}]}]`;
    expect(ask(cilium(spec), local)).toMatchObject({
      decision: "unknown",
      ingress: { because: expect.stringContaining("ingressDeny[0]") },
    });
  });

  it("adds up with the plain kind", () => {
    const all = [
      ...policy("podSelector: {}\npolicyTypes: [Ingress]"),
      ...cilium(`${base}ingress: [{fromEntities: [all]}]`),
    ];
    expect(ask(all, local)).toMatchObject({
      decision: "allowed",
      ingress: { because: "CiliumNetworkPolicy db/p ingress[0] allows it" },
    });
  });
});

describe("for any policies and pods", () => {
  const name = fc.constantFrom("a", "b", "c");
  const labels = fc.dictionary(name, name, { maxKeys: 2 });
  const somePod = fc.record({ namespace: name, labels }).map((one) => pod(one.namespace, one.labels));
  const selector = fc.record({ matchLabels: labels });
  const peer = fc.oneof(
    fc.record({ podSelector: selector }),
    fc.record({
      namespaceSelector: fc.record({
        matchLabels: fc.oneof(fc.constant({}), fc.record({ "kubernetes.io/metadata.name": name })),
      }),
      podSelector: selector,
    }),
  );
  const port = fc.record({ port: fc.constantFrom(6379, 9999) });
  const rule = fc.record({ from: fc.array(peer, { maxLength: 2 }), ports: fc.array(port, { maxLength: 2 }) });
  const spec = fc.record({ podSelector: selector, ingress: fc.array(rule, { maxLength: 3 }) });
  const plain = fc.record({ namespace: name, spec }).map((one) => ({
    kind: "NetworkPolicy" as const,
    metadata: { name: "p", namespace: one.namespace },
    spec: one.spec,
  }));
  const read = (objects: readonly { readonly kind: Policy["kind"] }[]) =>
    objects.flatMap((object) => parsePolicy("infra", object.kind, object));
  const asked = (policies: readonly Policy[], from: Endpoint, to: Endpoint) =>
    ask(policies, { from, to, enforcement: mesh }).decision;

  it("another allowing policy never shuts out who was let in, once the pod is isolated", () => {
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 3 }), plain, somePod, somePod, (before, more, from, to) => {
        const deny = {
          kind: "NetworkPolicy" as const,
          metadata: { name: "deny", namespace: to.namespace },
          spec: { podSelector: {} },
        };
        const first = asked(read([deny, ...before]), from, to);
        if (first === "allowed") expect(asked(read([deny, ...before, more]), from, to)).toBe("allowed");
      }),
    );
  });

  it("their order does not matter", () => {
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 4 }), somePod, somePod, (all, from, to) => {
        expect(asked(read(all.toReversed()), from, to)).toBe(asked(read(all), from, to));
      }),
    );
  });

  it("one in another namespace than the destination's does not change who comes in", () => {
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 3 }), plain, somePod, somePod, (all, other, from, to) => {
        fc.pre(other.metadata.namespace !== to.namespace);
        const ingress = (objects: Parameters<typeof read>[0]) =>
          ask(read(objects), { from, to, enforcement: mesh }).ingress.decision;
        expect(ingress([...all, other])).toBe(ingress(all));
      }),
    );
  });

  it("a plain policy and its translation to Cilium's kind say the same", () => {
    const translated = (object: {
      metadata: object;
      spec: { podSelector: object; ingress: { from: unknown[]; ports: { port: number }[] }[] };
    }) => ({
      kind: "CiliumNetworkPolicy" as const,
      metadata: object.metadata,
      spec: {
        endpointSelector: object.spec.podSelector,
        // What isolates by being there has to have a rule here; this one lets nobody in.
        ingress: [
          { fromEndpoints: [] },
          ...object.spec.ingress.map(({ from, ports }) => ({
            ...(from.length === 0
              ? { fromEntities: ["all"] }
              : { fromEndpoints: from.map((one) => endpoints(one as PlainPeer)) }),
            ...(ports.length === 0
              ? {}
              : { toPorts: [{ ports: ports.map((p) => ({ port: String(p.port), protocol: "TCP" })) }] }),
          })),
        ],
      },
    });
    interface PlainPeer {
      readonly podSelector: { readonly matchLabels: Record<string, string> };
      readonly namespaceSelector?: { readonly matchLabels: Record<string, string> };
    }
    const endpoints = ({ podSelector, namespaceSelector }: PlainPeer) => {
      if (namespaceSelector === undefined) return podSelector;
      const wanted = namespaceSelector.matchLabels["kubernetes.io/metadata.name"];
      return {
        matchLabels: {
          ...podSelector.matchLabels,
          ...(wanted === undefined ? {} : { "k8s:io.kubernetes.pod.namespace": wanted }),
        },
        matchExpressions: [{ key: "k8s:io.kubernetes.pod.namespace", operator: "Exists" }],
      };
    };
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 3 }), somePod, somePod, (all, from, to) => {
        expect(asked(read(all.map(translated)), from, to)).toBe(asked(read(all), from, to));
      }),
      { numRuns: 500 },
    );
  });
});
