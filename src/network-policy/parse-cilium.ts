import { z } from "zod";
import type { LabelSelector } from "../platform/kubernetes.ts";
import { type CiliumRule, egressRule, ingressRule } from "./cilium-rule.ts";
import { namespaceKey } from "./identity.ts";
import type { Direction, Peer, Policy, PortRange, Rule } from "./model.ts";
import { firstIssue, selector } from "./shapes.ts";

const spec = z
  .strictObject({
    endpointSelector: selector.optional(),
    nodeSelector: selector.optional(),
    enableDefaultDeny: z.strictObject({ ingress: z.boolean().optional(), egress: z.boolean().optional() }).prefault({}),
    ingress: z.array(ingressRule).default([]),
    ingressDeny: z.array(ingressRule).default([]),
    egress: z.array(egressRule).default([]),
    egressDeny: z.array(egressRule).default([]),
    labels: z.unknown().optional(),
    description: z.string().optional(),
    log: z.unknown().optional(),
  })
  .refine(
    ({ endpointSelector, nodeSelector }) => (endpointSelector === undefined) !== (nodeSelector === undefined),
    "wants either an endpointSelector or a nodeSelector",
  )
  // Cilium's older versions take it, and it says nothing to them (cilium/cilium issue 35558).
  .refine(
    ({ ingress, ingressDeny, egress, egressDeny }) =>
      [ingress, ingressDeny, egress, egressDeny].some((rules) => rules.length > 0),
    "has no rules, so it denies nothing, and Cilium refuses it",
  );
/** Enough to say whom a policy is about that is not understood. */
const subjectOnly = z.object({ endpointSelector: selector.optional(), nodeSelector: selector.optional() });
const object = z.looseObject({ spec: z.unknown().optional(), specs: z.array(z.unknown()).default([]) });

type Head = Pick<Policy, "kind" | "cluster" | "namespace" | "name">;

/** @throws ZodError when it is no object of this kind at all */
export function readCilium(head: Head, given: unknown): readonly Policy[] {
  const { spec: one, specs } = object.parse(given);
  return [
    ...(one === undefined ? [] : [readSpec(head, [], one)]),
    ...specs.map((each, index) => readSpec(head, [`specs[${index}]`], each)),
  ];
}

function readSpec(head: Head, at: readonly string[], given: unknown): Policy {
  const parsed = spec.safeParse(given);
  const named = subjectOnly.safeParse(given);
  const { endpointSelector, nodeSelector } = named.success ? named.data : {};
  const who = {
    ...head,
    ...(endpointSelector === undefined && nodeSelector !== undefined ? { about: "nodes" as const } : {}),
    subject: withoutSources(ofOwnNamespace(head, endpointSelector ?? nodeSelector ?? {})),
  };
  const nothing: Direction = { isolates: false, allow: [], deny: [] };
  if (!parsed.success) {
    return { ...who, ingress: nothing, egress: nothing, unmodelled: firstIssue(parsed.error, at) };
  }
  if (who.about === "nodes" && head.kind === "CiliumNetworkPolicy") {
    return {
      ...who,
      ingress: nothing,
      egress: nothing,
      unmodelled: `${[...at, "nodeSelector"].join(".")}: is for clusterwide policies`,
    };
  }
  const { enableDefaultDeny: closes, ...rules } = parsed.data;
  return {
    ...who,
    ingress: direction([...at, "ingress"].join("."), rules.ingress, rules.ingressDeny, closes.ingress),
    egress: direction([...at, "egress"].join("."), rules.egress, rules.egressDeny, closes.egress),
  };
}

/** Rules for a direction close it, unless `enableDefaultDeny` says no: "Policy Enforcement Modes". */
function direction(
  place: string,
  allow: readonly CiliumRule[],
  deny: readonly CiliumRule[],
  closes: boolean | undefined,
): Direction {
  return {
    isolates: allow.length + deny.length > 0 && closes !== false,
    allow: allow.map((rule, index) => ruleOf(`${place}[${index}]`, rule)),
    deny: deny.map((rule, index) => ruleOf(`${place}Deny[${index}]`, rule)),
  };
}

function ruleOf(place: string, rule: CiliumRule): Rule {
  const ports = portsOf(rule);
  const mode = rule.authentication?.mode ?? "disabled";
  return {
    place,
    peers: peersOf(rule, ports !== undefined),
    ports,
    ...(mode === "disabled" ? {} : { conditions: `authentication (${mode})` }),
  };
}

/**
 * Ports alone mean everybody. `{}` is nobody, unlike in a NetworkPolicy: it is how Cilium's documentation writes default deny.
 * So is a list that is there and empty.
 */
