import { BotError } from "../../errors.ts";
import type { Peer, Policy, Rule } from "../../network-policy/model.ts";
import { parsePolicy } from "../../network-policy/parse.ts";
import type { LabelSelector } from "../../platform/kubernetes.ts";
import type { Check } from "../draft.ts";
import { broken, ruled } from "./check.ts";
import type { Folder } from "./folder.ts";

/** Who may reach an own instance: its clients the data port, the platform the admin port, and nobody else anything. */
export function checkNetwork(folder: Folder): readonly Check[] {
  const { name, tenant, config } = folder;
  let policies: readonly Policy[];
  try {
    policies = policiesOf(folder);
  } catch (error) {
    if (error instanceof BotError) return [broken("policy.network", error.message, error.next)];
    throw error;
  }
  const strange = policies.find(({ unmodelled }) => unmodelled !== undefined);
  if (strange !== undefined) {
    return [
      broken(
        "policy.network",
        `${strange.kind} ${strange.name} is not understood: ${strange.unmodelled}`,
        "Write it in a way that Cilium takes and this bot knows",
      ),
    ];
  }
  const open = openingsOf(policies);
  const platform = [config.home.namespace, config.metrics.scraper.namespace, config.operator.namespace, name];
  const clients = open.ingress.filter(({ port }) => port === 6379).flatMap(({ namespaces }) => namespaces);
  const admins = open.ingress.filter(({ port }) => port === 9999).flatMap(({ namespaces }) => namespaces);
  // Whom a wildcard lets in cannot be said; that there is one is a finding already.
  const anybody = open.wildcards.length > 0;
  const leaves = open.egress.flatMap(({ namespaces }) => namespaces);
  return [
    ruled(
      "policy.default-deny",
      "What no policy allows is denied",
      policies.some(deniesAll) ? [] : [`no policy of ${name} denies all`],
    ),
    ruled("policy.no-wildcard", "No policy lets anybody in, or out", open.wildcards),
    ruled("policy.clients", `Namespace ${tenant.namespace} reaches the data port, and no other`, [
      ...(clients.includes(tenant.namespace) || anybody ? [] : [`${tenant.namespace} does not reach it`]),
      ...clients
        .filter((one) => one !== tenant.namespace && one !== config.home.namespace)
        .map((one) => `${one} reaches it, and tenant.yaml does not say so`),
    ]),
    ruled("policy.admin-port", "The admin port, which knows no password, is for the platform", [
      ...admins.filter((one) => !platform.includes(one)).map((one) => `${one} reaches it`),
      ...platform
        .filter((one) => !admins.includes(one) && !anybody)
        .map((one) => `${one} does not reach it, and has to`),
    ]),
    ruled("policy.egress", "The pods reach each other and the DNS, and nothing else", [
      ...leaves.filter((one) => one !== name && one !== "kube-system").map((one) => `${one} is reached`),
      ...[name, "kube-system"]
        .filter((one) => !leaves.includes(one) && !anybody)
        .map((one) => `${one} is not reached, and has to be`),
    ]),
  ];
}

function policiesOf({ objects, config }: Folder): readonly Policy[] {
  return objects.flatMap(({ kind, ...object }) =>
    kind === "NetworkPolicy" || kind === "CiliumNetworkPolicy" ? parsePolicy(config.shared.cluster, kind, object) : [],
  );
}

function deniesAll({ kind, subject, ingress, egress }: Policy): boolean {
  const empty = Object.keys(subject.matchLabels ?? {}).length === 0 && (subject.matchExpressions ?? []).length === 0;
  return (
    kind === "NetworkPolicy" &&
    empty &&
    [ingress, egress].every(({ isolates, allow }) => isolates && allow.length === 0)
  );
}

interface Opening {
  readonly port: number;
  readonly namespaces: readonly string[];
}

interface Openings {
  readonly ingress: readonly Opening[];
  readonly egress: readonly Opening[];
  /** Rules that open more than named namespaces and known ports. */
  readonly wildcards: readonly string[];
}

function openingsOf(policies: readonly Policy[]): Openings {
  const wildcards: string[] = [];
  const read = (direction: "ingress" | "egress", known: readonly number[]) =>
    policies.flatMap((policy) => {
      if (!policy[direction].isolates && policy[direction].allow.length > 0)
        wildcards.push(`${policy.name}: ${direction} denies nothing`);
      return policy[direction].allow.flatMap((rule) => {
        const at = `${policy.name} ${rule.place}`;
        const namespaces = namespacesOf(rule, policy);
        const ports = portsOf(rule, known);
        if (namespaces === "anybody") wildcards.push(`${at}: anybody, or more than namespaces by name`);
        if (ports === "any") wildcards.push(`${at}: other ports than ${known.join(", ")}`);
        return namespaces === "anybody" || ports === "any" ? [] : ports.map((port) => ({ port, namespaces }));
      });
    });
  const ingress = read("ingress", [6379, 9999]);
  const egress = read("egress", [9999, 53]);
  return { ingress, egress, wildcards };
}

function portsOf({ ports, conditions: ofRule }: Rule, known: readonly number[]): readonly number[] | "any" {
  if (ports === undefined || ofRule !== undefined) return "any";
  const numbers = ports.flatMap(({ port, endPort, conditions }) =>
    typeof port === "number" && endPort === undefined && conditions === undefined && known.includes(port) ? [port] : [],
  );
  return numbers.length === ports.length ? numbers : "any";
}

function namespacesOf({ peers, conditions }: Rule, policy: Policy): readonly string[] | "anybody" {
  if (peers === undefined || conditions !== undefined) return "anybody";
  const all = peers.map((peer) => namespacesOfPeer(peer, policy));
  return all.some((one) => one === "anybody") ? "anybody" : all.filter((one) => one !== "anybody").flat();
}

function namespacesOfPeer(peer: Peer, { namespace }: Policy): readonly string[] | "anybody" {
  if (peer.kind === "pods") {
    if (peer.namespaces !== undefined) return named(peer.namespaces, "kubernetes.io/metadata.name") ?? "anybody";
    return isEmpty(peer.pods) || namespace === undefined ? "anybody" : [namespace];
  }
  if (peer.kind !== "endpoints") return "anybody";
  const key = "io.kubernetes.pod.namespace";
  const says =
    Object.hasOwn(peer.selector.matchLabels ?? {}, key) ||
    (peer.selector.matchExpressions ?? []).some((one) => one.key === key);
  if (says) return named(peer.selector, key) ?? "anybody";
  return isEmpty(peer.selector) || namespace === undefined ? "anybody" : [namespace];
}

/** Namespaces that a selector names one by one. */
function named(selector: LabelSelector, key: string): readonly string[] | undefined {
  const label = selector.matchLabels?.[key];
  if (label !== undefined) return [label];
  return selector.matchExpressions?.find((one) => one.key === key && one.operator === "In")?.values;
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}
