import { places } from "../../../../../sandbox/world/places.ts";
import { changed, copied, gone, type Mutation, of, put, tried } from "../mutation.ts";
import { appsCutOff } from "./where.ts";

const allowedSources = ["gitlab-system", "harbor", "scraper", "operator", "peers", "bot"].map(
  (name) => `ac4.policy.${name}.allowed`,
);

const cilium = of(places.ciliumPolicies, "dragonfly");
const clients = ["spec", "ingress", 0] as const;
const admins = ["spec", "ingress", 2, "fromEndpoints"] as const;
export const policy: readonly Mutation[] = [
  gone("Cilium's policy is gone", cilium, ...allowedSources),
  gone("nothing shuts the namespace", of(places.policies, "default-deny"), "ac4.policy.default-deny"),
  changed(
    "harbor is not on the list",
    cilium,
    [...clients, "fromEndpoints", 0, "matchExpressions", 0, "values"],
    ["gitlab-system"],
    "ac4.policy.harbor.allowed",
  ),
  gone(
    "the bot's namespace lets nothing out",
    of(places.policies, "dfbot", { namespace: "dragonfly-bot" }),
    "ac4.policy.bot.allowed",
  ),
  {
    name: "GitLab's namespace lets nothing out in infra",
    red: ["ac4.policy.gitlab-system.allowed", "ac3.gitlab.connects", "ac4.enforced"],
    tried: true,
    make: ({ infra }) => {
      infra.objects.create(places.policies, {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { namespace: "gitlab-system", name: "shut" },
        spec: { podSelector: {}, policyTypes: ["Egress"] },
      });
    },
  },
  tried(
    changed(
      "every namespace is on the list",
      cilium,
      [...clients, "fromEndpoints", 0, "matchExpressions", 0],
      { key: "k8s:io.kubernetes.pod.namespace", operator: "Exists" },
      "ac4.policy.others.denied",
    ),
    "ac4.enforced",
  ),
  tried(
    changed(
      "only one cluster is on the list",
      cilium,
      [...clients, "fromEndpoints", 0, "matchExpressions", 1, "values"],
      ["infra"],
      "ac4.policy.gitlab-system.allowed",
      "ac4.policy.harbor.allowed",
    ),
    ...appsCutOff,
  ),
  changed(
    "clients may use the admin port",
    cilium,
    [...clients, "toPorts", 0, "ports", 1],
    { port: "9999", protocol: "TCP" },
    "ac4.policy.clients-admin-port.denied",
  ),
  changed(
    "clients may use another port only",
    cilium,
    [...clients, "toPorts", 0, "ports", 0, "port"],
    "6380",
    "ac4.policy.gitlab-system.allowed",
    "ac4.policy.harbor.allowed",
  ),
  changed("the scraper is shut out", cilium, [...admins, 0], undefined, "ac4.policy.scraper.allowed"),
  changed(
    "the operator is shut out",
    cilium,
    [...admins, 1, "matchLabels", "app.kubernetes.io/name"],
    "another",
    "ac4.policy.operator.allowed",
  ),
  changed("the pods cannot replicate", cilium, [...admins, 2], undefined, "ac4.policy.peers.allowed"),
  changed(
    "the bot may not use the admin port",
    cilium,
    ["spec", "ingress", 1, "toPorts", 0, "ports", 1],
    undefined,
    "ac4.policy.bot.allowed",
  ),
  changed(
    "the policy is about other pods",
    cilium,
    ["spec", "endpointSelector", "matchLabels", "app"],
    "other",
    ...allowedSources,
  ),
  {
    name: "a policy of the whole cluster lets everybody in",
    red: ["ac4.policy.others.denied", "ac4.policy.clients-admin-port.denied"],
    make: ({ infra }) => {
      infra.objects.create(places.clusterwidePolicies, {
        apiVersion: "cilium.io/v2",
        kind: "CiliumClusterwideNetworkPolicy",
        metadata: { name: "open" },
        spec: { endpointSelector: { matchLabels: { app: "dragonfly" } }, ingress: [{ fromEntities: ["all"] }] },
      });
    },
  },
  copied(
    "a second policy lets everybody in",
    of(places.policies, "default-deny"),
    (object) => put(object, ["spec"], { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] }),
    "ac4.policy.others.denied",
    "ac4.policy.clients-admin-port.denied",
    "drift.infra.extra",
  ),
];
