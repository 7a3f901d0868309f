import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ICiliumNetworkPolicy } from "@kubernetes-models/cilium/cilium.io/v2";
import type { IOCIRepository } from "@kubernetes-models/flux-cd/source.toolkit.fluxcd.io/v1";
import type { IStatefulSet } from "kubernetes-models/apps/v1";
import type { INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import type { IService } from "kubernetes-models/v1";
import { expect, it } from "vitest";
import { parseDocuments } from "../../../sandbox/gitops/yaml.ts";
import { policyFor } from "../../../src/approvals/policy.ts";
import { configSchema, crossCheck } from "../../../src/config/file.ts";
import { clusters, deploy, ofKind } from "./tree.ts";
import { dragonflies, workloadsOf } from "./workloads.ts";

const file = join(deploy, "bot/base/dfbot.yaml");
const parsed = configSchema.safeParse(parseDocuments(readFileSync(file, "utf8"), file)[0]);
const config = parsed.data;
const objectsOf = (name: string) => clusters.find((cluster) => cluster.name === name)?.objects ?? [];
const cilium = objectsOf("infra");
const plain = objectsOf("infra without Cilium");

it("the bot's configuration has no mistake", () => {
  expect(parsed.error?.issues ?? []).toEqual([]);
  expect(config === undefined ? ["none"] : crossCheck(config)).toEqual([]);
});

it("a drill of a failover wants two people, and lets nobody go ahead alone", () => {
  expect(config && policyFor(config, "drill-failover", "dragonfly-system/dragonfly")).toMatchObject({
    quorum: 2,
    breakGlass: [],
  });
});

it("the namespaces that the bot takes for clients are those that the policies let in", () => {
  const rules = ofKind<INetworkPolicy>(plain, "NetworkPolicy").find(({ metadata }) => metadata.name === "dragonfly");
  const peers = (rules?.spec?.ingress ?? []).flatMap(({ from = [] }) => from);
  const listed = peers.flatMap(({ namespaceSelector }) => namespaceSelector?.matchExpressions ?? []);
  expect(listed.flatMap(({ values = [] }) => values)).toEqual(config?.namespaces.allowed);

  const endpoints = ofKind<ICiliumNetworkPolicy>(cilium, "CiliumNetworkPolicy")
    .flatMap(({ spec }) => spec?.ingress ?? [])
    .flatMap(({ fromEndpoints = [] }) => fromEndpoints)
    .flatMap(({ matchExpressions = [] }) => matchExpressions)
    .filter(({ key }) => key === "k8s:io.kubernetes.pod.namespace");
  expect(endpoints.flatMap(({ values = [] }) => values)).toEqual(config?.namespaces.allowed);
});

it("the bot expects the instance that is there", () => {
  const [instance, ...more] = dragonflies(cilium);
  expect(more).toEqual([]);
  expect(config?.shared).toMatchObject({
    name: instance?.metadata.name,
    namespace: instance?.metadata.namespace,
    image: instance?.spec.image,
    replicas: instance?.spec.replicas,
    clientDns: `${instance?.spec.serviceSpec?.name}.${instance?.metadata.namespace}.svc.cluster.local:6379`,
  });
  const names = ofKind<IService>(cilium, "Service").map(({ metadata }) => metadata.name);
  expect(names).toContain(config?.shared.globalService);
});

it("the apps cluster has both names of the instance, so that the global Services meet", () => {
  const names = ofKind<IService>(objectsOf("apps"), "Service").map(
    ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
  );
  const { namespace, globalService } = config?.shared ?? {};
  const service = dragonflies(cilium)[0]?.spec.serviceSpec?.name;
  expect(names.toSorted()).toEqual([`${namespace}/${service}`, `${namespace}/${globalService}`].toSorted());
});

it("the bot expects the operator that is there, and chart and image are of one version", () => {
  const [chart] = ofKind<IOCIRepository>(cilium, "OCIRepository");
  const operator = workloadsOf(cilium).find(({ identity }) => identity.startsWith("HelmRelease"));
  expect(chart?.spec?.ref?.tag).toBe(config?.operator.version);
  expect(operator?.pod.containers?.[0]?.image).toMatch(new RegExp(`:${config?.operator.version}$`));
  expect(operator?.namespace).toBe(config?.operator.namespace);
  expect(operator?.replicas).toBe(config?.operator.minReplicas);
});

it("a probe's image is the bot's own in both clusters", () => {
  const [set] = ofKind<IStatefulSet>(cilium, "StatefulSet");
  const image = set?.spec?.template?.spec?.containers[0]?.image;
  for (const cluster of clusters) {
    const policies = ofKind(cluster.objects, "ValidatingAdmissionPolicy").filter(
      ({ metadata }) => metadata.name === "dfbot-probe-pods",
    );
    expect(policies).toHaveLength(1);
    expect(JSON.stringify(policies), cluster.name).toContain(`c.image == '${image}'`);
  }
});
