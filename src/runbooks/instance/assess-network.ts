import type { Config, InstanceConfig } from "../../config/file.ts";
import type { Service } from "../../platform/kubernetes.ts";
import { formatLabels, selects } from "../../platform/label-selector.ts";
import type { Finding } from "../../reports/model.ts";
import { assessPolicy } from "./assess-policy.ts";
import { evidence, finding, firstVerdict, fromReading } from "./findings.ts";
import type { InstanceObservation, RemoteObservation } from "./observe.ts";

const section = "Network";
const globalAnnotation = "service.cilium.io/global";
const sharedAnnotation = "service.cilium.io/shared";

/** Services and their annotations, here and in the other clusters of the mesh, NetworkPolicy, PDB and monitors. */
export function assessNetwork(seen: InstanceObservation, instance: InstanceConfig, config: Config): readonly Finding[] {
  const podLabels = seen.pods.ok
    ? (seen.pods.value[0]?.meta.labels ?? operatorLabels(instance))
    : operatorLabels(instance);
  return [
    ...assessServices(seen, instance),
    ...seen.remotes.flatMap((remote) => assessRemote(remote, seen, instance, config)),
    ...assessBudget(seen, instance, podLabels),
    ...assessPolicy(seen, instance, podLabels),
    ...assessMonitors(seen, podLabels),
  ];
}

/** The labels that the operator gives every pod of an instance. */
function operatorLabels(instance: InstanceConfig): Record<string, string> {
  return { app: instance.name, "app.kubernetes.io/name": "dragonfly" };
}

function isGlobal(service: Service): boolean {
  return service.meta.annotations[globalAnnotation] === "true";
}

function assessServices(seen: InstanceObservation, instance: InstanceConfig): readonly Finding[] {
  const wanted = [instance.name, ...(instance.globalService === undefined ? [] : [instance.globalService])];
  return fromReading({ id: "service", section, what: "The instance's Services" }, seen.services, (services) =>
    wanted.map((name) => {
      const id = `service.${name}`;
      const service = services.find(({ meta }) => meta.name === name);
      if (service === undefined) {
        return finding({
          id,
          section,
          verdict: "fail",
          title: `Service ${name} does not exist`,
          detail: "Clients that use its name cannot connect.",
          evidence: [evidence(seen.services, `Error from server (NotFound): services "${name}" not found`)],
        });
      }
      return serviceFinding(id, service, name === instance.globalService, seen);
    }),
  );
}

function serviceFinding(id: string, service: Service, mustBeGlobal: boolean, seen: InstanceObservation): Finding {
  const { name, annotations } = service.meta;
  const onlyPrimary = service.selector["role"] === "master";
  const shared = annotations[sharedAnnotation] === "true";
  const annotated = !mustBeGlobal || (isGlobal(service) && shared);
  return finding({
    id,
    section,
    verdict: onlyPrimary && annotated ? "ok" : "fail",
    title: !onlyPrimary
      ? `Service ${name} does not select only the primary`
      : annotated
        ? `Service ${name} selects only the primary${isGlobal(service) ? " and is global" : ""}`
        : `Service ${name} lacks the annotations that make it reachable from the other clusters`,
    detail: onlyPrimary
      ? annotated
        ? ""
        : `Expected ${globalAnnotation}=true and ${sharedAnnotation}=true.`
      : `Its selector is ${formatLabels(service.selector)}; expected role=master in it. Writes through it may reach a replica and fail with READONLY.`,
    evidence: [
      evidence(
        seen.services,
        `selector ${formatLabels(service.selector)}; ${globalAnnotation}=${annotations[globalAnnotation] ?? "<unset>"}, ${sharedAnnotation}=${annotations[sharedAnnotation] ?? "<unset>"}`,
      ),
    ],
  });
}

