import { z } from "zod";
import { askAdmin } from "../../../../sandbox/world/operator/admin.ts";
import { places } from "../../../../sandbox/world/places.ts";
import { listViews, podView } from "../../../../sandbox/world/views.ts";
import { instance, operatorNamespace, type World } from "../../../../sandbox/world/world.ts";
import { configSchema } from "../../../../src/config/file.ts";
import { shippedAlerts } from "../../../../src/runbooks/verify/shipped-alerts.ts";
import { changed, copied, edited, gone, type Mutation, of, put } from "./mutation.ts";

const inOperator = { namespace: operatorNamespace };
const inFlux = { namespace: "flux-system" };
const inApps = { cluster: "apps" } as const;
const allowedSources = ["gitlab-system", "harbor", "scraper", "operator", "peers", "bot"].map(
  (name) => `ac4.policy.${name}.allowed`,
);
const ready = (status: string) => ({ conditions: [{ type: "Ready", status, message: "as the test says" }] });

const deployment = of(places.deployments, "dragonfly-operator", inOperator);
const operatorBudget = of(places.budgets, "dragonfly-operator", inOperator);
const release = of(places.helmReleases, "dragonfly-operator", inOperator);
const chart = of(places.ociRepositories, "dragonfly-operator", inFlux);
const crd = of({ group: "apiextensions.k8s.io", plural: "customresourcedefinitions" }, "dragonflies.dragonflydb.io", {
  namespace: undefined,
});
const manager = ["spec", "template", "spec", "containers", 0] as const;

const operator: readonly Mutation[] = [
  changed("the operator has one ready replica", deployment, ["status", "readyReplicas"], 1, "ac1.operator.replicas"),
  edited(
    "the operator is scaled to one",
    deployment,
    (object) => {
      put(object, ["spec", "replicas"], 1);
      put(object, ["status", "readyReplicas"], 1);
    },
    "ac1.operator.replicas",
  ),
  gone("the operator's budget is gone", operatorBudget, "ac1.operator.pdb"),
  changed(
    "the operator's budget selects others",
    operatorBudget,
    ["spec", "selector", "matchLabels", "control-plane"],
    "another",
    "ac1.operator.pdb",
  ),
  changed("the operator's budget keeps none", operatorBudget, ["spec", "minAvailable"], 0, "ac1.operator.pdb"),
  copied("the operator has two budgets", operatorBudget, () => undefined, "ac1.operator.pdb"),
  changed("the operator's release is suspended", release, ["spec", "suspend"], true, "ac1.operator.release"),
  changed("the operator's release has failed", release, ["status"], ready("False"), "ac1.operator.release"),
  changed("the CRD is not established", crd, ["status", "conditions"], [], "ac1.crd.established"),
  changed(
    "the operator runs another version",
    deployment,
    [...manager, "image"],
    "ghcr.io/dragonflydb/operator:v1.5.0",
    "hardening.operator.version",
  ),
  changed(
    "the operator may escalate",
    deployment,
    [...manager, "securityContext", "allowPrivilegeEscalation"],
    true,
    "hardening.operator.no-escalation",
  ),
  changed(
    "the operator may be root",
    deployment,
    ["spec", "template", "spec", "securityContext", "runAsNonRoot"],
    undefined,
    "hardening.operator.non-root",
  ),
  changed(
    "the operator may write to its root file system",
    deployment,
    [...manager, "securityContext", "readOnlyRootFilesystem"],
    false,
    "hardening.operator.read-only-root",
  ),
  changed(
    "the operator keeps its capabilities",
    deployment,
    [...manager, "securityContext", "capabilities", "drop"],
    [],
    "hardening.operator.capabilities",
  ),
  changed(
    "the operator is unconfined",
    deployment,
    ["spec", "template", "spec", "securityContext", "seccompProfile", "type"],
    "Unconfined",
    "hardening.operator.seccomp",
  ),
  changed("the chart has another tag", chart, ["spec", "ref", "tag"], "v1.5.0", "hardening.chart.version"),
  changed("the chart follows a range", chart, ["spec", "ref"], { semver: ">=1.0.0" }, "hardening.chart.version"),
];

