import type { Config, InstanceConfig } from "../../config/file.ts";
import type { ContainerProbe, Pod } from "../../platform/kubernetes.ts";
import type { Finding } from "../../reports/model.ts";
import { checkOf, criteria, listed } from "./check.ts";
import * as lines from "./lines.ts";
import { verifySecurity } from "./security.ts";
import { type ShownVerification, shown } from "./shown.ts";

const criterion = criteria.hardening;

/** Security contexts of what runs and of what was asked for, probes, spread, and what is pinned. */
export function verifyHardening(seen: ShownVerification, instance: InstanceConfig, config: Config): readonly Finding[] {
  return [
    ...verifySecurity(seen, instance),
    ...verifyProbes(seen),
    ...verifySpread(seen, instance),
    ...verifyPins(seen, instance, config),
  ];
}

/** As the operator mounts the keys of the two ConfigMaps (v1.6.0 and later). */
const probeScripts = { livenessProbe: /\/liveness-check\.sh$/, readinessProbe: /\/readiness-check\.sh$/ } as const;

function probeWords(probe: ContainerProbe | undefined): string {
  return probe === undefined ? "<unset>" : [probe.kind, ...probe.command].join(" ");
}

/** The operator's own probe only opens a connection, so a server that still loads would get clients. */
function verifyProbes(seen: ShownVerification): readonly Finding[] {
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
        expected: "every pod's liveness and readiness ask the server by the scripts of those ConfigMaps",
      },
      [shown(seen.pods, lines.each(lines.probes), { asYaml: true })],
      (pods) => {
        const wrong = pods.flatMap((pod) =>
          (["livenessProbe", "readinessProbe"] as const)
            .filter((name) => !probeScripts[name].test(pod[name]?.command.join(" ") ?? ""))
            .map((name) => `${pod.meta.name} ${name} ${probeWords(pod[name])}`),
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
      [
        seen.pods,
        ...seen.servers.map(({ state }) => shown(state, ({ loading }) => `loading:${Number(loading)}`)),
      ] as const,
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

function verifySpread(seen: ShownVerification, { replicas }: InstanceConfig): readonly Finding[] {
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
        };
      },
    ),
  ];
}

function verifyPins(seen: ShownVerification, instance: InstanceConfig, { operator }: Config): readonly Finding[] {
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
      [
        shown(
          seen.pods,
          lines.each(({ meta, image }) => `${meta.name}: ${image}`),
          { asYaml: true },
        ),
        seen.statefulSet,
        seen.resource,
      ],
      (pods, set, resource) => {
        const images = new Set([...pods.map(({ image }) => image), set.image, resource.image]);
        return {
          holds: images.size === 1 && pods.length > 0,
          found: listed([...images].map((image) => image ?? "<unset>")),
        };
      },
    ),
    checkOf(
      {
        id: "hardening.operator.version",
        criterion,
        what: "Version of the operator",
        expected: `${operator.image}:${operator.version}, and no other image beside it`,
      },
      [seen.operator],
      ({ images }) => ({
        holds:
          images.length > 0 &&
          images.every((image) => image.replace(/@.*/, "") === `${operator.image}:${operator.version}`),
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
