import { askAdmin } from "../../../../../sandbox/world/operator/admin.ts";
import { places } from "../../../../../sandbox/world/places.ts";
import { instance } from "../../../../../sandbox/world/world.ts";
import { changed, copied, created, edited, type Mutation, of, podChanged, podsOf, put } from "../mutation.ts";
import { inFlux, inOperator, statefulSet } from "./where.ts";

const extra = "drift.infra.extra";
const boxed = ["hardening.pods.read-only-root", "hardening.pods.no-escalation", "hardening.pods.capabilities"];
const dragonflyPods = { matchLabels: { app: "dragonfly" } };
const operator = of(places.deployments, "dragonfly-operator", inOperator);
const chart = of(places.ociRepositories, "dragonfly-operator", inFlux);
const rules = of(places.prometheusRules, "dragonfly");
const flow = of(places.kustomizations, "infra-databases-dragonfly", inFlux);
const operatorContainers = ["spec", "template", "spec", "containers"] as const;

const mine = (apiVersion: string, kind: string, name: string, more: Record<string, unknown>) => ({
  apiVersion,
  kind,
  metadata: { namespace: instance.namespace, name },
  ...more,
});

/** What somebody with rights adds beside what Git has, or leaves in a pod, and what only looks as it was. */
export const intruder: readonly Mutation[] = [
  created(
    "a policy lets in one namespace more",
    places.policies,
    mine("networking.k8s.io/v1", "NetworkPolicy", "team-x", {
      spec: {
        podSelector: dragonflyPods,
        policyTypes: ["Ingress"],
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "team-x" } } }] }],
      },
    }),
    extra,
  ),
  created(
    "a policy lets in everybody outside of the clusters",
    places.ciliumPolicies,
    mine("cilium.io/v2", "CiliumNetworkPolicy", "world", {
      spec: { endpointSelector: dragonflyPods, ingress: [{ fromEntities: ["world"] }] },
    }),
    extra,
  ),
  created(
    "a policy lets the pods out to everywhere",
    places.policies,
    mine("networking.k8s.io/v1", "NetworkPolicy", "out", {
      spec: { podSelector: {}, policyTypes: ["Egress"], egress: [{}] },
    }),
    extra,
  ),
  {
    name: "a namespace is given the label that lets it in",
    red: ["ac4.policy.labelled"],
    make: ({ apps }) => {
      apps.objects.create(places.namespaces, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "team-x", labels: { "access.platform/dragonfly": "true" } },
      });
    },
  },
  created(
    "a Service of the pods is open to the outside",
    places.services,
    mine("v1", "Service", "debug", {
      spec: { type: "NodePort", selector: { app: "dragonfly" }, ports: [{ port: 9999, nodePort: 30999 }] },
    }),
    "ac3.services.inside",
    extra,
  ),
  changed(
    "the global Service is a load balancer",
    of(places.services, "dragonfly-global"),
    ["spec", "type"],
    "LoadBalancer",
    "ac3.services.inside",
  ),
  changed(
    "the clients' Service has an address outside",
    of(places.services, "dragonfly"),
    ["spec", "externalIPs"],
    ["198.51.100.7"],
    "ac3.services.inside",
  ),
  {
    name: "a second slice of the clients' Service leads elsewhere",
    red: ["ac3.endpoints.primary"],
    make: ({ infra }) => {
      infra.objects.create(places.slices, {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: {
          namespace: instance.namespace,
          name: "dragonfly-more",
          labels: { "kubernetes.io/service-name": "dragonfly" },
        },
        addressType: "IPv4",
        endpoints: [{ addresses: ["10.9.9.9"], conditions: { ready: true } }],
        ports: [{ name: "redis", port: 6379, protocol: "TCP" }],
      });
    },
  },
  podChanged(
    "a pod has a second container, which is privileged",
    "replica",
    (pod) =>
      put(pod, ["spec", "containers", 1], { name: "debug", image: "busybox", securityContext: { privileged: true } }),
    ...boxed,
    "hardening.pods.containers",
  ),
  podChanged(
    "somebody is in a pod by an ephemeral container",
    "replica",
    (pod) => put(pod, ["spec", "ephemeralContainers"], [{ name: "debugger", image: "busybox", stdin: true }]),
    ...boxed,
    "hardening.pods.containers",
  ),
  podChanged(
    "a pod begins with a container that is not held back",
    "replica",
    (pod) => put(pod, ["spec", "initContainers"], [{ name: "init", image: "busybox" }]),
    ...boxed,
    "hardening.pods.containers",
  ),
  edited(
    "the StatefulSet is going to start a second container",
    statefulSet,
    (object) => put(object, ["spec", "template", "spec", "containers", 1], { name: "miner", image: "busybox" }),
    "hardening.pods.containers",
  ),
  podChanged(
    "a pod is on its node's network",
    "replica",
    (pod) => put(pod, ["spec", "hostNetwork"], true),
    "ac4.policy.default-deny",
  ),
  podChanged(
    "a pod has a token of the API server",
    "replica",
    (pod) =>
      put(
        pod,
        ["spec", "volumes"],
        [{ name: "token", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }],
      ),
    "hardening.pods.token",
  ),
  podChanged(
    "a pod's readiness says yes to everything",
    "replica",
    (pod) => put(pod, ["spec", "containers", 0, "readinessProbe"], { exec: { command: ["true"] } }),
    "hardening.probes.running",
  ),
  podChanged(
    "a pod is not what the budget and the monitor select",
    "replica",
    (pod) => put(pod, ["metadata", "labels", "app.kubernetes.io/name"], undefined),
    "ac2.pdb",
    "ac2.metrics.monitor",
  ),
  copied(
    "the pods are scraped twice",
    of(places.podMonitors, "dragonfly"),
    () => undefined,
    extra,
    "ac2.metrics.monitor",
  ),
  copied("a second instance is beside it", of(places.dragonflies, "dragonfly"), () => undefined, extra),
  created(
    "a second PrometheusRule has the same alert, which never fires",
    places.prometheusRules,
    mine("monitoring.coreos.com/v1", "PrometheusRule", "more", {
      spec: { groups: [{ name: "more", rules: [{ alert: "DragonflyPodDown", expr: "vector(0) > 1" }] }] },
    }),
    extra,
  ),
  changed("an alert waits for a week", rules, ["spec", "groups", 0, "rules", 0, "for"], "7d"),
  changed(
    "the passwords cannot be fetched any more",
    of(places.externalSecrets, "dragonfly-acl"),
    ["status"],
    { conditions: [{ type: "Ready", status: "False", message: "no such path" }] },
    "hardening.secrets.synced",
  ),
  changed(
    "the operator comes from another registry",
    operator,
    [...operatorContainers, 0, "image"],
    "registry.example.net/operator:v1.6.1",
    "hardening.operator.version",
  ),
  edited(
    "the operator has a second container, which may be root",
    operator,
    (object) =>
      put(object, [...operatorContainers, 1], {
        name: "proxy",
        image: "x:1",
        securityContext: { runAsNonRoot: false },
      }),
    "hardening.operator.non-root",
    "hardening.operator.read-only-root",
    "hardening.operator.no-escalation",
    "hardening.operator.capabilities",
    "hardening.operator.version",
  ),
  changed("no operator may ever go", of(places.budgets, "dragonfly-operator", inOperator), ["spec", "minAvailable"], 2),
  changed("the chart's source is suspended", chart, ["spec", "suspend"], true),
  changed("the chart comes from another registry", chart, ["spec", "url"], "oci://registry.example.net/operator"),
  changed("Flux reads another repository", flow, ["spec", "sourceRef", "name"], "fork"),
  changed("Flux takes every field by force", flow, ["spec", "force"], true),
  ...["+config", "+keys"].map(
    (right): Mutation => ({
      name: `a user has ${right}`,
      red: ["hardening.acl.as-in-git"],
      make: async (world) => {
        const ip = podsOf(world, "replica")[0]?.status.podIP ?? "";
        const answer = await askAdmin(ip, "ACL", "SETUSER", "gitlab", right);
        if (answer instanceof Error) throw answer;
        return () => askAdmin(ip, "ACL", "LOAD");
      },
    }),
  ),
];