const resource = of(places.dragonflies, "dragonfly");
const statefulSet = of(places.statefulSets, "dragonfly");
const podMonitor = of(places.podMonitors, "dragonfly");
const budget = of(places.budgets, "dragonfly");
const claim = of(places.claims, "df-dragonfly-1");

const ofInstance: readonly Mutation[] = [
  changed("a replica fewer is asked for", resource, ["spec", "replicas"], 2, "ac2.resource"),
  changed("the operator has not called it ready", resource, ["status", "phase"], "ResourcesCreated", "ac2.resource"),
  changed("the StatefulSet has two ready pods", statefulSet, ["status", "readyReplicas"], 2, "ac2.statefulset"),
  edited(
    "a rollout is stuck",
    statefulSet,
    (object) => {
      put(object, ["status", "updateRevision"], "dragonfly-newer");
      put(object, ["status", "updatedReplicas"], 1);
    },
    "ac2.statefulset",
  ),
  changed("a claim is pending", claim, ["status", "phase"], "Pending", "ac2.pvc.bound"),
  gone("a claim is gone", claim, "ac2.pvc.bound"),
  gone("the PodMonitor is gone", podMonitor, "ac2.metrics.monitor"),
  changed(
    "the PodMonitor scrapes the data port",
    podMonitor,
    ["spec", "podMetricsEndpoints", 0, "port"],
    "redis",
    "ac2.metrics.monitor",
  ),
  changed(
    "the PodMonitor sees only the primary",
    podMonitor,
    ["spec", "selector", "matchLabels", "role"],
    "master",
    "ac2.metrics.monitor",
  ),
  gone("the data budget is gone", budget, "ac2.pdb", "ac2.eviction.once"),
  changed("the data budget keeps one", budget, ["spec", "minAvailable"], 1, "ac2.pdb"),
  changed("the data budget keeps all", budget, ["spec", "minAvailable"], 3, "ac2.pdb"),
  changed("no eviction is possible", budget, ["status", "disruptionsAllowed"], 0, "ac2.eviction.once"),
  changed("two evictions are possible", budget, ["status", "disruptionsAllowed"], 2, "ac2.eviction.once"),
  copied("two budgets select the data pods", budget, () => undefined, "ac2.pdb", "ac2.eviction.once"),
  changed(
    "the data budget misses the primary",
    budget,
    ["spec", "selector", "matchLabels", "role"],
    "replica",
    "ac2.pdb",
  ),
  changed("nothing is saved by a schedule", resource, ["spec", "snapshot", "cron"], undefined, "ac2.snapshot.schedule"),
  changed("every pod saves", resource, ["spec", "snapshot", "enableOnMasterOnly"], false, "ac2.snapshot.schedule"),
];

const podsOf = (world: World, role: string) =>
  listViews(world.infra.objects, places.pods, podView, instance.namespace).filter(
    ({ metadata }) => metadata.labels["role"] === role,
  );

/** A change of the first pod of a role, whichever that is. */
function podChanged(
  name: string,
  role: "master" | "replica",
  edit: (object: Record<string, unknown>) => void,
  ...red: readonly string[]
): Mutation {
  return {
    name,
    red,
    make: (world) => {
      const pod = podsOf(world, role)[0]?.metadata.name ?? "";
      world.infra.objects.patch(places.pods, instance.namespace, pod, edit);
    },
  };
}

