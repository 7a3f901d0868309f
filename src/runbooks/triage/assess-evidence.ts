import type { Config, InstanceConfig } from "../../config/file.ts";
import { evaluatePolicies } from "../../network-policy/evaluate.ts";
import type { KubernetesEvent } from "../../platform/kubernetes.ts";
import { adminPort } from "../../platform/server-ports.ts";
import type { Finding } from "../../reports/model.ts";
import { evidence, finding, fromReading } from "../instance/findings.ts";
import type { InstanceObservation } from "../instance/observe.ts";
import { byCilium, podOf } from "../instance/policy-end.ts";
import { ageSeconds, duration, plural } from "../instance/units.ts";
import { assessClients, assessHotCommands } from "./assess-load.ts";
import type { GatheredEvidence } from "./gather.ts";

const section = "What happened";
/** What is older has nothing to do with an alert of now. */
const recentSeconds = 3_600;
const mostEvents = 6;

/** What the evidence says, as findings: warnings for what may be a cause, `ok` for what is only good to know. */
export function assessEvidence(
  gathered: GatheredEvidence,
  seen: InstanceObservation,
  instance: InstanceConfig,
  config: Config,
  now: Date,
): readonly Finding[] {
  return [
    ...assessEvents(gathered, seen, now),
    ...assessLastWords(gathered, seen),
    ...assessNodes(seen),
    ...assessChanges(gathered, now),
    ...assessClients(gathered),
    ...assessHotCommands(seen, config, now),
    ...assessScraper(seen, instance, config),
    ...assessAlerts(gathered),
  ];
}

const telling =
  /^(?:OOMKilling|BackOff|Failed|FailedScheduling|FailedMount|FailedAttachVolume|Evicted|NodeNotReady|FailedCreate)$/;

function assessEvents({ events }: GatheredEvidence, seen: InstanceObservation, now: Date): readonly Finding[] {
  return fromReading({ id: "events", section, what: "The events" }, events, (all) => {
    const isPresent = ({ kind, name }: KubernetesEvent) =>
      kind !== "Pod" || !seen.pods.ok || seen.pods.value.some(({ meta }) => meta.name === name);
    const recent = all.filter((one) => ageSeconds(one.at, now) < recentSeconds && isPresent(one));
    const warnings = recent.filter(({ warning, reason }) => warning && telling.test(reason)).slice(-mostEvents);
    if (warnings.length === 0) {
      const title = `No telling event in the last hour (${plural(recent.length, "event")})`;
      return [
        finding({ id: "events", section, verdict: "ok", title, evidence: [evidence(events, eventLines(recent))] }),
      ];
    }
    return warnings.map((one) =>
      finding({
        id: `event.${one.name}.${one.reason}`.toLowerCase(),
        section,
        verdict: "warn",
        title: `${one.reason} of ${one.name}, ${duration(ageSeconds(one.at, now))} ago: ${one.message.slice(0, 300)}`,
        evidence: [evidence(events, eventLines([one]))],
      }),
    );
  });
}

function eventLines(events: readonly KubernetesEvent[]): string {
  const lines = events
    .slice(-10)
    .map(({ at, reason, kind, name, message, count }) => `${at} ${reason} ${kind}/${name} (${count}x) ${message}`);
  return lines.length === 0 ? "No resources found" : lines.join("\n").slice(0, 3_000);
}

/** What a container that is not up any more, or was not a while ago, wrote last. */
function assessLastWords({ lastWords }: GatheredEvidence, seen: InstanceObservation): readonly Finding[] {
  const pods = seen.pods.ok ? seen.pods.value : [];
  return pods.flatMap(({ meta, waitingReason }) => {
    const reading = lastWords.get(meta.name);
    const id = `lastwords.${meta.name}`;
    if (reading === undefined) return [];
    return fromReading({ id, section, what: `The log of ${meta.name}'s last container` }, reading, (log) => {
      if (log === undefined) return [];
      const last = log.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
      const title = `The last container of ${meta.name} ended ${last === "" ? "without a word" : `with: ${last}`}`;
      const verdict = waitingReason === "CrashLoopBackOff" ? "fail" : "ok";
      return [finding({ id, section, verdict, title, evidence: [evidence(reading, log.slice(-2_000))] })];
    });
  });
}

