import { places } from "../../../../../sandbox/world/places.ts";
import { changed, copied, edited, gone, type Mutation, of, put } from "../mutation.ts";
import { inApps, inFlux, inOperator, resource } from "./where.ts";

const inBot = { namespace: "dragonfly-bot" };
const namespaces = { group: "", plural: "namespaces" };
const namespace = (name: string, more: { readonly cluster?: "apps" } = {}) =>
  of(namespaces, name, { namespace: undefined, ...more });
const level = ["metadata", "labels", "pod-security.kubernetes.io/enforce"] as const;
const shared = "infra-databases-dragonfly";

/**
 * What somebody changes by hand between two rounds of Flux, and no criterion is about. That an object of Git is otherwise is expected by
 * the rule of ../git-objects.ts; here stands what else is red.
 */
export const drift: readonly Mutation[] = [
  changed("an argument is added by hand", resource, ["spec", "args", 6], "--maxclients=10"),
  edited("an argument is taken away by hand", resource, (object) => put(object, ["spec", "args", 0], undefined)),
  changed("the memory limit is another one", resource, ["spec", "resources", "limits", "memory"], "769Mi"),
  changed("the pods tolerate more by hand", resource, ["spec", "tolerations"], [{ operator: "Exists" }]),
  changed("the namespace takes privileged pods", namespace("dragonfly-system"), level, "privileged"),
  changed("the namespace in apps has no level", namespace("dragonfly-system", inApps), level, undefined),
  changed("the operator's namespace has no level", namespace("dragonfly-operator-system"), level, undefined),
  changed("the bot's namespace in apps has no level", namespace("dragonfly-bot", inApps), level, undefined),
  changed(
    "a probe answers yes to everything",
    of(places.configMaps, "dragonfly-readiness"),
    ["data", "readiness-check.sh"],
    "#!/bin/sh\nexit 0\n",
  ),
  changed("a probe has a second script", of(places.configMaps, "dragonfly-readiness"), ["data", "more.sh"], "exit 0"),
  gone("the dashboard is gone", of(places.configMaps, "dragonfly-dashboard")),
  changed(
    "an alert fires later",
    of(places.prometheusRules, "dragonfly"),
    ["spec", "groups", 0, "rules", 0, "expr"],
    "vector(0)",
  ),
  changed(
    "the passwords are fetched once a year",
    of(places.externalSecrets, "dragonfly-acl"),
    ["spec", "refreshInterval"],
    "8760h",
  ),
  changed(
    "the scrape interval is another one",
    of(places.podMonitors, "dragonfly"),
    ["spec", "podMetricsEndpoints", 0, "interval"],
    "5m",
  ),
  changed("the policy of the namespace lets out", of(places.policies, "default-deny"), ["spec", "egress"], [{}]),
  changed(
    "the bot's own policy is opened",
    of(places.policies, "dfbot", inBot),
    ["spec", "ingress"],
    [{ from: [{ namespaceSelector: {} }] }],
  ),
  changed(
    "the bot's Service leads elsewhere",
    of(places.services, "dfbot", inBot),
    ["spec", "selector", "more"],
    "yes",
  ),
  changed("the bot's budget is another one", of(places.budgets, "dfbot", inBot), ["spec", "maxUnavailable"], 2),
  changed(
    "the operator's chart has other values",
    of(places.helmReleases, "dragonfly-operator", inOperator),
    ["spec", "values", "manager", "extraArgs"],
    ["--zap-log-level=debug"],
  ),
  changed(
    "the chart is looked for once a year",
    of(places.ociRepositories, "dragonfly-operator", inFlux),
    ["spec", "interval"],
    "8760h",
  ),
  changed(
    "a port in apps has another name",
    of(places.services, "dragonfly-global", inApps),
    ["spec", "ports", 0, "name"],
    "other",
  ),
  changed("a Kustomization prunes", of(places.kustomizations, shared, inFlux), ["spec", "prune"], true),
  changed(
    "a Kustomization patches what Git has",
    of(places.kustomizations, "apps-dfbot", { ...inFlux, ...inApps }),
    ["spec", "patches"],
    [{ patch: "- {op: remove, path: /spec}", target: { kind: "NetworkPolicy" } }],
  ),
  changed(
    "a setting is another one",
    of(places.configMaps, "dragonfly-settings", inFlux),
    ["data", "DRAGONFLY_THREADS"],
    "8",
  ),
  changed(
    "a tenant has more of everything",
    of(places.quotas, "dragonfly-payments", { namespace: "dragonfly-payments" }),
    ["spec", "hard", "pods"],
    "100",
  ),
  changed(
    "a tenant has what nobody counts",
    of(places.quotas, "dragonfly-payments", { namespace: "dragonfly-payments" }),
    ["spec", "scopes"],
    ["Terminating"],
  ),
  copied(
    "an object that Git no longer has was not pruned",
    of(places.externalSecrets, "dragonfly-acl"),
    ({ metadata }) => {
      metadata.labels = {
        "kustomize.toolkit.fluxcd.io/name": shared,
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
      };
    },
    `drift.${shared}.pruned`,
  ),
  edited(
    "Flux still has an object that Git no longer has",
    of(places.kustomizations, shared, inFlux),
    (object) =>
      put(object, ["status", "inventory", "entries", 0, "id"], "dragonfly-system_old_policy_PodDisruptionBudget"),
    `drift.${shared}.pruned`,
  ),
];