const server = ["spec", "containers", 0] as const;
const security = [...server, "securityContext"] as const;
const pods: readonly Mutation[] = [
  podChanged("a pod is not ready", "replica", (pod) => put(pod, ["status", "conditions"], []), "ac2.pods"),
  podChanged(
    "the primary carries no role",
    "master",
    (pod) => put(pod, ["metadata", "labels", "role"], undefined),
    "ac2.labels",
  ),
  podChanged(
    "a replica is labelled primary",
    "replica",
    (pod) => put(pod, ["metadata", "labels", "role"], "master"),
    "ac2.labels",
  ),
  podChanged(
    "a pod may be root",
    "replica",
    (pod) => put(pod, ["spec", "securityContext", "runAsNonRoot"], false),
    "hardening.pods.non-root",
  ),
  podChanged(
    "a pod may write to its root",
    "master",
    (pod) => put(pod, [...security, "readOnlyRootFilesystem"], undefined),
    "hardening.pods.read-only-root",
  ),
  podChanged(
    "a pod may escalate",
    "replica",
    (pod) => put(pod, [...security, "allowPrivilegeEscalation"], true),
    "hardening.pods.no-escalation",
  ),
  podChanged(
    "a pod is privileged",
    "replica",
    (pod) => put(pod, [...security, "privileged"], true),
    "hardening.pods.no-escalation",
  ),
  podChanged(
    "a pod keeps its capabilities",
    "replica",
    (pod) => put(pod, [...security, "capabilities", "drop"], []),
    "hardening.pods.capabilities",
  ),
  podChanged(
    "a pod has a capability more",
    "replica",
    (pod) => put(pod, [...security, "capabilities", "add"], ["NET_ADMIN"]),
    "hardening.pods.capabilities",
  ),
  podChanged(
    "a pod is unconfined",
    "replica",
    (pod) => put(pod, ["spec", "securityContext", "seccompProfile", "type"], "Unconfined"),
    "hardening.pods.seccomp",
  ),
  podChanged(
    "a pod's readiness only opens a connection",
    "replica",
    (pod) => put(pod, [...server, "readinessProbe"], { tcpSocket: { port: 9999 } }),
    "hardening.probes.running",
  ),
  podChanged(
    "a pod has no liveness probe",
    "master",
    (pod) => put(pod, [...server, "livenessProbe"], undefined),
    "hardening.probes.running",
  ),
  podChanged(
    "a pod runs another image",
    "replica",
    (pod) => put(pod, [...server, "image"], "docker.dragonflydb.io/dragonflydb/dragonfly:v1.17.0"),
    "hardening.image.same",
  ),
  {
    name: "two pods share a node",
    red: ["hardening.spread.nodes", "hardening.spread.zones"],
    make: (world) => {
      const [replica, other] = podsOf(world, "replica");
      world.infra.objects.patch(places.pods, instance.namespace, replica?.metadata.name ?? "", (pod) =>
        put(pod, ["spec", "nodeName"], other?.spec.nodeName),
      );
    },
  },
  {
    name: "a pod is gone",
    red: ["ac2.pods", "ac2.replicas.in-sync", "ac2.metrics.arrive", "hardening.spread.zones"],
    make: (world) => {
      world.infra.objects.remove(places.pods, instance.namespace, podsOf(world, "replica")[0]?.metadata.name ?? "");
    },
  },
];

