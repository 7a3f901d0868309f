import type { ICiliumNetworkPolicy } from "@kubernetes-models/cilium/cilium.io/v2";
import type { IPodMonitor, IServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";
import type { IStatefulSet } from "kubernetes-models/apps/v1";
import type { INetworkPolicy, INetworkPolicyPeer } from "kubernetes-models/networking.k8s.io/v1";
import type { IService } from "kubernetes-models/v1";
import { describe, expect, it } from "vitest";
import { identityOf } from "../../../sandbox/gitops/objects.ts";
import { clustersWithExamples, ofKind } from "./tree.ts";
import { selects, type Workload, workloadsOf } from "./workloads.ts";

const nameLabel = "kubernetes.io/metadata.name";
/** Namespaces of others that the tree speaks of, and the labels of the pods there that it counts on. */
const elsewhere: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "kube-system": { "k8s-app": "kube-dns" },
  observability: {},
  "gitlab-system": {},
  harbor: {},
};

describe.each(clustersWithExamples.map((one) => [one.name, one.objects] as const))("in %s", (_, objects) => {
  const workloads = workloadsOf(objects);
  const own = new Set(ofKind(objects, "Namespace").map(({ metadata }) => metadata.name));
  const pods = (namespace: string | undefined, wanted: Readonly<Record<string, string>> | undefined) =>
    workloads.filter((one) => one.namespace === namespace && selects(wanted, one.labels));

  it("each Service leads to one workload and a port it has", () => {
    for (const service of ofKind<IService>(objects, "Service")) {
      const { selector, ports } = service.spec ?? {};
      if (selector === undefined) continue;
      // The operator gives one of these to each pod of an instance, and moves it.
      const { role, ...fixed } = selector;
      const found = pods(service.metadata.namespace, fixed);
      expect(found, identityOf(service)).toHaveLength(1);
      expect([undefined, "master", "replica"]).toContain(role);
      if (role !== undefined) expect(found[0]?.labels["app.kubernetes.io/name"]).toBe("dragonfly");
      for (const { port, targetPort } of ports ?? []) {
        expect(portsOf(found), identityOf(service)).toContain(targetPort ?? port);
      }
    }
  });

  it("a Service without selector is a global one, whose backends are in another cluster", () => {
    for (const service of ofKind<IService>(objects, "Service").filter(({ spec }) => spec?.selector === undefined))
      expect(service.metadata.annotations, identityOf(service)).toMatchObject({
        "service.cilium.io/global": "true",
        "service.cilium.io/shared": "false",
      });
  });

  it("each PodMonitor scrapes one workload on a port it has", () => {
    for (const monitor of ofKind<IPodMonitor>(objects, "PodMonitor")) {
      const found = pods(monitor.metadata.namespace, monitor.spec.selector.matchLabels);
      expect(found, identityOf(monitor)).toHaveLength(1);
      for (const { port } of monitor.spec.podMetricsEndpoints ?? []) expect(portsOf(found)).toContain(port);
      for (const label of monitor.spec.podTargetLabels ?? [])
        expect(Object.keys(found[0]?.labels ?? {})).toContain(label);
    }
  });

  it("each ServiceMonitor finds one Service and a port it has", () => {
    for (const monitor of ofKind<IServiceMonitor>(objects, "ServiceMonitor")) {
      const found = ofKind<IService>(objects, "Service").filter(
        ({ metadata }) =>
          metadata.namespace === monitor.metadata.namespace &&
          selects(monitor.spec.selector.matchLabels, metadata.labels ?? {}),
      );
      expect(found, identityOf(monitor)).toHaveLength(1);
      const names = found.flatMap(({ spec }) => spec?.ports ?? []).map(({ name }) => name);
      for (const { port } of monitor.spec.endpoints) expect(names).toContain(port);
    }
  });

  it("each StatefulSet selects its own pods and has a headless Service of its own", () => {
    for (const set of ofKind<IStatefulSet>(objects, "StatefulSet")) {
      expect(selects(set.spec?.selector.matchLabels, set.spec?.template?.metadata?.labels ?? {})).toBe(true);
      const governing = ofKind<IService>(objects, "Service").find(
        ({ metadata }) => metadata.name === set.spec?.serviceName && metadata.namespace === set.metadata.namespace,
      );
      expect(governing?.spec?.clusterIP, identityOf(set)).toBe("None");
    }
  });

  it("pods are spread and kept apart by labels they have", () => {
    for (const { identity, labels, pod } of workloads) {
      const apart = pod.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
      const rules = [...apart, ...(pod.topologySpreadConstraints ?? [])];
      expect(rules.length, identity).toBeGreaterThan(0);
      for (const { labelSelector } of rules) {
        expect(Object.keys(labelSelector?.matchLabels ?? {})).not.toEqual([]);
        expect(selects(labelSelector?.matchLabels, labels), identity).toBe(true);
      }
    }
  });

  /** Which pods of ours a peer means. Throws at a peer that nobody can be. */
  const meant = (peer: INetworkPolicyPeer, home: string, at: string): readonly Workload[] => {
    const { namespaceSelector, podSelector } = peer;
    const wanted = podSelector?.matchLabels;
    if (namespaceSelector !== undefined && Object.keys(namespaceSelector).length === 0) {
      const everywhere = workloads.filter(({ labels }) => selects(wanted, labels));
      if (everywhere.length === 0) throw new Error(`${at}: no pod of ours has ${JSON.stringify(wanted)}`);
      return everywhere;
    }
    const named = namespaceSelector?.matchLabels?.[nameLabel];
    const listed = namespaceSelector?.matchExpressions?.find(({ key }) => key === nameLabel)?.values ?? [];
    const namespaces = namespaceSelector === undefined ? [home] : [...(named === undefined ? [] : [named]), ...listed];
    const found = namespaces.flatMap((namespace) => {
      if (own.has(namespace)) return pods(namespace, wanted);
      const known = elsewhere[namespace];
      if (known === undefined) throw new Error(`${at}: no namespace ${namespace}`);
      if (!selects(wanted, known)) throw new Error(`${at}: nothing in ${namespace} has ${JSON.stringify(wanted)}`);
      return [];
    });
    const reachesOurs = namespaces.some((namespace) => own.has(namespace));
    if (reachesOurs && found.length === 0) throw new Error(`${at}: no pod of ours has ${JSON.stringify(wanted)}`);
    return found;
  };

  it("each NetworkPolicy is over all pods of its namespace or one workload, with ports and peers that exist", () => {
    for (const policy of ofKind<INetworkPolicy>(objects, "NetworkPolicy")) {
      const at = identityOf(policy);
      const home = policy.metadata.namespace ?? "";
      const { podSelector, ingress = [], egress = [], policyTypes } = policy.spec ?? {};
      expect(policyTypes, at).toEqual(["Ingress", "Egress"]);
      const over = pods(home, podSelector?.matchLabels);
      expect(over, at).toHaveLength(1);
      if (Object.keys(podSelector?.matchLabels ?? {}).length === 0) expect([ingress, egress], at).toEqual([[], []]);
      for (const { from, ports } of ingress) {
        expect(from?.length, `${at}: from anybody`).toBeGreaterThan(0);
        for (const peer of from ?? []) meant(peer, home, at);
        for (const { port } of ports ?? []) expect(portsOf(over), at).toContain(port);
      }
      for (const { to = [], ports } of egress) {
        const found = to.flatMap((peer) => meant(peer, home, at));
        if (found.length > 0) for (const { port } of ports ?? []) expect(portsOf(found), at).toContain(port);
      }
    }
  });

  it("each namespace with pods of ours that the tree guards begins with deny all", () => {
    const guarded = ofKind<INetworkPolicy>(objects, "NetworkPolicy", "CiliumNetworkPolicy");
    for (const namespace of new Set(guarded.map(({ metadata }) => metadata.namespace))) {
      const denies = ofKind<INetworkPolicy>(objects, "NetworkPolicy").some(
        ({ metadata, spec }) =>
          metadata.namespace === namespace &&
          Object.keys(spec?.podSelector ?? {}).length === 0 &&
          spec?.ingress === undefined &&
          spec?.egress === undefined,
      );
      expect(denies, namespace).toBe(true);
    }
  });

  it("each CiliumNetworkPolicy is over one workload, with ports and peers that exist", () => {
    for (const policy of ofKind<ICiliumNetworkPolicy>(objects, "CiliumNetworkPolicy")) {
      const at = identityOf(policy);
      const home = policy.metadata.namespace ?? "";
      const over = pods(home, policy.spec?.endpointSelector?.matchLabels);
      expect(over, at).toHaveLength(1);
      for (const { fromEndpoints = [], toPorts = [] } of policy.spec?.ingress ?? []) {
        expect(fromEndpoints.length, at).toBeGreaterThan(0);
        for (const peer of fromEndpoints) meant(plain(peer), home, at);
        for (const { port } of toPorts.flatMap(({ ports = [] }) => ports))
          expect(portsOf(over)).toContain(Number(port));
      }
      for (const { toEndpoints = [], toPorts = [] } of policy.spec?.egress ?? []) {
        const found = toEndpoints.flatMap((peer) => meant(plain(peer), home, at));
        const numbers = toPorts.flatMap(({ ports = [] }) => ports).map(({ port }) => Number(port));
        if (found.length > 0) for (const port of numbers) expect(portsOf(found), at).toContain(port);
      }
    }
  });
});

