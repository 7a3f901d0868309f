import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluatePolicies } from "../../../src/network-policy/evaluate.ts";
import type { Endpoint, Enforcement, PodEndpoint, Policy } from "../../../src/network-policy/model.ts";
import { parsePolicy } from "../../../src/network-policy/parse.ts";

const mesh: Enforcement = { kind: "cilium", defaultLocalCluster: false };

function pod(namespace: string, labels: Record<string, string> = {}, cluster = "infra"): PodEndpoint {
  return { kind: "pod", cluster, namespace, namespaceLabels: { "kubernetes.io/metadata.name": namespace }, labels };
}
const ask = (policies: readonly Policy[], from: Endpoint, to: Endpoint) =>
  evaluatePolicies({ from, to, port: 6379, policies, enforcement: mesh });

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
  const asked = (policies: readonly Policy[], from: Endpoint, to: Endpoint) => ask(policies, from, to).decision;

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
        const ingress = (objects: Parameters<typeof read>[0]) => ask(read(objects), from, to).ingress.decision;
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