const hardening: readonly Mutation[] = [
  changed(
    "the resource lets it be root",
    resource,
    ["spec", "podSecurityContext", "runAsNonRoot"],
    false,
    "hardening.resource.non-root",
  ),
  changed(
    "the resource lets it write to its root",
    resource,
    ["spec", "containerSecurityContext", "readOnlyRootFilesystem"],
    false,
    "hardening.resource.read-only-root",
  ),
  changed(
    "the resource lets it escalate",
    resource,
    ["spec", "containerSecurityContext", "allowPrivilegeEscalation"],
    undefined,
    "hardening.resource.no-escalation",
  ),
  changed(
    "the resource drops one capability only",
    resource,
    ["spec", "containerSecurityContext", "capabilities", "drop"],
    ["NET_RAW"],
    "hardening.resource.capabilities",
  ),
  changed(
    "the resource has no seccomp profile",
    resource,
    ["spec", "podSecurityContext", "seccompProfile"],
    undefined,
    "hardening.resource.seccomp",
  ),
  changed(
    "the liveness script is not asked for",
    resource,
    ["spec", "customLivenessProbeConfigMap"],
    undefined,
    "hardening.probes.configured",
  ),
  changed(
    "the readiness script is not asked for",
    resource,
    ["spec", "customReadinessProbeConfigMap"],
    undefined,
    "hardening.probes.configured",
  ),
  changed(
    "no spread over nodes is asked for",
    resource,
    ["spec", "topologySpreadConstraints", 0],
    undefined,
    "hardening.spread.asked",
  ),
  changed(
    "the image is latest",
    resource,
    ["spec", "image"],
    "docker.dragonflydb.io/dragonflydb/dragonfly:latest",
    "hardening.image.pinned",
    "hardening.image.same",
  ),
  changed(
    "no image is asked for",
    resource,
    ["spec", "image"],
    undefined,
    "hardening.image.pinned",
    "hardening.image.same",
  ),
  changed(
    "the StatefulSet has another image",
    statefulSet,
    ["spec", "template", "spec", "containers", 0, "image"],
    "docker.dragonflydb.io/dragonflydb/dragonfly:v1.41.0",
    "hardening.image.same",
  ),
];

const service = of(places.services, "dragonfly");
const globalService = of(places.services, "dragonfly-global");
const stub = of(places.services, "dragonfly", inApps);
const slices = (world: World, name: string) =>
  world.infra.objects
    .list(places.slices, instance.namespace)
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);

function sliceChanged(name: string, edit: (slice: Record<string, unknown>, world: World) => void): Mutation {
  return {
    name,
    red: ["ac3.endpoints.primary"],
    make: (world) => {
      for (const { metadata } of slices(world, "dragonfly-global"))
        world.infra.objects.patch(places.slices, instance.namespace, metadata.name, (slice) => edit(slice, world));
    },
  };
}

const mesh: readonly Mutation[] = [
  changed(
    "a Service selects replicas too",
    service,
    ["spec", "selector", "role"],
    undefined,
    "ac3.services.primary-only",
  ),
  changed(
    "the global Service selects another instance",
    globalService,
    ["spec", "selector", "app"],
    "other",
    "ac3.services.primary-only",
  ),
  gone(
    "the global Service is gone",
    globalService,
    "ac3.services.primary-only",
    "ac3.endpoints.primary",
    "ac3.global.annotations",
  ),
  changed(
    "a Service is not global",
    service,
    ["metadata", "annotations", "service.cilium.io/global"],
    undefined,
    "ac3.global.annotations",
  ),
  changed(
    "the global Service is not shared",
    globalService,
    ["metadata", "annotations", "service.cilium.io/shared"],
    "false",
    "ac3.global.annotations",
  ),
  changed("a Service has another port", service, ["spec", "ports", 0, "port"], 6380, "ac3.global.dns"),
  sliceChanged("a Service leads to a replica", (slice, world) =>
    put(slice, ["endpoints", 0, "addresses"], [podsOf(world, "replica")[0]?.status.podIP]),
  ),
  sliceChanged("a Service leads to a replica as well", (slice, world) =>
    put(slice, ["endpoints", 1], {
      addresses: [podsOf(world, "replica")[0]?.status.podIP],
      conditions: { ready: true },
    }),
  ),
  sliceChanged("a Service leads nowhere", (slice) => put(slice, ["endpoints"], [])),
  gone("the name is not in apps", stub, "ac3.apps.annotations", "ac3.global.dns"),
  changed(
    "the name in apps is not global",
    stub,
    ["metadata", "annotations", "service.cilium.io/global"],
    "false",
    "ac3.apps.annotations",
  ),
  changed(
    "the name in apps is shared",
    stub,
    ["metadata", "annotations", "service.cilium.io/shared"],
    "true",
    "ac3.apps.annotations",
  ),
  changed("the name in apps has another port", stub, ["spec", "ports", 0, "port"], 6380, "ac3.global.dns"),
  changed("the stub in apps selects pods", stub, ["spec", "selector"], { app: "dragonfly" }, "ac3.apps.no-backends"),
  {
    name: "the stub in apps has a backend",
    red: ["ac3.apps.no-backends"],
    make: (world) => {
      world.apps.objects.create(places.slices, {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: {
          name: "dragonfly-stray",
          namespace: instance.namespace,
          labels: { "kubernetes.io/service-name": "dragonfly" },
        },
        addressType: "IPv4",
        endpoints: [{ addresses: ["10.9.9.9"], conditions: { ready: true } }],
        ports: [{ name: "redis", port: 6379, protocol: "TCP" }],
      });
    },
  },
];

