import type { Settings } from "../settings.ts";
import { inline } from "../yaml/source.ts";
import type { OwnInstance } from "./own-instance.ts";

/** What is let in and out, in Cilium's own kind, which can name the cluster that a client comes from. */
export function renderCiliumNetworkPolicy({ name, tenant, config, settings }: OwnInstance): string {
  const home = clusterName(config.shared.cluster, settings);
  const clusters = tenant.clusters.map((cluster) => `                - ${clusterName(cluster, settings)}`);
  return `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: ${name}
  namespace: ${name}
spec:
  endpointSelector:
    matchLabels:
      app: ${name}
  ingress:
    # Clients.
    - fromEndpoints:
        - matchExpressions:
            - key: k8s:io.kubernetes.pod.namespace
              operator: In
              values:
                - ${inline(tenant.namespace)}
            - key: k8s:io.cilium.k8s.policy.cluster
              operator: In
              values:
${clusters.join("\n")}
      toPorts:
        - ports:
            - port: "6379"
              protocol: TCP
    # The admin port knows no password: only the bot, the scraper, the operator and the peers.
    - fromEndpoints:
        - matchLabels:
            k8s:io.kubernetes.pod.namespace: ${inline(config.home.namespace)}
            k8s:io.cilium.k8s.policy.cluster: ${home}
            app.kubernetes.io/name: dfbot
        - matchLabels:
            k8s:io.kubernetes.pod.namespace: ${inline(config.metrics.scraper.namespace)}
            k8s:io.cilium.k8s.policy.cluster: ${home}
        - matchLabels:
            k8s:io.kubernetes.pod.namespace: ${inline(config.operator.namespace)}
            k8s:io.cilium.k8s.policy.cluster: ${home}
            app.kubernetes.io/name: dragonfly-operator
        - matchLabels:
            k8s:io.kubernetes.pod.namespace: ${name}
            k8s:io.cilium.k8s.policy.cluster: ${home}
            app: ${name}
      toPorts:
        - ports:
            - port: "9999"
              protocol: TCP
  egress:
    # Replication.
    - toEndpoints:
        - matchLabels:
            k8s:io.kubernetes.pod.namespace: ${name}
            k8s:io.cilium.k8s.policy.cluster: ${home}
            app: ${name}
      toPorts:
        - ports:
            - port: "9999"
              protocol: TCP
    - toEndpoints:
        - matchLabels:
            k8s:io.kubernetes.pod.namespace: kube-system
            k8s:io.cilium.k8s.policy.cluster: ${home}
            k8s-app: kube-dns
      toPorts:
        - ports:
            - port: "53"
              protocol: UDP
            - port: "53"
              protocol: TCP
`;
}

/** A cluster as Cilium calls it: by the setting that has its name, where there is one. */
function clusterName(cluster: string, settings: Settings): string {
  const variable = `CLUSTER_${cluster.toUpperCase().replaceAll("-", "_")}`;
  return Object.hasOwn(settings, variable) ? `\${${variable}:=${cluster}}` : inline(cluster);
}
