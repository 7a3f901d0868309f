import { tenantLabel } from "../tenant-file.ts";
import { inline } from "../yaml/source.ts";
import type { OwnInstance } from "./own-instance.ts";

/** The name of an own instance in the other cluster: namespace and Service without selector. */
export function renderStubService({ name, tenant }: OwnInstance): string {
  return `# The name that clients in this cluster use. Without selector: all its backends are where the instance is, and they must stay
# the only ones.
apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
  labels:
    ${tenantLabel}: ${inline(tenant.name)}
    pod-security.kubernetes.io/enforce: restricted
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${name}
  annotations:
    service.cilium.io/global: "true"
    service.cilium.io/shared: "false"
    service.cilium.io/affinity: remote
spec:
  type: ClusterIP
  ports:
    - name: redis
      port: 6379
      targetPort: 6379
      protocol: TCP
`;
}
