import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluatePolicies } from "../../../src/network-policy/evaluate.ts";
import type { Endpoint } from "../../../src/network-policy/model.ts";
import { parsePolicy } from "../../../src/network-policy/parse.ts";
import { connection, passing, type RawPolicy, type World } from "./brute-force.ts";

const ports = [53, 80, 6379, 9999];
const protocols = ["TCP", "UDP", "SCTP"] as const;
const addresses = ["192.0.2.1", "192.0.2.130", "203.0.113.7"];
const ends = ["p0", "p1", "p2", ...addresses];

const questions = ends.flatMap((from) =>
  ends.flatMap((to) =>
    protocols.flatMap((protocol) =>
      ports.map((port) => ({ from, to, port, protocol, key: connection(from, to, port, protocol) })),
    ),
  ),
);

const word = fc.constantFrom("a", "b", "c");
const labels = fc.dictionary(word, word, { maxKeys: 3 });
const world: fc.Arbitrary<World> = fc
  .record({
    namespaces: fc.record({ a: labels, b: labels }),
    pods: fc.tuple(
      ...[0, 1, 2].map(() => fc.record({ namespace: fc.constantFrom("a", "b"), labels, dns: fc.boolean() })),
    ),
  })
  .map(({ namespaces, pods }) => ({
    namespaces,
    pods: pods.map(({ namespace, labels: own, dns }, index) => ({
      id: `p${index}`,
      namespace,
      labels: own,
      ports: [
        { name: "redis", port: index === 0 ? 6379 : 9999, protocol: "TCP" },
        ...(dns ? [{ name: "dns", port: 53, protocol: "UDP" }] : []),
      ],
    })),
    addresses,
    ports,
    protocols,
  }));

const requirement = fc.oneof(
  fc.record({
    key: word,
    operator: fc.constantFrom("In", "NotIn"),
    values: fc.array(word, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ key: word, operator: fc.constantFrom("Exists", "DoesNotExist") }),
);
const selector = fc.record(
  { matchLabels: fc.dictionary(word, word, { maxKeys: 1 }), matchExpressions: fc.array(requirement, { maxLength: 1 }) },
  { requiredKeys: [] },
);
const namespaceSelector = fc.oneof(
  selector,
  fc.record({ matchLabels: fc.record({ "kubernetes.io/metadata.name": fc.constantFrom("a", "b") }) }),
);
const block = fc.constantFrom(
  { cidr: "0.0.0.0/0" },
  { cidr: "192.0.2.0/24" },
  { cidr: "192.0.2.0/24", except: ["192.0.2.128/25"] },
  { cidr: "192.0.2.1/32" },
  { cidr: "0.0.0.0/0", except: ["192.0.2.0/25", "203.0.113.0/24"] },
);
const peer = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector }),
  fc.record({ namespaceSelector, podSelector: selector }),
  fc.record({ ipBlock: block }),
);
const protocol = { protocol: fc.constantFrom(...protocols) };
const port = fc.oneof(
  fc.record(
    { port: fc.oneof(fc.constantFrom(...ports), fc.constantFrom("redis", "dns")), ...protocol },
    { requiredKeys: [] },
  ),
  fc.record(
    { port: fc.constantFrom(50, 53, 80), endPort: fc.constantFrom(80, 6378, 6379), ...protocol },
    { requiredKeys: ["port", "endPort"] },
  ),
);
const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 2 });
const optional = { requiredKeys: [] as [] };
const policy: fc.Arbitrary<RawPolicy> = fc.record({
  namespace: fc.constantFrom("a", "b"),
  spec: fc.record(
    {
      podSelector: selector,
      policyTypes: fc.constantFrom(["Ingress"], ["Egress"], ["Ingress", "Egress"], []),
      ingress: some(fc.record({ from: some(peer), ports: some(port) }, optional)),
      egress: some(fc.record({ to: some(peer), ports: some(port) }, optional)),
    },
    optional,
  ),
});

function endpoint({ namespaces, pods }: World, id: string): Endpoint {
  const found = pods.find((pod) => pod.id === id);
  if (found === undefined) return { kind: "external", ip: id };
  return {
    kind: "pod",
    cluster: "infra",
    name: id,
    namespace: found.namespace,
    namespaceLabels: namespaces[found.namespace],
    labels: found.labels,
    containerPorts: found.ports.map((one) => ({ ...one, protocol: one.protocol === "UDP" ? "UDP" : "TCP" })),
    // In none of the blocks but that of everything, which the second reading says nothing about for pods.
    ip: "10.244.0.1",
  };
}

describe("the evaluator and a second reading of the specification", () => {
  it("say the same of every connection in a small world", () => {
    const seen = { allowed: 0, denied: 0 };
    fc.assert(
      fc.property(world, fc.array(policy, { maxLength: 4 }), (around, raw) => {
        const policies = raw.flatMap(({ namespace, spec }, index) =>
          parsePolicy("infra", "NetworkPolicy", { metadata: { name: `n${index}`, namespace }, spec }),
        );
        const passes = { ingress: passing(around, raw, "ingress"), egress: passing(around, raw, "egress") };
        const known = new Map(ends.map((id) => [id, endpoint(around, id)]));
        const different = questions.flatMap(({ key, from, to, ...asked }) => {
          const [source, destination] = [known.get(from), known.get(to)];
          if (source === undefined || destination === undefined) return [`${key}: who is that?`];
          const question = { from: source, to: destination, ...asked, policies };
          const answer = evaluatePolicies({ ...question, enforcement: { kind: "plain" } });
          if (answer.decision !== "unknown") seen[answer.decision] += 1;
          return (["ingress", "egress"] as const).flatMap((side) => {
            const { decision, because } = answer[side];
            // What a block means for a pod is the one thing that the specification leaves open.
            if (decision === "unknown" && because.includes("up to the network plugin")) return [];
            return decision === (passes[side].has(key) ? "allowed" : "denied") ? [] : [`${key}, ${side}: ${because}`];
          });
        });
        expect(different).toEqual([]);
      }),
      { numRuns: 60 },
    );
    // The generated worlds are neither all open nor all shut.
    expect(Math.min(seen.allowed, seen.denied)).toBeGreaterThan(1_000);
  }, 60_000);
});
