import type { Tenant } from "../change.ts";
import { noSubstitution } from "../tenant-file.ts";
import { inline } from "../yaml/source.ts";
import type { OwnInstance } from "./own-instance.ts";

/**
 * Series with what was agreed with a tenant: bytes of maxmemory, and pods. The shared instance's rules look at them, so that an alert
 * which is right for three pods, or for queues, is not raised where something else was agreed.
 */
export const agreedMemory = "dragonfly:tenant_maxmemory_bytes";
export const agreedPods = "dragonfly:tenant_pods";
/** There for a cache only, and for an instance without snapshots only. */
const agreedEvictions = "dragonfly:tenant_evicts";
const agreedNoSnapshots = "dragonfly:tenant_keeps_nothing";

export function renderPrometheusRule({ name, tenant, size }: OwnInstance): string {
  const agreed: readonly (readonly [string, number])[] = [
    [agreedMemory, size.maxmemoryMib * 2 ** 20],
    [agreedPods, tenant.replicas],
    ...(tenant.eviction ? [[agreedEvictions, 1] as const] : []),
    ...(tenant.persistence ? [] : [[agreedNoSnapshots, 1] as const]),
  ];
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
${agreed.map(([series, value]) => recordOf(series, value, name)).join("\n")}
    - name: ${name}.tenant
      rules:
${tenant.eviction ? "" : growthOf(tenant, where, labels)}        - alert: DragonflyTenantNotAsAgreed
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

function recordOf(series: string, value: number, name: string): string {
  return `        - record: ${series}
          expr: vector(${value})
          labels:
            namespace: ${name}
            app: ${name}`;
}

/** Not for a cache, which is full by design. */
function growthOf(tenant: Tenant, where: string, labels: string): string {
  return `        # For the owner, in working hours, long before the platform is called at 80 %.
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
              At 100 % every write is refused. Free memory, or ask for more: /dragonfly tenant resize ${tenant.name}
            runbook_url: https://git.example.com/platform/dragonfly-runbook-bot/-/blob/main/docs/tenancy.md
`;
}
