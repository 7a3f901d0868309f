import type { InstanceConfig } from "../../config/file.ts";
import type { Enforcement, PodEndpoint } from "../../network-policy/model.ts";
import type { Labels } from "../../platform/kubernetes.ts";
import { adminPort, dataPort } from "../../platform/server-ports.ts";

/** Cilium enforces in the platform's clusters. Nobody tells the bot how it is set; a selector that names its clusters means the same either way (docs/network-policy.md). */
export const byCilium: Enforcement = { kind: "cilium", defaultLocalCluster: undefined };

/** The pod that Services lead to, whichever that is. */
export function primaryOf(instance: InstanceConfig): PodEndpoint {
  return podOf(instance, { ...givenLabels(instance), role: "master" });
}

/** A pod of an instance as policies know it: by the labels that it has, else by those that the operator gives to every one. */
export function podOf(instance: InstanceConfig, labels: Labels = givenLabels(instance)): PodEndpoint {
  const { cluster, namespace } = instance;
  return {
    kind: "pod",
    cluster,
    namespace,
    namespaceLabels: undefined,
    labels,
    containerPorts: [
      { name: "redis", port: dataPort, protocol: "TCP" },
      { name: "admin", port: adminPort, protocol: "TCP" },
    ],
  };
}

function givenLabels({ name }: InstanceConfig): Labels {
  return { app: name, "app.kubernetes.io/name": "dragonfly" };
}
