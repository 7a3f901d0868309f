import type { IPodDisruptionBudget } from "kubernetes-models/policy/v1";
import type { IRole } from "kubernetes-models/rbac.authorization.k8s.io/v1";
import type { INamespace, ISecret, IServiceAccount } from "kubernetes-models/v1";
import { describe, expect, it } from "vitest";
import { identityOf } from "../../../sandbox/gitops/objects.ts";
import { parseQuantity } from "../../../src/platform/quantity.ts";
import { clustersWithExamples, ofKind } from "./tree.ts";
import { dragonflies, selects, workloadsOf } from "./workloads.ts";

const workloads = [
  ...new Map(
    clustersWithExamples.flatMap(({ name, objects }) =>
      workloadsOf(objects).map((one) => [one.identity, { ...one, name, objects }]),
    ),
  ).values(),
];

it("looks at the bot, the instance and the operator", () => {
  expect(workloads.map(({ identity }) => identity)).toEqual(
    expect.arrayContaining([
      "StatefulSet.apps dragonfly-bot/dfbot",
      "Dragonfly dragonfly-system/dragonfly",
      "HelmRelease.helm.toolkit.fluxcd.io dragonfly-operator-system/dragonfly-operator",
    ]),
  );
});

describe.each(workloads)("the pods of $identity", ({ pod, namespace, objects, identity, replicas }) => {
  const containers = [...(pod.containers ?? []), ...(pod.initContainers ?? [])];

  it("are pinned to an image", () => {
    expect(containers.length).toBeGreaterThan(0);
    for (const { image } of containers) expect(image).toMatch(/(@sha256:[0-9a-f]{64}|:(?!latest$)\w[\w.-]*)$/);
  });

  it("do not run as root, and have the runtime's seccomp profile", () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    const ids = [pod.securityContext, ...containers.map(({ securityContext }) => securityContext)];
    expect(ids.map((context) => context?.runAsUser)).not.toContain(0);
    expect(containers.map(({ securityContext }) => securityContext?.runAsNonRoot)).not.toContain(false);
  });

  it("have no privileges, no capabilities and a read-only root", () => {
    for (const { securityContext } of containers) {
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(securityContext?.capabilities?.add ?? []).toEqual([]);
      expect(securityContext?.privileged ?? false).toBe(false);
    }
  });

  it("share nothing of the host", () => {
    const { hostNetwork, hostPID, hostIPC, volumes = [] } = pod;
    expect([hostNetwork, hostPID, hostIPC].filter(Boolean)).toEqual([]);
    expect(volumes.filter((volume) => volume.hostPath !== undefined)).toEqual([]);
    expect(containers.flatMap(({ ports = [] }) => ports).filter((port) => port.hostPort !== undefined)).toEqual([]);
  });

  it("ask for cpu and memory, and are limited in memory and not in cpu", () => {
    for (const { resources } of containers) {
      expect(Object.keys(resources?.requests ?? {})).toEqual(expect.arrayContaining(["cpu", "memory"]));
      expect(Object.keys(resources?.limits ?? {})).toEqual(["memory"]);
    }
  });

  it("carry a token only when they talk to the API server", () => {
    const talks = [
      "StatefulSet.apps dragonfly-bot/dfbot",
      "HelmRelease.helm.toolkit.fluxcd.io dragonfly-operator-system/dragonfly-operator",
    ];
    const account = ofKind<IServiceAccount>(objects, "ServiceAccount").find(
      ({ metadata }) => metadata.name === pod.serviceAccountName && metadata.namespace === namespace,
    );
    const carries = pod.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true;
    expect(carries).toBe(talks.includes(identity));
  });

  it("are in a class above the tenants', and more than one and never all on a node", () => {
    expect(pod.priorityClassName).toBe("platform-databases");
    expect(replicas).toBeGreaterThan(1);
    const terms = pod.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const spread = (pod.topologySpreadConstraints ?? []).filter((one) => one.whenUnsatisfiable === "DoNotSchedule");
    const keys = [...terms, ...spread].map(({ topologyKey }) => topologyKey);
    expect(keys).toContain("kubernetes.io/hostname");
  });
});

