import { noSubstitution } from "../tenant-file.ts";
import { inline } from "../yaml/source.ts";
import type { OwnInstance } from "./own-instance.ts";

/** Series with the bytes of maxmemory that were agreed with a tenant, and with the pods. */
export const agreedMemory = "dragonfly:tenant_maxmemory_bytes";
export const agreedPods = "dragonfly:tenant_pods";

export function renderPrometheusRule({ name, tenant, size }: OwnInstance): string {
  const labels = `            tenant: ${inline(tenant.name)}
            owner: ${inline(tenant.owner)}`;
  const where = `namespace="${name}",app="${name}"`;
  return `# What was agreed with the tenant, and what its owner is told; everything else is in the shared instance's rules.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: ${name}
  namespace: ${name}
  annotations:
    # The rules' own variables are not Flux's.
    ${noSubstitution}: disabled
spec:
  groups:
    - name: ${name}.agreed
      rules:
        - record: ${agreedMemory}
          expr: vector(${size.maxmemoryMib * 2 ** 20})
          labels:
            namespace: ${name}
            app: ${name}
        - record: ${agreedPods}
          expr: vector(${tenant.replicas})
          labels:
            namespace: ${name}
            app: ${name}
    - name: ${name}.tenant
      rules:
        # For the owner, in working hours, long before the platform is called at 80 %.
        - alert: DragonflyTenantGrows
          expr: >-
            max by (namespace, app) (dragonfly_memory_used_bytes{${where}})
            / on (namespace, app) max by (namespace, app) (${agreedMemory}{${where}}) >= 0.7
          for: 6h
          labels:
            severity: info
${labels}
          annotations:
            summary: "{{ $labels.app }} has used {{ $value | humanizePercentage }} of its agreed memory for six hours"
            description: >-
              At 100 % every write is refused${tenant.eviction ? ", or old keys go" : ""}. Free memory, or ask for more: /dragonfly tenant resize ${tenant.name}
            runbook_url: https://git.example.com/platform/dragonfly-runbook-bot/-/blob/main/docs/tenancy.md
        - alert: DragonflyTenantNotAsAgreed
          expr: >-
            max by (namespace, app) (dragonfly_memory_max_bytes{${where}})
            != on (namespace, app) max by (namespace, app) (${agreedMemory}{${where}})
            or count by (namespace, app) (dragonfly_memory_max_bytes{${where}})
            != on (namespace, app) max by (namespace, app) (${agreedPods}{${where}})
          for: 1h
          labels:
            severity: warning
${labels}
          annotations:
            summary: "{{ $labels.app }} is not of the size that was agreed"
            description: >-
              maxmemory or the number of pods has differed from Git for an hour: a rollout that does not get on, or a change by
              hand.
            runbook_url: https://git.example.com/platform/dragonfly-runbook-bot/-/blob/main/docs/tenancy.md
`;
}