/** Nodes matter when a pod is on one that is in trouble, or finds none. */
function assessNodes({ nodes, pods }: InstanceObservation): readonly Finding[] {
  if (!nodes.ok || !pods.ok) return [];
  const namesOf = (all: readonly { readonly meta: { readonly name: string } }[]) =>
    all.map(({ meta }) => meta.name).join(", ");
  const lines = nodes.value.map(
    ({ meta, ready, unschedulable }) =>
      `${meta.name} ${ready ? "Ready" : "NotReady"}${unschedulable ? ",SchedulingDisabled" : ""}`,
  );
  const proof = [evidence(nodes, lines.join("\n"))];
  const lost = nodes.value.flatMap(({ meta, ready }) => {
    const there = pods.value.filter(({ node }) => node === meta.name);
    if (ready || there.length === 0) return [];
    const title = `Node ${meta.name} is not ready, with ${namesOf(there)} on it`;
    return [finding({ id: `node.${meta.name}`, section, verdict: "fail", title, evidence: proof })];
  });
  const pending = pods.value.filter(({ node, ready }) => node === undefined && !ready);
  const cordoned = nodes.value.filter(({ unschedulable }) => unschedulable);
  if (cordoned.length === 0 || pending.length === 0) return lost;
  const drained = finding({
    id: "node.drained",
    section,
    verdict: "fail",
    title: `${namesOf(pending)} finds no node: ${plural(cordoned.length, "node is", "nodes are")} drained (${namesOf(cordoned)})`,
    detail: "A node that is drained takes no pods until it is uncordoned.",
    evidence: proof,
  });
  return [...lost, drained];
}

function assessChanges({ kustomizations }: GatheredEvidence, now: Date): readonly Finding[] {
  return fromReading({ id: "changes", section, what: "What Flux applied" }, kustomizations, (all) => {
    const lines = all.map(
      ({ meta, ready, appliedRevision, changedAt }) =>
        `${meta.name} ready=${ready} ${appliedRevision ?? "nothing applied"} ${changedAt ?? ""}`,
    );
    const proof = [evidence(kustomizations, lines.join("\n") || "No resources found")];
    const failing = all.filter(({ ready, suspended }) => ready === false && !suspended);
    const recent = all.filter(
      ({ changedAt, ready }) => ready === true && changedAt !== undefined && ageSeconds(changedAt, now) < recentSeconds,
    );
    return [
      ...failing.map(({ meta, message }) =>
        finding({
          id: `changes.${meta.name}`,
          section,
          verdict: "warn",
          title: `Flux cannot apply ${meta.name}: ${message.slice(0, 300)}`,
          evidence: proof,
        }),
      ),
      ...recent.map(({ meta, appliedRevision, changedAt }) =>
        finding({
          id: `changes.${meta.name}.recent`,
          section,
          verdict: "warn",
          title: `Flux applied ${shortRevision(appliedRevision)} to ${meta.name} ${duration(ageSeconds(changedAt ?? "", now))} ago`,
          detail: "What changed shortly before an alert is worth a look.",
          evidence: proof,
        }),
      ),
      ...(failing.length + recent.length > 0
        ? []
        : [
            finding({
              id: "changes",
              section,
              verdict: "ok",
              title: "Flux applied nothing in the last hour",
              evidence: proof,
            }),
          ]),
    ];
  });
}

function shortRevision(revision: string | undefined): string {
  return revision?.replace(/(sha1:[0-9a-f]{8})[0-9a-f]+$/, "$1") ?? "a revision";
}

/** Whether the policies let the scraper in: when they do not, every metric of the instance is gone at once. */
function assessScraper(seen: InstanceObservation, instance: InstanceConfig, config: Config): readonly Finding[] {
  if (!seen.policies.ok || !seen.ciliumPolicies.ok || !seen.pods.ok) return [];
  const [pod] = seen.pods.value;
  if (pod === undefined) return [];
  const { scraper } = config.metrics;
  const { cluster } = instance;
  const { ingress } = evaluatePolicies({
    from: { kind: "pod", cluster, namespace: scraper.namespace, namespaceLabels: undefined, labels: scraper.labels },
    to: podOf(instance, pod.meta.labels),
    port: adminPort,
    policies: [...seen.policies.value, ...seen.ciliumPolicies.value],
    enforcement: byCilium,
  });
  const verdict = { allowed: "ok", denied: "fail", unknown: "unknown" } as const;
  return [
    finding({
      id: "policy.scraper",
      section: "Network",
      verdict: verdict[ingress.decision],
      title:
        ingress.decision === "allowed"
          ? "The network policies let the scraper in"
          : ingress.decision === "denied"
            ? `The network policies keep the scraper of ${scraper.namespace} from the metrics: ${ingress.because}`
            : `Whether the network policies let the scraper in cannot be said: ${ingress.because}`,
      evidence: [evidence(seen.policies, ingress.because)],
    }),
  ];
}

function assessAlerts({ alerts }: GatheredEvidence): readonly Finding[] {
  return fromReading({ id: "alerts", section, what: "What else fires" }, alerts, (all) => {
    const names = [...new Set(all.flatMap(({ labels }) => labels["alertname"] ?? []))].toSorted();
    const title = names.length === 0 ? "Nothing else fires" : `Also firing: ${names.join(", ")}`;
    return [
      finding({
        id: "alerts",
        section,
        verdict: "ok",
        title,
        evidence: [evidence(alerts, names.join("\n") || "none")],
      }),
    ];
  });
}