function peersOf(rule: CiliumRule, hasPorts: boolean): readonly Peer[] | undefined {
  const { side } = rule;
  const lists = [
    rule.endpoints?.map(
      (one, at): Peer => ({ place: `${side}Endpoints[${at}]`, kind: "endpoints", selector: withoutSources(one) }),
    ),
    rule.entities?.map((entity, at): Peer => ({ place: `${side}Entities[${at}]`, kind: "entity", entity })),
    rule.addresses?.map((cidr, at): Peer => ({ place: `${side}CIDR[${at}]`, kind: "cidr", cidr, except: [] })),
    rule.blocks?.map((one, at): Peer => {
      const peer = { place: `${side}CIDRSet[${at}]` };
      return "cidr" in one
        ? { ...peer, kind: "cidr", ...one }
        : { ...peer, kind: "unmodelled", what: "a CIDR group", about: "outside" };
    }),
    unmodelled(rule.nodes, `${side}Nodes`, "nodes"),
    filled(unmodelled(rule.groups, `${side}Groups`, "outside")),
    filled(unmodelled(rule.services, `${side}Services`, "anybody")),
    filled(unmodelled(rule.names, `${side}FQDNs`, "outside")),
  ].filter((list) => list !== undefined);
  if (lists.some((list) => list.length === 0)) return [];
  return lists.length === 0 && hasPorts ? undefined : lists.flat();
}

/** These lists mean nothing when they are empty. */
function filled(list: readonly Peer[] | undefined): readonly Peer[] | undefined {
  return list?.length === 0 ? undefined : list;
}

function unmodelled(
  list: readonly unknown[] | undefined,
  name: string,
  about: Extract<Peer, { kind: "unmodelled" }>["about"],
): readonly Peer[] | undefined {
  return list?.map((_, at) => ({ place: `${name}[${at}]`, kind: "unmodelled", what: name, about }));
}

function portsOf({ toPorts = [], icmps = [] }: CiliumRule): readonly PortRange[] | undefined {
  if (icmps.length > 0) return [{ protocol: "other", port: undefined }];
  if (toPorts.length === 0) return undefined;
  return toPorts.flatMap(({ ports, ...more }) => {
    const conditions = conditionsOf(more);
    return ports.map(({ port, endPort = 0, protocol }): PortRange => {
      const number = /^\d+$/.test(port) ? Number(port) : undefined;
      return {
        protocol: protocolOf(protocol),
        // 0 is every port.
        port: number === 0 ? undefined : (number ?? port.toLowerCase()),
        ...(number !== undefined && endPort > 0 ? { endPort } : {}),
        ...(conditions === undefined ? {} : { conditions }),
      };
    });
  });
}

function protocolOf(given: string): PortRange["protocol"] {
  switch (given) {
    case "TCP":
    case "UDP":
    case "SCTP":
      return given;
    case "ANY":
    case "":
      return "ANY";
    default:
      return "other";
  }
}

/** What goes through a proxy, which then decides. Even an allowing rule refuses like this what it does not understand. */
function conditionsOf({ rules, serverNames = [], ...more }: Omit<PortRules, "ports">): string | undefined {
  const layer7 = Object.keys(rules);
  if (layer7.length > 0) return `layer 7 rules (${layer7.join(", ")})`;
  if (serverNames.length > 0) return "server names";
  const [proxy] = Object.entries(more).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  return proxy;
}

type PortRules = NonNullable<CiliumRule["toPorts"]>[number];

/** Keys without their source where that is Kubernetes or any: `k8s:app`, `any:app`. One that is there twice becomes an expression. */
function withoutSources({ matchLabels = {}, matchExpressions = [] }: LabelSelector): LabelSelector {
  const bare = (key: string) => key.replace(/^(?:k8s|any):/, "");
  const labels = new Map<string, string>();
  const more: NonNullable<LabelSelector["matchExpressions"]>[number][] = [];
  for (const [key, value] of Object.entries(matchLabels)) {
    if (labels.has(bare(key))) more.push({ key: bare(key), operator: "In", values: [value] });
    else labels.set(bare(key), value);
  }
  return {
    matchLabels: Object.fromEntries(labels),
    matchExpressions: [...matchExpressions.map((one) => ({ ...one, key: bare(one.key) })), ...more],
  };
}

/** Cilium replaces what a namespaced policy's own selector says of the namespace: "Namespaces", Known Pitfalls. */
function ofOwnNamespace({ namespace }: Head, { matchLabels = {}, ...rest }: LabelSelector): LabelSelector {
  const labels = Object.entries(matchLabels).filter(
    ([key]) => namespace === undefined || key !== `k8s:${namespaceKey}`,
  );
  return { ...rest, matchLabels: Object.fromEntries(labels) };
}