describe.each(clustersWithExamples.map((one) => [one.name, one.objects] as const))("in %s", (_, objects) => {
  const made = workloadsOf(objects);

  it("each budget is over one workload and lets one pod go", () => {
    for (const budget of ofKind<IPodDisruptionBudget>(objects, "PodDisruptionBudget")) {
      const { selector, minAvailable, unhealthyPodEvictionPolicy } = budget.spec ?? {};
      const over = made.filter(
        ({ namespace, labels }) => namespace === budget.metadata.namespace && selects(selector?.matchLabels, labels),
      );
      expect(Object.keys(selector?.matchLabels ?? {}), identityOf(budget)).not.toEqual([]);
      expect(over, identityOf(budget)).toHaveLength(1);
      expect((over[0]?.replicas ?? 0) - Number(minAvailable), identityOf(budget)).toBeGreaterThanOrEqual(1);
      expect(unhealthyPodEvictionPolicy).toBe("AlwaysAllow");
    }
  });

  it("each workload has one budget: two over one pod would make every eviction fail", () => {
    for (const { identity, namespace, labels } of made) {
      const ours = ofKind<IPodDisruptionBudget>(objects, "PodDisruptionBudget").filter(
        ({ metadata, spec }) => metadata.namespace === namespace && selects(spec?.selector?.matchLabels, labels),
      );
      // The operator makes one for each instance.
      expect(ours.length, identity).toBe(identity.startsWith("Dragonfly ") ? 0 : 1);
    }
  });

  it("each namespace holds its pods to the restricted standard", () => {
    for (const namespace of ofKind<INamespace>(objects, "Namespace"))
      expect(namespace.metadata.labels, namespace.metadata.name).toMatchObject({
        "pod-security.kubernetes.io/enforce": "restricted",
      });
  });

  it("no role has a wildcard, or a right that leads to more rights, or Secrets", () => {
    for (const role of ofKind<IRole>(objects, "Role", "ClusterRole")) {
      const rules = role.rules ?? [];
      const words = rules.flatMap(({ apiGroups = [], resources = [], verbs }) => [
        ...apiGroups,
        ...resources,
        ...verbs,
      ]);
      for (const word of words) {
        expect(word, identityOf(role)).not.toContain("*");
        expect(["escalate", "bind", "impersonate", "secrets", "pods/exec", "serviceaccounts/token"]).not.toContain(
          word,
        );
      }
    }
  });

  it("nothing secret is written down", () => {
    for (const secret of ofKind<ISecret>(objects, "Secret")) {
      expect([secret.data, secret.stringData], identityOf(secret)).toEqual([undefined, undefined]);
    }
    for (const text of objects.flatMap(textsOf)) expect(text).not.toMatch(tokens);
  });
});

const tokens =
  /xox[abprs]-\w|xapp-\d|glpat-\w|AKIA[0-9A-Z]{16}|-----BEGIN|eyJ[\w-]{10,}\.|:\/\/[^\s:/@]+:(?!\{\{)[^\s/@]+@|(password|token|secret)["']?\s*[=:]\s*["']?[A-Za-z0-9_+/-]{16,}/i;

it.each([
  "xoxb-1",
  "glpat-abc",
  "redis://dfbot:hunter2@host",
  "requirepass password=abcdefghijklmnop1234",
  "-----BEGIN RSA PRIVATE KEY-----",
])("would see %s", (text) => {
  expect(text).toMatch(tokens);
});

describe.each(clustersWithExamples.flatMap(({ objects }) => dragonflies(objects)))(
  "the sizes of $metadata.name",
  ({ spec }) => {
    const flag = (name: string) => spec.args?.find((text) => text.startsWith(`--${name}=`))?.split("=")[1] ?? "";
    const maxmemory = parseQuantity(flag("maxmemory").replace("gb", "Gi").replace("mb", "Mi")) ?? Number.NaN;

    it("give each thread its 256 MiB", () => {
      expect(maxmemory / Number(flag("proactor_threads"))).toBeGreaterThanOrEqual(256 * 2 ** 20);
    });

    it("leave a quarter of the container above maxmemory", () => {
      expect(maxmemory).toBeLessThanOrEqual(0.75 * (parseQuantity(String(spec.resources?.limits?.memory)) ?? 0));
    });

    it("have room for two snapshots and 30 % more", () => {
      const claim = spec.snapshot?.persistentVolumeClaimSpec?.resources.requests.storage;
      expect(parseQuantity(String(claim)) ?? 0).toBeGreaterThanOrEqual(2 * 1.3 * maxmemory);
    });
  },
);

function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(textsOf);
}
