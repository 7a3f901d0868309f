import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { BotError } from "../../../src/errors.ts";
import { parsePolicy } from "../../../src/network-policy/parse.ts";

const read = (spec: string) =>
  parsePolicy("infra", "NetworkPolicy", { metadata: { name: "p", namespace: "db" }, spec: parse(spec) });

/** Source: ValidateNetworkPolicy of the API server, whose answers these objects would be refused with. */
describe("a NetworkPolicy that no API server takes is refused, with the place", () => {
  it.each<[string, string, RegExp]>([
    ["an ipBlock with a podSelector", "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]", /from\.0/],
    [
      "an ipBlock with a namespaceSelector",
      "egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}, namespaceSelector: {}}]}]",
      /to\.0/,
    ],
    ["a peer that is empty", "ingress: [{from: [{}]}]", /wants either selectors or an ipBlock/],
    ["endPort without a port", "ingress: [{ports: [{endPort: 80}]}]", /endPort needs a port by number/],
    ["endPort with a name", "ingress: [{ports: [{port: http, endPort: 80}]}]", /endPort needs a port by number/],
    ["endPort below the port", "ingress: [{ports: [{port: 80, endPort: 79}]}]", /endPort needs a port by number/],
    ["port 0", "ingress: [{ports: [{port: 0}]}]", /ports\.0\.port/],
    ["a port beyond the last", "ingress: [{ports: [{port: 65536}]}]", /ports\.0\.port/],
    ["a number as a name", 'ingress: [{ports: [{port: "80"}]}]', /ports\.0\.port/],
    ["another protocol", "ingress: [{ports: [{port: 80, protocol: ICMP}]}]", /protocol/],
    ["a block that is none", "ingress: [{from: [{ipBlock: {cidr: 10.0.0/8}}]}]", /is not an address block/],
    ["a block without a length", "ingress: [{from: [{ipBlock: {cidr: 10.0.0.1}}]}]", /is not an address block/],
    ["a block that is too long", "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]", /is not an address block/],
    ["a length with a zero in front", "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/08}}]}]", /is not an address block/],
    ["a block with a zone", 'ingress: [{from: [{ipBlock: {cidr: "fe80::1%eth0/64"}}]}]', /is not an address block/],
    [
      "an exception outside of its block",
      "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]",
      /excepts what is not in the block/,
    ],
    [
      "an exception wider than its block",
      "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/7]}}]}]",
      /excepts what is not in the block/,
    ],
    [
      "an exception of the other family",
      'ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: ["2001:db8::/32"]}}]}]',
      /excepts what is not in the block/,
    ],
    [
      "In without values",
      "podSelector: {matchExpressions: [{key: a, operator: In}]}",
      /podSelector\.matchExpressions\.0/,
    ],
    ["NotIn with none", "podSelector: {matchExpressions: [{key: a, operator: NotIn, values: []}]}", /need values/],
    [
      "Exists with values",
      "podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}",
      /take no values/,
    ],
    [
      "an operator that is none",
      "podSelector: {matchExpressions: [{key: a, operator: Gt, values: ['1']}]}",
      /matchExpressions\.0\.operator/,
    ],
    ["a policy type that is none", "policyTypes: [Both]", /policyTypes\.0/],
    ["egress peers in an ingress rule", "ingress: [{to: [{podSelector: {}}]}]", /ingress\.0/],
    ["a field that is unheard of", "ingress: [{fromFoo: []}]", /ingress\.0/],
  ])("%s", (_, spec, message) => {
    expect(() => read(spec)).toThrow(BotError);
    expect(() => read(spec)).toThrow(message);
  });
});

it("a NetworkPolicy without a spec is one that lets nobody into its namespace, as the API server fills it in", () => {
  const [policy] = parsePolicy("infra", "NetworkPolicy", { metadata: { name: "p", namespace: "db" } });
  expect(policy?.ingress).toEqual({ isolates: true, allow: [], deny: [] });
  expect(policy?.egress.isolates).toBe(false);
});

describe("an object that is no policy at all", () => {
  it("is refused by its name", () => {
    expect(() => parsePolicy("infra", "CiliumNetworkPolicy", { metadata: { name: "x" } })).toThrow(
      "CiliumNetworkPolicy x is not understood: metadata.namespace",
    );
    expect(() => parsePolicy("infra", "CiliumClusterwideNetworkPolicy", null)).toThrow(BotError);
  });

  it("of Cilium's without any spec holds no policy", () => {
    expect(parsePolicy("infra", "CiliumClusterwideNetworkPolicy", { metadata: { name: "x" } })).toEqual([]);
  });
});
