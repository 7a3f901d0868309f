import type { Config, InstanceConfig } from "../../config/file.ts";
import { evaluatePolicies, type PolicyAnswer } from "../../network-policy/evaluate.ts";
import type { Enforcement, PodEndpoint, Policy } from "../../network-policy/model.ts";
import { appliesTo } from "../../network-policy/subject.ts";
import type { Labels } from "../../platform/kubernetes.ts";
import { adminPort, dataPort } from "../../platform/server-ports.ts";
import type { Finding } from "../../reports/model.ts";
import { evidence } from "../instance/findings.ts";
import { byCilium, podOf } from "../instance/policy-end.ts";
import { checkOf, criteria, listed } from "./check.ts";
import type { VerifyObservation } from "./observe.ts";
import { stranger } from "./observe-ways.ts";
import { verifyEnforcement } from "./ways.ts";

const criterion = criteria.policy;

interface Source {
  readonly id: string;
  readonly what: string;
  readonly from: readonly PodEndpoint[];
  readonly ports: readonly number[];
  readonly want: "allowed" | "denied";
}

/**
 * What the policies say of each source, by evaluation: of who has to get through those of both ends, of all others the instance's
 * own. Whether the network does as it is told, only a connection tells (`ac4.enforced`).
 */
export function verifyPolicy(
  seen: VerifyObservation,
  instance: InstanceConfig,
  config: Config,
  isShared: boolean,
): readonly Finding[] {
  return [
    verifyIsolation(seen, instance),
    ...sources(seen, instance, config, isShared).map((source) => verifySource(seen, instance, source)),
    verifyEnforcement(seen, instance, isShared),
  ];
}

/** Where there is a policy of Cilium's own kind, Cilium is what enforces all of them. */
function enforcementOf(cilium: readonly Policy[]): Enforcement {
  return cilium.length > 0 ? byCilium : { kind: "plain" };
}

function verifyIsolation(seen: VerifyObservation, instance: InstanceConfig): Finding {
  return checkOf(
    {
      id: "ac4.policy.default-deny",
      criterion,
      what: "Pods shut by default",
      expected: "every pod is selected by a policy for what comes in and by one for what goes out",
    },
    [seen.policies, seen.ciliumPolicies, seen.pods],
    (plain, cilium, pods) => {
      const all = [...plain, ...cilium];
      const open = pods.flatMap(({ meta }) => {
        const about = all.filter(
          (policy) => appliesTo(policy, podOf(instance, meta.labels), enforcementOf(cilium)).match === true,
        );
        return [
          ...(about.some(({ ingress }) => ingress.isolates) ? [] : [`${meta.name} for what comes in`]),
          ...(about.some(({ egress }) => egress.isolates) ? [] : [`${meta.name} for what goes out`]),
        ];
      });
      // One for all of the namespace's pods shuts also what the others' selectors miss.
      const whole = all.some(
        ({ about, subject, ingress, egress }) =>
          about === undefined &&
          Object.keys(subject.matchLabels ?? {}).length === 0 &&
          (subject.matchExpressions ?? []).length === 0 &&
          ingress.isolates &&
          egress.isolates,
      );
      return {
        holds: open.length === 0 && whole && pods.length > 0,
        found: open.length > 0 ? `open: ${listed(open)}` : whole ? "shut" : "no policy is about the whole namespace",
        output: all.map(({ kind, name }) => `${kind} ${name}`).join("\n") || "No resources found",
      };
    },
  );
}

function sources(
  seen: VerifyObservation,
  instance: InstanceConfig,
  config: Config,
  isShared: boolean,
): readonly Source[] {
  const { cluster, namespace } = instance;
  const cilium = seen.ciliumPolicies.ok && seen.ciliumPolicies.value.length > 0;
  // A plain policy says nothing of the other clusters.
  const clusters = cilium ? config.clusters.map(({ name }) => name) : [cluster];
  const anyPod = (where: string, of: readonly string[] = clusters): readonly PodEndpoint[] =>
    of.map((name) => ({ kind: "pod", cluster: name, namespace: where, namespaceLabels: {}, labels: {} }));
  const here = (where: string, labels: Labels): readonly PodEndpoint[] => [
    { kind: "pod", cluster, namespace: where, namespaceLabels: {}, labels },
  ];
  const approved = isShared ? config.namespaces.allowed : [];
  const refused = config.namespaces.denied.filter((name) => !approved.includes(name));
  const { scraper } = config.metrics;
  const operatorLabels = seen.operator.ok
    ? seen.operator.value.podLabels
    : { "app.kubernetes.io/name": config.operator.deployment };
  const id = (name: string, want: Source["want"]) => `ac4.policy.${name}.${want}`;
  const allowed = (name: string, what: string, from: readonly PodEndpoint[], ports: readonly number[]): Source => ({
    id: id(name, "allowed"),
    what,
    from,
    ports,
    want: "allowed",
  });
  const denied = (name: string, what: string, from: readonly PodEndpoint[], ports: readonly number[]): Source => ({
    ...allowed(name, what, from, ports),
    id: id(name, "denied"),
    want: "denied",
  });
  return [
    ...approved.map((name) => allowed(name, `From ${name}`, anyPod(name), [dataPort])),
    ...refused.map((name) => denied(name, `From ${name}`, anyPod(name), [dataPort, adminPort])),
    ...(approved.includes(stranger)
      ? []
      : [denied("others", "From a namespace on no list", anyPod(stranger), [dataPort, adminPort])]),
    denied(
      "clients-admin-port",
      "From clients to the admin port",
      approved.flatMap((name) => anyPod(name)),
      [adminPort],
    ),
    allowed("scraper", "From what collects the metrics", here(scraper.namespace, scraper.labels), [adminPort]),
    allowed("operator", "From the operator", here(config.operator.namespace, operatorLabels), [adminPort]),
    allowed("peers", "From the instance's own pods", here(namespace, podOf(instance).labels), [adminPort]),
    ...(isShared
      ? [
          allowed("bot", "From the bot", here(config.home.namespace, { "app.kubernetes.io/name": "dfbot" }), [
            dataPort,
            adminPort,
          ]),
        ]
      : []),
  ];
}

