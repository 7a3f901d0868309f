import { z } from "zod";
import { block, blockWithExceptions, selector } from "./shapes.ts";

/**
 * Rules of Cilium's policies as they are written. What its agents refuse although the API server takes it is an issue here too.
 * Source: https://docs.cilium.io/en/stable/security/policy/language/, and `Sanitize` of Cilium's package policy/api.
 */

const something = z.unknown().optional();

/** A name has a letter; a number is decimal without zeros in front, since others are read in ways of their own. */
const portText = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,4}|(?=.*[a-zA-Z])[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*)$/, "is neither a port number nor a name")
  .refine((text) => !/^\d+$/.test(text) || Number(text) <= 65_535, "is not a port number");

const port = z
  .strictObject({
    port: portText,
    endPort: z.int().min(0).max(65_535).optional(),
    protocol: z.enum(["TCP", "UDP", "SCTP", "ANY", "ICMP", "ICMPV6", "VRRP", "IGMP", ""]).default("ANY"),
  })
  .refine(
    ({ port: first, endPort = 0 }) =>
      endPort === 0 || !/^\d+$/.test(first) || (Number(first) > 0 && endPort >= Number(first)),
    "endPort is below the port",
  )
  .refine(
    ({ port: only, protocol }) => only === "0" || !["VRRP", "IGMP"].includes(protocol),
    "VRRP and IGMP have no ports",
  );

const toPorts = z
  .strictObject({
    ports: z.array(port).min(1, "an entry of toPorts without ports"),
    rules: z.record(z.string(), z.unknown()).default({}),
    listener: something,
    serverNames: z.array(z.string().min(1, "is an empty server name")).optional(),
    terminatingTLS: something,
    originatingTLS: something,
  })
  .superRefine(({ ports, rules, listener, serverNames = [], terminatingTLS }, context) => {
    if (Object.keys(rules).length === 0) return;
    // `l7` has the rules of the protocol that `l7proto` names.
    const kinds = Object.keys(rules).filter((key) => key !== "l7" || !Object.hasOwn(rules, "l7proto"));
    const refuse = (message: string) => context.addIssue({ code: "custom", message, path: ["rules"] });
    if (kinds.length !== 1 || kinds[0] === "l7") refuse("wants one kind of layer 7 rules");
    if (ports.some((one) => one.port === "0")) refuse("layer 7 rules for every port");
    if (kinds[0] !== "dns" && ports.some(({ protocol }) => protocol !== "TCP"))
      refuse("layer 7 rules are for TCP only");
    if (kinds[0] === "dns" && ports.some((one) => (one.endPort ?? 0) > Number(one.port)))
      refuse("DNS rules are for no range of ports");
    if (listener !== undefined) refuse("combines a listener and layer 7 rules");
    if (serverNames.length > 0 && terminatingTLS === undefined)
      refuse("combines server names and layer 7 rules without terminatingTLS");
  });

const entity = z.enum([
  "all",
  "world",
  "cluster",
  "host",
  "init",
  "ingress",
  "unmanaged",
  "remote-node",
  "health",
  "none",
  "kube-apiserver",
]);
const blockOrGroup = z.union([
  blockWithExceptions,
  z.strictObject({ cidrGroupRef: z.string(), except: z.array(block({ bare: false })).optional() }),
  z.strictObject({ cidrGroupSelector: selector, except: z.array(block({ bare: false })).optional() }),
]);

const endpoints = z.array(selector).optional();
const entities = z.array(entity).optional();
const addresses = z.array(block({ bare: true })).optional();
const blocks = z.array(blockOrGroup).optional();
const others = z.array(z.unknown()).optional();
const common = {
  toPorts: z.array(toPorts).optional(),
  icmps: others,
  authentication: z.strictObject({ mode: z.string() }).optional(),
};

const lists = ["Endpoints", "Entities", "CIDR", "CIDRSet", "Nodes", "Groups", "Services", "FQDNs"] as const;

function sound<T extends z.ZodType<object>>(schema: T, side: "from" | "to"): T {
  return schema
    .refine((rule) => {
      const filled = filledLists(rule);
      return lists.filter((list) => filled.has(`${side}${list}`)).length <= 1;
    }, "combines two kinds of peers")
    .refine((rule) => {
      const filled = filledLists(rule);
      return !(filled.has("icmps") && filled.has("toPorts"));
    }, "combines icmps and toPorts");
}

function filledLists(rule: object): ReadonlySet<string> {
  const lists = Object.entries(rule).filter(([, value]) => Array.isArray(value) && value.length > 0);
  return new Set(lists.map(([key]) => key));
}

/** What only holds on the way out. */
const onlyOut = z
  .array(toPorts)
  .refine((list) => list.every(({ listener }) => listener === undefined), "a listener on the way in")
  .refine((list) => list.every(({ rules }) => !Object.hasOwn(rules, "dns")), "DNS rules on the way in");

export const ingressRule = sound(
  z.strictObject({
    fromEndpoints: endpoints,
    fromEntities: entities,
    fromCIDR: addresses,
    fromCIDRSet: blocks,
    fromNodes: others,
    fromGroups: others,
    ...common,
    toPorts: onlyOut.optional(),
  }),
  "from",
).transform(({ fromEndpoints, fromEntities, fromCIDR, fromCIDRSet, fromNodes, fromGroups, ...rest }) => ({
  ...rest,
  side: "from",
  endpoints: fromEndpoints,
  entities: fromEntities,
  addresses: fromCIDR,
  blocks: fromCIDRSet,
  nodes: fromNodes,
  groups: fromGroups,
  services: undefined,
  names: undefined,
}));

export const egressRule = sound(
  z.strictObject({
    toEndpoints: endpoints,
    toEntities: entities,
    toCIDR: addresses,
    toCIDRSet: blocks,
    toNodes: others,
    toGroups: others,
    toServices: others,
    toFQDNs: others,
    ...common,
  }),
  "to",
).transform(({ toEndpoints, toEntities, toCIDR, toCIDRSet, toNodes, toGroups, toServices, toFQDNs, ...rest }) => ({
  ...rest,
  side: "to",
  endpoints: toEndpoints,
  entities: toEntities,
  addresses: toCIDR,
  blocks: toCIDRSet,
  nodes: toNodes,
  groups: toGroups,
  services: toServices,
  names: toFQDNs,
}));

export type CiliumRule = z.infer<typeof ingressRule> | z.infer<typeof egressRule>;