const cilium = of(places.ciliumPolicies, "dragonfly");
const clients = ["spec", "ingress", 0] as const;
const admins = ["spec", "ingress", 2, "fromEndpoints"] as const;
const policy: readonly Mutation[] = [
  gone("Cilium's policy is gone", cilium, ...allowedSources),
  gone("nothing shuts the namespace", of(places.policies, "default-deny"), "ac4.policy.default-deny"),
  changed(
    "harbor is not on the list",
    cilium,
    [...clients, "fromEndpoints", 0, "matchExpressions", 0, "values"],
    ["gitlab-system"],
    "ac4.policy.harbor.allowed",
  ),
  changed(
    "every namespace is on the list",
    cilium,
    [...clients, "fromEndpoints", 0, "matchExpressions", 0],
    { key: "k8s:io.kubernetes.pod.namespace", operator: "Exists" },
    "ac4.policy.others.denied",
  ),
  changed(
    "only one cluster is on the list",
    cilium,
    [...clients, "fromEndpoints", 0, "matchExpressions", 1, "values"],
    ["infra"],
    "ac4.policy.gitlab-system.allowed",
    "ac4.policy.harbor.allowed",
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
  copied(
    "a second policy lets everybody in",
    of(places.policies, "default-deny"),
    (object) => put(object, ["spec"], { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] }),
    "ac4.policy.others.denied",
    "ac4.policy.clients-admin-port.denied",
  ),
];

const rules = of(places.prometheusRules, "dragonfly");
const rulesSchema = z.looseObject({
  groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ alert: z.string() })) })),
});
const alerts: readonly Mutation[] = [
  ...Object.entries(shippedAlerts).map(([group, [alert]]) =>
    edited(
      `the rule ${alert} is removed`,
      rules,
      (object) => {
        const spec = rulesSchema.parse(object["spec"]);
        object["spec"] = {
          groups: spec.groups.map((one) => ({ ...one, rules: one.rules.filter((rule) => rule.alert !== alert) })),
        };
      },
      `ac5.rules.${group}`,
    ),
  ),
  gone("all rules are gone", rules, ...Object.keys(shippedAlerts).map((group) => `ac5.rules.${group}`)),
  {
    name: "the heartbeat came in an hour ago",
    red: ["ac5.webhook"],
    make: (world) => {
      const place = places.configMaps;
      const beat = world.infra.objects
        .list(place, "dragonfly-bot")
        .find(({ metadata }) => /heartbeat/.test(metadata.name));
      const text = JSON.stringify(beat?.["data"]).replace(
        /\d{4}-\d\d-\d\dT[\d:.]+Z/g,
        new Date(Date.now() - 3_600_000).toISOString(),
      );
      world.infra.objects.patch(place, "dragonfly-bot", beat?.metadata.name ?? "", (object) => {
        object["data"] = JSON.parse(text);
      });
    },
  },
  {
    name: "no heartbeat ever came in",
    red: ["ac5.webhook"],
    make: (world) => {
      const { objects } = world.infra;
      const beats = objects
        .list(places.configMaps, "dragonfly-bot")
        .filter(({ metadata }) => /heartbeat/.test(metadata.name));
      for (const { metadata } of beats) objects.remove(places.configMaps, metadata.namespace, metadata.name);
    },
  },
];

