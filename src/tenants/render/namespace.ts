import { tenantLabel } from "../tenant-file.ts";
import { inline } from "../yaml/source.ts";
import type { OwnInstance } from "./own-instance.ts";

export function renderNamespace({ name, tenant }: OwnInstance): string {
  return `apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
  labels:
    ${tenantLabel}: ${inline(tenant.name)}
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/warn: restricted
  annotations:
    # With the namespace the volumes would go. It is deleted by hand, 30 days after the tenant has left (docs/tenancy.md).
    kustomize.toolkit.fluxcd.io/prune: disabled
`;
}
