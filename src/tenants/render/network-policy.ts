import { inline } from "../yaml/source.ts";
import type { OwnInstance } from "./own-instance.ts";

/** Deny all, and where policies are of the plain kind what is let in and out. */
export function renderNetworkPolicy(own: OwnInstance): string {
  const { name, form } = own;
  return `# Nothing in this namespace talks to anything, unless a policy says so.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: ${name}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
${form === "plain" ? `---\n${allowances(own)}` : ""}`;
}

function allowances({ name, tenant, config }: OwnInstance): string {
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: ${name}
  namespace: ${name}
spec:
  podSelector:
    matchLabels:
      app: ${name}
  policyTypes: [Ingress, Egress]
  ingress:
    # Clients.
    - from:
        - namespaceSelector:
            matchExpressions:
              - key: kubernetes.io/metadata.name
                operator: In
                values:
                  - ${inline(tenant.namespace)}
      ports:
        - port: 6379
          protocol: TCP
    # The admin port knows no password: only the bot, the scraper, the operator and the peers.
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ${inline(config.home.namespace)}
          podSelector:
            matchLabels:
              app.kubernetes.io/name: dfbot
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ${inline(config.metrics.scraper.namespace)}
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ${inline(config.operator.namespace)}
          podSelector:
            matchLabels:
              app.kubernetes.io/name: dragonfly-operator
        - podSelector:
            matchLabels:
              app: ${name}
      ports:
        - port: 9999
          protocol: TCP
  egress:
    # Replication.
    - to:
        - podSelector:
            matchLabels:
              app: ${name}
      ports:
        - port: 9999
          protocol: TCP
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
`;
}