const flux = (name: string, more: { readonly cluster?: "apps" } = {}) =>
  of(places.kustomizations, name, { ...inFlux, ...more });
const elsewhere = "main@sha1:1111111111111111111111111111111111111111";
const flows = Object.entries(configSchema.parse({}).verify.kustomizations).flatMap(([cluster, names]) =>
  names.map((name) => ({ name, where: flux(name, cluster === "apps" ? inApps : {}) })),
);
const first = "infra-databases-dragonfly";
const git: readonly Mutation[] = [
  ...flows.map(({ name, where }) =>
    changed(`${name} is suspended`, where, ["spec", "suspend"], true, `drift.${name}.applied`),
  ),
  ...flows.map(({ name, where }) =>
    changed(`${name} is behind`, where, ["status", "lastAppliedRevision"], elsewhere, `drift.${name}.head`),
  ),
  changed(
    "a Kustomization has failed",
    flux(first),
    ["status", "conditions", 0, "status"],
    "False",
    `drift.${first}.applied`,
  ),
  gone("a Kustomization is gone", flux(first), `drift.${first}.applied`, `drift.${first}.head`),
  changed("Flux has said nothing of it", flux(first), ["status"], {}, `drift.${first}.applied`, `drift.${first}.head`),
];

/** A change of one server's access list; its file has the right one. */
function userChanged(name: string, words: readonly string[], ...red: readonly string[]): Mutation {
  return {
    name,
    red,
    make: async (world) => {
      const ip = podsOf(world, "replica")[0]?.status.podIP ?? "";
      const answer = await askAdmin(ip, "ACL", ...words);
      if (answer instanceof Error) throw answer;
      return () => askAdmin(ip, "ACL", "LOAD");
    },
  };
}

const users: readonly Mutation[] = [
  userChanged("default is on", ["SETUSER", "default", "on"], "hardening.acl.default-off", "hardening.acl.as-in-git"),
  userChanged("a user may do everything", ["SETUSER", "harbor", "+@all"], "hardening.acl.rights"),
  userChanged("a user needs no password", ["SETUSER", "harbor", "nopass"], "hardening.acl.rights"),
  userChanged(
    "a user is there that Git does not have",
    ["SETUSER", "visitor", "on", ">secret", "~v*", "+get"],
    "hardening.acl.as-in-git",
  ),
  userChanged("a user of Git is missing", ["DELUSER", "gitlab"], "hardening.acl.as-in-git"),
  userChanged("a user reaches more keys than in Git", ["SETUSER", "dfbot", "~*"], "hardening.acl.as-in-git"),
  userChanged("a user of Git is off", ["SETUSER", "gitlab", "off"], "hardening.acl.as-in-git"),
];

const servers: readonly Mutation[] = [
  {
    name: "a replica follows nobody",
    red: [
      "ac2.primary",
      "ac2.labels",
      "ac2.replicas.in-sync",
      "ac2.snapshot",
      "ac3.endpoints.primary",
      "hardening.queue.safe",
    ],
    make: async (world) => {
      const ip = podsOf(world, "replica")[0]?.status.podIP ?? "";
      await askAdmin(ip, "REPLICAOF", "NO", "ONE");
      return () => askAdmin(ip, "REPLICAOF", podsOf(world, "master")[0]?.status.podIP ?? "", "9999");
    },
  },
];

/** The last ones leave servers that need a moment to be well again. */
export const mutations: readonly Mutation[] = [
  ...operator,
  ...ofInstance,
  ...pods,
  ...hardening,
  ...mesh,
  ...policy,
  ...alerts,
  ...git,
  ...users,
  ...servers,
];
