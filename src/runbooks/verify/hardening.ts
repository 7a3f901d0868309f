import type { Config, InstanceConfig } from "../../config/file.ts";
import type { ContainerSecurity, Pod } from "../../platform/kubernetes.ts";
import type { Reading } from "../../platform/reading.ts";
import type { Finding } from "../../reports/model.ts";
import { checkOf, criteria, listed } from "./check.ts";
import type { VerifyObservation } from "./observe.ts";

const criterion = criteria.hardening;

interface Rule {
  readonly id: string;
  readonly what: string;
  readonly expected: string;
  holds(security: ContainerSecurity): boolean;
}

/** The story's list, which is Pod Security level "restricted" and a root file system that nobody writes to. */
const rules: readonly Rule[] = [
  { id: "non-root", what: "never root", expected: "runAsNonRoot is true", holds: (one) => one.runAsNonRoot === true },
  {
    id: "read-only-root",
    what: "root file system",
    expected: "readOnlyRootFilesystem is true",
    holds: (one) => one.readOnlyRootFilesystem === true,
  },
  {
    id: "no-escalation",
    what: "no escalation",
    expected: "allowPrivilegeEscalation is false, and it is not privileged",
    holds: (one) => one.allowPrivilegeEscalation === false && one.privileged !== true,
  },
  {
    id: "capabilities",
    what: "capabilities",
    expected: "ALL are dropped and none is added",
    holds: (one) => one.droppedCapabilities.includes("ALL") && one.addedCapabilities.length === 0,
  },
  {
    id: "seccomp",
    what: "seccomp profile",
    expected: "RuntimeDefault or Localhost",
    holds: (one) => one.seccompProfile === "RuntimeDefault" || one.seccompProfile === "Localhost",
  },
];

/** Security contexts of what runs and of what was asked for, probes, spread, and what is pinned. */
export function verifyHardening(seen: VerifyObservation, instance: InstanceConfig, config: Config): readonly Finding[] {
  return [
    ...securityOf("pods", `Pods of ${instance.name}`, seen.pods, (pods) =>
      pods.map(({ meta, security }) => ({ name: meta.name, security })),
    ),
    ...securityOf("resource", "Dragonfly resource", seen.resource, ({ meta, security }) => [
      { name: meta.name, security },
    ]),
    ...securityOf("operator", "Operator", seen.operator, ({ meta, security }) => [{ name: meta.name, security }]),
    ...verifyProbes(seen),
    ...verifySpread(seen, instance),
    ...verifyPins(seen, instance, config),
  ];
}

function securityOf<T>(
  whose: string,
  title: string,
  reading: Reading<T>,
  containers: (value: T) => readonly { readonly name: string; readonly security: ContainerSecurity }[],
): readonly Finding[] {
  return rules.map((rule) =>
    checkOf(
      { id: `hardening.${whose}.${rule.id}`, criterion, what: `${title}, ${rule.what}`, expected: rule.expected },
      [{ ...reading, command: `${reading.command} -o yaml` }] as const,
      (value) => {
        const all = containers(value);
        const wrong = all.filter(({ security }) => !rule.holds(security)).map(({ name }) => name);
        return {
          holds: wrong.length === 0 && all.length > 0,
          found: all.length === 0 ? "there is none" : wrong.length === 0 ? "as expected" : `not so: ${listed(wrong)}`,
          output: all.map(({ name, security }) => `${name} ${JSON.stringify(security)}`).join("\n"),
        };
      },
    ),
  );
}

/** The operator's own probe only opens a connection, so a server that still loads would get clients. */
function verifyProbes(seen: VerifyObservation): readonly Finding[] {
  return [
    checkOf(
      {
        id: "hardening.probes.configured",
        criterion,
        what: "Probes asked for",
        expected: "the resource names a ConfigMap for liveness and one for readiness",
      },
      [seen.resource],
      ({ livenessConfigMap, readinessConfigMap }) => ({
        holds: livenessConfigMap !== undefined && readinessConfigMap !== undefined,
        found: `liveness ${livenessConfigMap ?? "<unset>"}, readiness ${readinessConfigMap ?? "<unset>"}`,
      }),
    ),
    checkOf(
      {
        id: "hardening.probes.running",
        criterion,
        what: "Probes of the pods",
        expected: "every pod's liveness and readiness ask the server by a script",
      },
      [seen.pods],
      (pods) => {
        const wrong = pods.flatMap((pod) =>
          (["livenessProbe", "readinessProbe"] as const)
            .filter((name) => pod[name]?.kind !== "exec")
            .map((name) => `${pod.meta.name} ${name} ${pod[name]?.kind ?? "<unset>"}`),
        );
        return { holds: wrong.length === 0 && pods.length > 0, found: listed(wrong, "as expected") };
      },
    ),
    checkOf(
      {
        id: "hardening.probes.effective",
        criterion,
        what: "Readiness against the servers",
        expected: "a pod is ready only while its server answers and does not load",
      },
      [seen.pods, ...seen.servers.map(({ state }) => state)] as const,
      () => {
        const wrong = seen.servers.filter(({ pod, state }) => pod?.ready === true && state.ok && state.value.loading);
        return {
          holds: seen.servers.length === 0 ? undefined : wrong.length === 0,
          found: listed(
            wrong.map(({ name }) => `${name} is ready and loads`),
            "they agree",
          ),
        };
      },
    ),
  ];
}

