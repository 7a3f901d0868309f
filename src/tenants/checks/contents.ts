import type { Check } from "../draft.ts";
import { configMapNameOf } from "../tenant-file.ts";
import { ruled } from "./check.ts";
import type { Folder } from "./folder.ts";

/** Which objects a tenant's folder has: these, all of them, once, in the tenant's namespace, and nothing else. */
export function checkContents(folder: Folder): readonly Check[] {
  const { tenant, objects, config } = folder;
  const expected = expectedIn(folder);
  const found = objects.map((object) => `${object.apiVersion.split("/")[0]} ${object.kind} ${object.metadata.name}`);
  const missing = expected.filter((identity) => !found.includes(identity)).map((identity) => `missing: ${identity}`);
  const strange = found
    .filter((identity) => !expected.includes(identity))
    .map((identity) => `not a tenant's: ${identity}`);
  const twice = found
    .filter((identity, index) => found.indexOf(identity) !== index)
    .map((identity) => `twice: ${identity}`);
  const home = tenant.isolation === "own" ? folder.name : config.shared.namespace;
  const elsewhere = objects
    .filter(({ kind, metadata }) => kind !== "Namespace" && metadata.namespace !== home)
    .map(({ kind, metadata }) => `${kind} ${metadata.name} is in ${metadata.namespace ?? "no namespace"}`);
  return [
    ruled("policy.kinds", `${tenant.name} has the objects that a tenant has, and no others`, [
      ...missing,
      ...strange,
      ...twice,
    ]),
    ruled("policy.namespace", `All of ${tenant.name} is in namespace ${home}`, elsewhere),
  ];
}

function expectedIn({ tenant, name, form }: Folder): readonly string[] {
  const file = `v1 ConfigMap ${configMapNameOf(tenant)}`;
  if (tenant.isolation === "shared") return [file];
  return [
    file,
    `v1 Namespace ${name}`,
    `v1 ResourceQuota ${name}`,
    "v1 ServiceAccount dragonfly",
    "v1 ConfigMap dragonfly-liveness",
    "v1 ConfigMap dragonfly-readiness",
    `external-secrets.io ExternalSecret ${name}`,
    `dragonflydb.io Dragonfly ${name}`,
    "networking.k8s.io NetworkPolicy default-deny",
    form === "cilium" ? `cilium.io CiliumNetworkPolicy ${name}` : `networking.k8s.io NetworkPolicy ${name}`,
    `monitoring.coreos.com PodMonitor ${name}`,
    `monitoring.coreos.com PrometheusRule ${name}`,
    "rbac.authorization.k8s.io RoleBinding dfbot-instance-reader",
  ];
}