/** Clients in another cluster resolve the same name, so the same Service must be there, global and without backends of its own. */
function assessRemote(
  remote: RemoteObservation,
  seen: InstanceObservation,
  instance: InstanceConfig,
  config: Config,
): readonly Finding[] {
  const usedHere = seen.services.ok ? seen.services.value.filter(isGlobal).map(({ meta }) => meta.name) : [];
  const dnsName = instance === config.shared ? instance.clientDns?.split(".")[0] : undefined;
  const wanted = [...new Set([...usedHere, ...(dnsName === undefined ? [] : [dnsName])])];
  const id = `service.${remote.cluster}`;
  if (wanted.length === 0) return [];
  return fromReading({ id, section, what: `The Services in cluster ${remote.cluster}` }, remote.services, (services) =>
    wanted.map((name) => {
      const service = services.find(({ meta }) => meta.name === name);
      const present = service !== undefined && isGlobal(service);
      const backends = remote.endpoints.ok
        ? remote.endpoints.value.filter((endpoint) => endpoint.service === name)
        : [];
      const verdict = firstVerdict([!present || backends.length > 0, "fail"], [!remote.endpoints.ok, "unknown"]);
      return finding({
        id: `${id}.${name}`,
        section,
        verdict,
        title:
          service === undefined
            ? `Cluster ${remote.cluster} has no Service ${name}`
            : !present
              ? `Service ${name} in cluster ${remote.cluster} is not global`
              : backends.length > 0
                ? `Service ${name} in cluster ${remote.cluster} has backends of its own`
                : verdict === "unknown"
                  ? `Whether Service ${name} in cluster ${remote.cluster} has backends could not be read`
                  : `Service ${name} in cluster ${remote.cluster} leads to ${instance.cluster}`,
        detail:
          service === undefined
            ? "The name does not resolve there."
            : backends.length > 0
              ? "Two clusters with backends would mix two independent primaries: only one may have them."
              : remote.endpoints.ok
                ? ""
                : remote.endpoints.reason,
        evidence: [
          evidence(
            remote.services,
            `${globalAnnotation}=${service?.meta.annotations[globalAnnotation] ?? "<unset>"}; local backends ${backends.length}`,
          ),
        ],
      });
    }),
  );
}

function assessBudget(
  seen: InstanceObservation,
  instance: InstanceConfig,
  podLabels: Record<string, string>,
): readonly Finding[] {
  const id = "pdb.data";
  return fromReading({ id, section, what: "The instance's PodDisruptionBudgets" }, seen.budgets, (budgets) => {
    const own = budgets.filter((budget) => selects(budget.selector, podLabels));
    const only = own[0];
    const enough =
      only !== undefined && (only.minAvailable === String(instance.replicas - 1) || only.maxUnavailable === "1");
    return [
      finding({
        id,
        section,
        verdict: firstVerdict([own.length !== 1, "fail"], [!enough, "warn"]),
        title:
          only === undefined
            ? "No PodDisruptionBudget protects the data pods"
            : own.length > 1
              ? `${own.length} PodDisruptionBudgets select the same pods, so every eviction fails`
              : enough
                ? `PodDisruptionBudget ${only.meta.name} keeps ${instance.replicas - 1} of ${instance.replicas} pods`
                : `PodDisruptionBudget ${only.meta.name} does not keep ${instance.replicas - 1} of ${instance.replicas} pods`,
        detail: only === undefined ? "A node drain may take the primary and its replicas together." : "",
        evidence: [
          evidence(
            seen.budgets,
            own
              .map(
                (b) =>
                  `${b.meta.name} minAvailable=${b.minAvailable ?? "<unset>"} maxUnavailable=${b.maxUnavailable ?? "<unset>"} healthy=${b.currentHealthy}/${b.desiredHealthy} allowed=${b.disruptionsAllowed}`,
              )
              .join("; ") || "none selects the instance's pods",
          ),
        ],
      }),
    ];
  });
}

function assessMonitors(seen: InstanceObservation, podLabels: Record<string, string>): readonly Finding[] {
  const monitor = fromReading(
    { id: "monitor.pods", section, what: "The PodMonitors" },
    seen.podMonitors,
    (monitors) => {
      const own = monitors.find(
        (m) => m.selector !== undefined && selects(m.selector, podLabels) && m.ports.includes("admin"),
      );
      return [
        finding({
          id: "monitor.pods",
          section,
          verdict: own === undefined ? "warn" : "ok",
          title:
            own === undefined
              ? "No PodMonitor scrapes the instance's admin port"
              : `PodMonitor ${own.meta.name} scrapes the instance`,
          detail:
            own === undefined
              ? "Metrics are served on the admin port of every pod only; without them no alert can fire."
              : "",
          evidence: [evidence(seen.podMonitors, monitors.map((m) => m.meta.name).join(", ") || "No resources found")],
        }),
      ];
    },
  );
  const rules = fromReading({ id: "monitor.rules", section, what: "The PrometheusRules" }, seen.rules, (found) => [
    finding({
      id: "monitor.rules",
      section,
      verdict: found.length === 0 ? "warn" : "ok",
      title:
        found.length === 0
          ? "No PrometheusRule: nobody is told when something breaks"
          : `Alert rules are there: ${found.map((r) => r.meta.name).join(", ")}`,
      evidence: [evidence(seen.rules, found.map((r) => r.meta.name).join(", ") || "No resources found")],
    }),
  ]);
  return [...monitor, ...rules];
}