function verifySpread(seen: VerifyObservation, { replicas }: InstanceConfig): readonly Finding[] {
  return [
    checkOf(
      {
        id: "hardening.spread.asked",
        criterion,
        what: "Topology spread asked for",
        expected: "over nodes and over zones",
      },
      [seen.resource],
      ({ spreadOver }) => ({
        holds: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].every((key) => spreadOver.includes(key)),
        found: listed(spreadOver),
      }),
    ),
    checkOf(
      { id: "hardening.spread.nodes", criterion, what: "Nodes of the pods", expected: "a node for each pod" },
      [seen.pods],
      (pods) => {
        const nodes = new Set(pods.flatMap(({ node }) => node ?? []));
        return {
          holds: pods.length > 0 && nodes.size === pods.length,
          found: `${nodes.size} for ${pods.length} pods`,
          output: placed(pods, ({ node }) => node),
        };
      },
    ),
    checkOf(
      {
        id: "hardening.spread.zones",
        criterion,
        what: "Zones of the pods",
        expected: "as many as there are, up to one for each pod",
      },
      [seen.pods, seen.nodes],
      (pods, nodes) => {
        const zoneOf = new Map(nodes.map(({ meta, zone }) => [meta.name, zone]));
        const zone = ({ node }: Pod) => (node === undefined ? undefined : zoneOf.get(node));
        const used = new Set(pods.flatMap((pod) => zone(pod) ?? [])).size;
        const possible = Math.min(new Set(nodes.flatMap((node) => node.zone ?? [])).size, replicas);
        return {
          holds: possible === 0 ? undefined : used >= possible,
          found: possible === 0 ? "the nodes carry no zone labels" : `${used} of ${possible}`,
          output: placed(pods, zone),
        };
      },
    ),
  ];
}

function placed(pods: readonly Pod[], where: (pod: Pod) => string | undefined): string {
  return pods.map((pod) => `${pod.meta.name} ${where(pod) ?? "<none>"}`).join("\n");
}

function verifyPins(seen: VerifyObservation, instance: InstanceConfig, { operator }: Config): readonly Finding[] {
  const wanted = instance.image;
  return [
    checkOf(
      {
        id: "hardening.image.pinned",
        criterion,
        what: "Image asked for",
        expected: wanted ?? "a version, not latest",
      },
      [seen.resource],
      ({ image }) => ({
        holds: image !== undefined && isPinned(image) && (wanted === undefined || image === wanted),
        found: image ?? "none: the operator's default",
      }),
    ),
    checkOf(
      {
        id: "hardening.image.same",
        criterion,
        what: "Image of the pods",
        expected: "the same on every pod, in the StatefulSet and in the resource",
      },
      [seen.pods, seen.statefulSet, seen.resource],
      (pods, set, resource) => {
        const images = new Set([...pods.map(({ image }) => image), set.image, resource.image]);
        return {
          holds: images.size === 1 && pods.length > 0,
          found: listed([...images].map((image) => image ?? "<unset>")),
          output: pods.map(({ meta, image }) => `${meta.name} ${image}`).join("\n"),
        };
      },
    ),
    checkOf(
      {
        id: "hardening.operator.version",
        criterion,
        what: "Version of the operator",
        expected: operator.version,
      },
      [seen.operator],
      ({ images }) => ({
        holds: images.some(
          (image) => image.endsWith(`:${operator.version}`) || image.includes(`:${operator.version}@`),
        ),
        found: listed(images),
      }),
    ),
    checkOf(
      { id: "hardening.chart.version", criterion, what: "Version of the chart", expected: operator.version },
      [seen.chart],
      ({ tag }) => ({ holds: tag === operator.version, found: tag ?? "no fixed one" }),
    ),
  ];
}

/** A tag other than `latest`, or a digest. */
function isPinned(image: string): boolean {
  return image.includes("@sha256:") || /:(?!latest$)[^/:]+$/.test(image);
}