function verifySource(seen: VerifyObservation, instance: InstanceConfig, source: Source): Finding {
  const ports = source.ports.join(" and ");
  // Whom the instance has to keep out, it has to keep out by itself: what others let out is theirs to change.
  const both = source.want === "allowed";
  const outs = both ? source.from.map((from) => wayOut(seen, from)) : [];
  const judged = checkOf(
    {
      id: source.id,
      criterion,
      what: source.what,
      expected: `${source.want} to port ${ports}${both ? ", by the policies of both ends" : ", by the instance's own policies"}`,
    },
    [seen.policies, seen.ciliumPolicies],
    (plain, cilium) => {
      const own = ofTarget([...plain, ...cilium], instance);
      const to = podOf(instance, seen.pods.ok ? seen.pods.value[0]?.meta.labels : undefined);
      const sides = source.from.flatMap((from, index) =>
        source.ports.flatMap((port): readonly Side[] => {
          const out = outs[index];
          const { ingress, egress } = evaluatePolicies({
            from,
            to,
            port,
            policies: [...own, ...(out?.policies ?? [])],
            enforcement: enforcementOf(cilium),
          });
          const inwards = { from, port, way: "in", ...ingress } as const;
          if (!both) return [inwards];
          // A denial that was read stands, whatever else says.
          if (out?.unread === undefined || egress.decision === "denied")
            return [inwards, { from, port, way: "out", ...egress }];
          return [
            inwards,
            { from, port, way: "out", decision: "unknown", because: `it could not be read: ${out.unread}` },
          ];
        }),
      );
      const wrong = sides.filter(({ decision }) => decision !== source.want);
      const unsure = wrong.every(({ decision }) => decision === "unknown");
      const said = wrong.map(
        ({ from, port, way, decision }) => `${decision} on the way ${way} from ${from.cluster} to ${port}`,
      );
      return {
        holds: wrong.length === 0 ? true : unsure ? undefined : false,
        found: wrong.length === 0 ? source.want : said.join(", "),
        reason: outs.find(({ unread }) => unread !== undefined)?.unread,
        output: sides.map(line).join("\n"),
      };
    },
  );
  return { ...judged, evidence: [...judged.evidence, ...outs.flatMap(({ evidence: read }) => read)] };
}

/** What one end says of a connection. */
interface Side {
  readonly from: PodEndpoint;
  readonly port: number;
  readonly way: "in" | "out";
  readonly decision: PolicyAnswer["decision"];
  readonly because: string;
}

/** The policies of a source's own namespace and cluster; none of the instance's namespace, whose own are at hand. */
function wayOut({ sources: all }: VerifyObservation, from: PodEndpoint) {
  const found = all.find(({ cluster, namespace }) => cluster === from.cluster && namespace === from.namespace);
  const readings = found?.policies ?? [];
  const unread = readings.find((reading) => !reading.ok);
  return {
    policies: readings.flatMap((reading) => (reading.ok ? reading.value : [])),
    unread: unread?.ok === false ? unread.reason : undefined,
    evidence: readings.map((reading) =>
      evidence(
        reading,
        reading.ok ? reading.value.map(({ kind, name }) => `${kind} ${name}`).join("\n") || "none" : "",
      ),
    ),
  };
}

/** Of the instance's namespace and cluster. */
function ofTarget(policies: readonly Policy[], { cluster, namespace }: InstanceConfig): readonly Policy[] {
  return policies.filter(
    (policy) => policy.cluster === cluster && (policy.namespace === namespace || policy.namespace === undefined),
  );
}

function line({ from, port, way, decision, because }: Side): string {
  return `${from.cluster}/${from.namespace} -> ${port}, way ${way}: ${decision}, ${because}`;
}