/** Names and numbers of the ports that pods listen on. */
function portsOf(workloads: readonly Workload[]): readonly (string | number | undefined)[] {
  return workloads
    .flatMap(({ pod }) => pod.containers ?? [])
    .flatMap(({ ports = [] }) => ports)
    .flatMap(({ name, containerPort }) => [name, containerPort]);
}

interface CiliumPeer {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: string[];
  }[];
}

/** Cilium's way to say where a pod is, in the words of a plain peer. The cluster is another test's business. */
function plain({ matchLabels = {}, matchExpressions = [] }: CiliumPeer): INetworkPolicyPeer {
  const { "k8s:io.kubernetes.pod.namespace": namespace, ...rest } = matchLabels;
  const names = matchExpressions.find(({ key }) => key === "k8s:io.kubernetes.pod.namespace")?.values ?? [];
  const labels = Object.entries(rest).filter(([key]) => !key.startsWith("k8s:io.cilium."));
  return {
    namespaceSelector: {
      ...(namespace === undefined ? {} : { matchLabels: { [nameLabel]: namespace } }),
      matchExpressions: names.length === 0 ? [] : [{ key: nameLabel, operator: "In", values: [...names] }],
    },
    podSelector: { matchLabels: Object.fromEntries(labels) },
  };
}
