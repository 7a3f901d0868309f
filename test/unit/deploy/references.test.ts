import { join } from "node:path";
import type { IExternalSecret } from "@kubernetes-models/external-secrets/external-secrets.io/v1";
import type { IHelmRelease } from "@kubernetes-models/flux-cd/helm.toolkit.fluxcd.io/v2";
import type { IStatefulSet } from "kubernetes-models/apps/v1";
import type { IRoleBinding } from "kubernetes-models/rbac.authorization.k8s.io/v1";
import type { IConfigMap } from "kubernetes-models/v1";
import { describe, expect, it } from "vitest";
import { buildKustomization } from "../../../sandbox/gitops/kustomize.ts";
import { identityOf } from "../../../sandbox/gitops/objects.ts";
import type { KubeObject } from "../../../sandbox/kubernetes/object-store.ts";
import { clustersWithExamples, deploy, ofKind, settings } from "./tree.ts";
import { dragonflies, workloadsOf } from "./workloads.ts";

/** Namespaces of others that objects of ours are put into. Everything else must bring its own. */
const foreignNamespaces = ["flux-system", "default", "gitlab-system", "harbor"];
/** The account that the operator's chart makes. */
const chartAccounts = ["dragonfly-operator-controller-manager"];

describe.each(clustersWithExamples.map((one) => [one.name, one.objects] as const))("in %s", (_, objects) => {
  const find = <T>(kind: string, namespace: string | undefined, name: string | undefined) => {
    const found = ofKind<T>(objects, kind).find(
      ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
    );
    expect(found, `${kind} ${namespace}/${name}`).toBeDefined();
    return found;
  };
  /** Keys of the Secret that an ExternalSecret makes. */
  const secretKeys = (namespace: string | undefined, name: string) => {
    const makers = ofKind<IExternalSecret>(objects, "ExternalSecret").filter(
      ({ metadata, spec }) => metadata.namespace === namespace && (spec?.target?.name ?? metadata.name) === name,
    );
    expect(makers, `Secret ${namespace}/${name}`).toHaveLength(1);
    const { data = [], target } = makers[0]?.spec ?? {};
    const template = Object.keys(target?.template?.data ?? {});
    // A template replaces the keys unless it is merged with them.
    const merged = target?.template === undefined || target.template.mergePolicy === "Merge";
    return [...(merged ? data.map(({ secretKey }) => secretKey) : []), ...template];
  };

  it("each namespace that is used is made here or somebody else's by name", () => {
    const made = ofKind(objects, "Namespace").map(({ metadata }) => metadata.name);
    const used = objects.flatMap(({ metadata }) => metadata.namespace ?? []);
    expect([...new Set(used)].filter((name) => ![...made, ...foreignNamespaces].includes(name))).toEqual([]);
  });

  it("what a StatefulSet mounts and reads is there, key by key", () => {
    for (const set of ofKind<IStatefulSet>(objects, "StatefulSet")) {
      const { namespace } = set.metadata;
      const pod = set.spec?.template?.spec;
      const claims = set.spec?.volumeClaimTemplates?.map(({ metadata }) => metadata?.name) ?? [];
      const files: Record<string, readonly string[]> = {};
      for (const { name, configMap, secret, ...rest } of pod?.volumes ?? []) {
        expect(Object.keys(rest), `volume ${name}`).toEqual([]);
        if (configMap !== undefined)
          files[name] = Object.keys(find<IConfigMap>("ConfigMap", namespace, configMap.name)?.data ?? {});
        if (secret !== undefined) files[name] = secretKeys(namespace, secret.secretName ?? "");
      }
      for (const { env = [], envFrom = [], volumeMounts = [] } of pod?.containers ?? []) {
        expect(envFrom).toEqual([]);
        for (const { name } of volumeMounts) expect([...claims, ...Object.keys(files)]).toContain(name);
        for (const { secretKeyRef } of env.flatMap(({ valueFrom }) => valueFrom ?? [])) {
          // An optional one needs no key, but the Secret that may have it.
          const keys = secretKeys(namespace, secretKeyRef?.name ?? "");
          if (secretKeyRef?.optional !== true) expect(keys).toContain(secretKeyRef?.key);
        }
        for (const { name, value = "" } of env.filter(({ value }) => value?.startsWith("/"))) {
          const mount = volumeMounts.find(({ mountPath }) => value.startsWith(`${mountPath}/`));
          expect(files[mount?.name ?? ""] ?? [], `${name}=${value}`).toContain(
            value.slice((mount?.mountPath.length ?? 0) + 1),
          );
        }
      }
    }
  });

  it("what a Dragonfly takes its probes and passwords from is there", () => {
    for (const { metadata, spec } of dragonflies(objects)) {
      const { namespace } = metadata;
      const liveness = find<IConfigMap>("ConfigMap", namespace, spec.customLivenessProbeConfigMap?.name);
      const readiness = find<IConfigMap>("ConfigMap", namespace, spec.customReadinessProbeConfigMap?.name);
      // The keys are the operator's.
      expect(Object.keys(liveness?.data ?? {})).toEqual(["liveness-check.sh"]);
      expect(Object.keys(readiness?.data ?? {})).toEqual(["readiness-check.sh"]);
      for (const reference of [spec.authentication?.passwordFromSecret, spec.aclFromSecret])
        expect(secretKeys(namespace, reference?.name ?? "")).toContain(reference?.key);
    }
  });

  it("each workload's account and priority class are there", () => {
    for (const { namespace, pod } of workloadsOf(objects)) {
      if (pod.serviceAccountName !== undefined) find("ServiceAccount", namespace, pod.serviceAccountName);
      find("PriorityClass", undefined, pod.priorityClassName);
    }
  });

  it("each binding binds a role that is there to an account that is there", () => {
    for (const binding of ofKind<IRoleBinding>(objects, "RoleBinding", "ClusterRoleBinding")) {
      const { kind, name } = binding.roleRef;
      find(kind, kind === "Role" ? binding.metadata.namespace : undefined, name);
      expect(binding.subjects?.length, identityOf(binding)).toBeGreaterThan(0);
      for (const subject of binding.subjects ?? []) {
        expect(subject.kind).toBe("ServiceAccount");
        if (!chartAccounts.includes(subject.name)) find("ServiceAccount", subject.namespace, subject.name);
      }
    }
  });

  it("each role is bound, each policy has its binding, each token its account, each release its chart", () => {
    const bound = ofKind<IRoleBinding>(objects, "RoleBinding", "ClusterRoleBinding").map(({ roleRef }) => roleRef.name);
    for (const role of ofKind(objects, "Role", "ClusterRole")) expect(bound).toContain(role.metadata.name);
    const policies = ofKind(objects, "ValidatingAdmissionPolicy").map(({ metadata }) => metadata.name);
    const named = ofKind<{ spec: { policyName: string } }>(objects, "ValidatingAdmissionPolicyBinding");
    expect(named.map(({ spec }) => spec.policyName)).toEqual(policies);
    for (const secret of ofKind(objects, "Secret")) {
      const account = secret.metadata.annotations?.["kubernetes.io/service-account.name"];
      find("ServiceAccount", secret.metadata.namespace, account);
    }
    for (const release of ofKind<IHelmRelease>(objects, "HelmRelease")) {
      const chart = release.spec?.chartRef;
      find(chart?.kind ?? "", chart?.namespace, chart?.name);
    }
  });

  it("each claim's storage class is one of the settings", () => {
    const classes = Object.keys(settings).filter((name) => name.endsWith("_STORAGE_CLASS"));
    const claims = [
      ...ofKind<IStatefulSet>(objects, "StatefulSet")
        .flatMap(({ spec }) => spec?.volumeClaimTemplates ?? [])
        .map(({ spec }) => spec),
      ...dragonflies(objects).map(({ spec }) => spec.snapshot?.persistentVolumeClaimSpec),
    ];
    for (const claim of claims) expect(classes.map((name) => settings[name])).toContain(claim?.storageClassName);
  });
});

describe("the settings of each cluster", () => {
  const disabled = "kustomize.toolkit.fluxcd.io/substitute";
  const variablesOf = (all: readonly KubeObject[]) =>
    all
      .filter(({ metadata }) => metadata.annotations?.[disabled] !== "disabled")
      .flatMap((object) => [...JSON.stringify(object).matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name));

  it.each(["infra", "apps"])("%s are all used, and no variable rests on its default", (cluster) => {
    const own = buildKustomization(join(deploy, "kubernetes/clusters", cluster));
    const given = Object.keys(ofKind<IConfigMap>(own, "ConfigMap")[0]?.data ?? {});
    const used = ofKind<{ spec: { path: string; postBuild?: object } }>(own, "Kustomization")
      .filter(({ spec }) => spec.postBuild !== undefined)
      .flatMap(({ spec }) => variablesOf(buildKustomization(join(deploy, spec.path))));
    expect([...new Set(used)].toSorted()).toEqual(given.toSorted());
  });
});
