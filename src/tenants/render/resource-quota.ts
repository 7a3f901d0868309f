import type { OwnInstance } from "./own-instance.ts";

export function renderResourceQuota({ name, size: { quota } }: OwnInstance): string {
  return `# What the tenant pays for, and a small pod to look around with. None on limits.cpu: pods without a limit would be refused.
apiVersion: v1
kind: ResourceQuota
metadata:
  name: ${name}
  namespace: ${name}
spec:
  hard:
    pods: "${quota.pods}"
    requests.cpu: ${quota.cpuMilli}m
    requests.memory: ${quota.memoryMib}Mi
    limits.memory: ${quota.memoryMib}Mi
    persistentvolumeclaims: "${quota.claims}"
    requests.storage: ${quota.storageGib}Gi
`;
}
