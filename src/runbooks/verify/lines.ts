import type { Policy } from "../../network-policy/model.ts";
import type {
  CustomResourceDefinition,
  Deployment,
  DragonflyResource,
  Endpoint,
  HelmRelease,
  Kustomization,
  LabelSelector,
  Monitor,
  Node,
  OciRepository,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Service,
  StatefulSet,
} from "../../platform/kubernetes.ts";
import { formatLabels } from "../../platform/label-selector.ts";
import type { LoadedRule, MetricSample } from "../../platform/ports.ts";
import type { ServerState } from "../../platform/server.ts";

/**
 * What came back, for people: a line for each object, with the fields that checks look at. What a check thinks of it is in its title;
 * here it can be read again.
 */

export function deployment({ meta, replicas, readyReplicas, images, podLabels }: Deployment): string {
  return `${meta.name}: ${readyReplicas} of ${replicas} ready; ${images.join(", ")}; pods ${formatLabels(podLabels)}`;
}

export function budget(one: PodDisruptionBudget): string {
  const { meta, minAvailable, maxUnavailable, currentHealthy, desiredHealthy, disruptionsAllowed } = one;
  const keeps =
    maxUnavailable === undefined ? `minAvailable=${unset(minAvailable)}` : `maxUnavailable=${maxUnavailable}`;
  const now = `${currentHealthy} healthy, ${desiredHealthy} wanted, ${disruptionsAllowed} may go now`;
  return `${meta.name}: ${keeps}; selects ${selectorText(one.selector)}; ${now}`;
}

export function crd({ established, servedVersions }: CustomResourceDefinition): string {
  return `Established=${established}, served: ${servedVersions.join(", ") || "none"}`;
}

export function release({ ready, suspended, message }: HelmRelease): string {
  return `Ready=${unset(ready)} suspend=${suspended}: ${message}`;
}

export function chart({ tag }: OciRepository): string {
  return `tag: ${unset(tag)}`;
}

export function resource(one: DragonflyResource): string {
  return [
    `replicas: ${one.replicas}, phase: ${unset(one.phase)}`,
    `image: ${unset(one.image)}`,
    `snapshot.cron: ${unset(one.snapshotCron)}, enableOnMasterOnly: ${one.snapshotEnableOnMasterOnly}`,
    `topologySpreadConstraints over: ${one.spreadOver.join(", ") || "none"}`,
    `customLivenessProbeConfigMap: ${unset(one.livenessConfigMap)}, customReadinessProbeConfigMap: ${unset(one.readinessConfigMap)}`,
  ].join("\n");
}

export function statefulSet({ meta, replicas, readyReplicas, updatedReplicas, image }: StatefulSet): string {
  return `${meta.name}: ${readyReplicas} of ${replicas} ready, ${updatedReplicas} of the newest revision; ${unset(image)}`;
}

export function pod(one: Pod): string {
  const { meta, phase, ready, roleLabel, ip, node: on } = one;
  const going = meta.deletedAt === undefined ? "" : ", being deleted";
  return `${meta.name}: ${phase}${going}, ready=${ready}, role=${unset(roleLabel)}, ${unset(ip)} on ${unset(on)}`;
}

export function probes({ meta, livenessProbe, readinessProbe }: Pod): string {
  const said = (probe: Pod["livenessProbe"]) =>
    probe === undefined ? "<unset>" : [probe.kind, ...probe.command].join(" ");
  return `${meta.name}: liveness ${said(livenessProbe)}; readiness ${said(readinessProbe)}`;
}

export function node({ meta, zone }: Node): string {
  return `${meta.name}: zone ${unset(zone)}`;
}

export function claim({ meta, phase, storageClass }: PersistentVolumeClaim): string {
  return `${meta.name}: ${phase}, class ${unset(storageClass)}`;
}

export function monitor({ meta, kind, selector, ports, alerts }: Monitor): string {
  if (kind === "PrometheusRule") return `${meta.name}: ${alerts.join(", ") || "no alerts"}`;
  return `${meta.name}: port ${ports.join(", ")} of pods ${selector === undefined ? "<unset>" : selectorText(selector)}`;
}

export function service({ meta, type, clusterIp, externalIps, selector, ports }: Service): string {
  const mesh = ["global", "shared"].map((key) => `${key}=${unset(meta.annotations[`service.cilium.io/${key}`])}`);
  const open = ports.map(({ port }) => port).join(",");
  const outside = externalIps.length === 0 ? "" : ` and ${externalIps.join(", ")}`;
  return `${meta.name}: ${type} ${unset(clusterIp)}${outside}:${open}, selects ${formatLabels(selector)}; service.cilium.io ${mesh.join(" ")}`;
}

export function endpoint({ service: name, address, port, ready, pod: behind }: Endpoint): string {
  return `${name} -> ${address}:${unset(port)}${behind === undefined ? "" : ` (${behind})`} ready=${ready}`;
}

export function policy({ kind, name, ingress, egress }: Policy): string {
  const shut = [...(ingress.isolates ? ["in"] : []), ...(egress.isolates ? ["out"] : [])].join(" and ");
  const rules = `${ingress.allow.length} rules in, ${egress.allow.length} out`;
  return `${kind} ${name}: shuts ${shut === "" ? "nothing" : shut}; ${rules}`;
}

export function loadedRule({ alert, health, lastError, lastEvaluationAt }: LoadedRule): string {
  return `${alert}: ${health}${lastError === "" ? "" : ` (${lastError})`}, evaluated ${lastEvaluationAt ?? "never"}`;
}

export function sample({ labels, at }: MetricSample): string {
  return `${formatLabels(labels)} at ${at}`;
}

/** Of a series whose value is a time. */
export function sampleTime({ labels, value }: MetricSample): string {
  return `${unset(labels["pod"])}: ${new Date(value * 1_000).toISOString()}`;
}

export function kustomization({ meta, ready, suspended, appliedRevision, message }: Kustomization): string {
  return `${meta.name}: Ready=${unset(ready)} suspend=${suspended} ${appliedRevision ?? "nothing applied"}: ${message}`;
}

/** What a server says of replication. */
export function role({ role: said }: ServerState): string {
  if (said.kind === "primary") {
    const replicas = said.replicas.map(({ ip, state, lagRecords }) => `${ip} ${state} lag=${lagRecords}`);
    return [`role:master, ${replicas.length} connected`, ...replicas].join("\n");
  }
  const { host, port, up, syncInProgress, lastIoSecondsAgo } = said.link;
  return `role:replica of ${host}:${port}, link ${up ? "up" : "down"}, sync_in_progress=${syncInProgress}, last io ${lastIoSecondsAgo} s ago`;
}

/** A line for each, or that there are none, as kubectl says it. */
export function each<T>(line: (one: T) => string): (all: readonly T[]) => string {
  return (all) => all.map(line).join("\n") || "No resources found";
}

function unset(value: string | number | boolean | undefined): string {
  return value === undefined ? "<unset>" : String(value);
}

function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const expressions = matchExpressions.map(({ key, operator, values = [] }) =>
    [key, operator, ...(values.length === 0 ? [] : [`(${values.join(", ")})`])].join(" "),
  );
  return (
    [...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`), ...expressions].join(",") || "all pods"
  );
}
