import type { Config, InstanceConfig } from "../../config/file.ts";
import { evaluatePolicies, type PolicyAnswer } from "../../network-policy/evaluate.ts";
import type { Enforcement, PodEndpoint, Policy } from "../../network-policy/model.ts";
import { appliesTo } from "../../network-policy/subject.ts";
import type { Finding } from "../../reports/model.ts";
import { byCilium, podOf } from "../instance/policy-end.ts";
import { checkOf, criteria, listed } from "./check.ts";
import { verifyLabelled } from "./labelled.ts";
import { each, policy } from "./lines.ts";
import { type Source, sourcesOf } from "./policy-sources.ts";
import { type ShownVerification, shown } from "./shown.ts";
import { verifyEnforcement } from "./ways.ts";

const criterion = criteria.policy;
/**
 * What the policies say of each source, by evaluation: of who has to get through those of both ends, of all others the instance's
 * own. Whether the network does as it is told, only a connection tells (`ac4.enforced`).
 */
export function verifyPolicy(
  seen: ShownVerification,
  instance: InstanceConfig,
  config: Config,
  isShared: boolean,
): readonly Finding[] {
  return [
    verifyIsolation(seen, instance),
    ...sourcesOf(seen, instance, config, isShared).map((source) => verifySource(seen, instance, source)),
    ...(isShared ? [verifyLabelled(seen, config)] : []),
    verifyEnforcement(seen, instance, isShared),
  ];
}

/** Where there is a policy of Cilium's own kind, Cilium is what enforces all of them. */
function enforcementOf(cilium: readonly Policy[]): Enforcement {
  return cilium.length > 0 ? byCilium : { kind: "plain" };
}

function verifyIsolation(seen: ShownVerification, instance: InstanceConfig): Finding {
  return checkOf(
    {
      id: "ac4.policy.default-deny",
      criterion,
      what: "Pods shut by default",
      expected:
        "every pod is on a network of its own and selected by a policy for what comes in and by one for what goes out",
    },
    [seen.policies, seen.ciliumPolicies, seen.pods],
    (plain, cilium, pods) => {
      const all = [...plain, ...cilium];
      const open = pods.flatMap(({ meta, hostNetwork }) => {
        const about = all.filter(
          (policy) => appliesTo(policy, podOf(instance, meta.labels), enforcementOf(cilium)).match === true,
        );
        if (hostNetwork === true) return [`${meta.name}, which is on its node's network`];
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
      };
    },
  );
}

function verifySource(seen: ShownVerification, instance: InstanceConfig, source: Source): Finding {
  const ports = source.ports.join(" and ");
  // Whom the instance has to keep out, it has to keep out by itself: what others let out is theirs to change.
  const both = source.want === "allowed";
  const outs = both ? source.from.map((from) => wayOut(seen, from)) : [];
  const sides = sidesOf(seen, instance, source, outs);
  const wrong = sides.filter(({ decision }) => decision !== source.want);
  const evaluated = shown(
    seen.ciliumPolicies,
    (all) => `${each(policy)(all)}\nBy evaluation of all of them:\n${linesOf(sides, wrong)}`,
    { asYaml: true },
  );
  const judged = checkOf(
    {
      id: source.id,
      criterion,
      what: source.what,
      expected: `${source.want} to port ${ports}${both ? ", by the policies of both ends" : ", by the instance's own policies"}`,
    },
    [seen.policies, evaluated, ...(wrong.some(({ decision }) => decision !== "unknown") ? [] : (source.also ?? []))],
    () => {
      const unsure = wrong.every(({ decision }) => decision === "unknown");
      const said = wrong.map(
        ({ from, port, way, decision }) => `${decision} on the way ${way} from ${nameOf(source, from)} to ${port}`,
      );
      return {
        holds: wrong.length === 0 ? true : unsure ? undefined : false,
        found: wrong.length === 0 ? source.want : said.join(", "),
        reason: outs.find(({ unread }) => unread !== undefined)?.unread,
      };
    },
  );
  return { ...judged, evidence: [...judged.evidence, ...outs.flatMap(({ evidence: read }) => read)] };
}

/** What each end says of each connection of a source; none when the instance's own policies could not be read. */
function sidesOf(
  seen: ShownVerification,
  instance: InstanceConfig,
  { from: all, ports, want }: Source,
  outs: readonly ReturnType<typeof wayOut>[],
): readonly Side[] {
  const { policies: plain, ciliumPolicies: cilium } = seen;
  if (!plain.ok || !cilium.ok) return [];
  const own = ofTarget([...plain.value, ...cilium.value], instance);
  const to = podOf(instance, seen.pods.ok ? seen.pods.value[0]?.meta.labels : undefined);
  return all.flatMap((from, index) =>
    ports.flatMap((port): readonly Side[] => {
      const out = outs[index];
      const policies = [...own, ...(out?.policies ?? [])];
      const { ingress, egress } = evaluatePolicies({
        from,
        to,
        port,
        policies,
        enforcement: enforcementOf(cilium.value),
      });
      const inwards = { from, port, way: "in", ...ingress } as const;
      if (want === "denied") return [inwards];
      // A denial that was read stands, whatever else says.
      if (out?.unread === undefined || egress.decision === "denied")
        return [inwards, { from, port, way: "out", ...egress }];
      return [inwards, { from, port, way: "out", decision: "unknown", because: `it could not be read: ${out.unread}` }];
    }),
  );
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
function wayOut({ sources: all }: ShownVerification, from: PodEndpoint) {
  const found = all.find(({ cluster, namespace }) => cluster === from.cluster && namespace === from.namespace);
  const readings = found?.policies ?? [];
  const unread = readings.find((reading) => !reading.ok);
  return {
    policies: readings.flatMap((reading) => (reading.ok ? reading.value : [])),
    unread: unread?.ok === false ? unread.reason : undefined,
    evidence: readings.map((reading) => shown(reading, each(policy)).evidence),
  };
}

/** Of the instance's namespace and cluster. */
function ofTarget(policies: readonly Policy[], { cluster, namespace }: InstanceConfig): readonly Policy[] {
  return policies.filter(
    (policy) => policy.cluster === cluster && (policy.namespace === namespace || policy.namespace === undefined),
  );
}

const mostLines = 12;

/** What is not as wanted first. */
function linesOf(sides: readonly Side[], wrong: readonly Side[]): string {
  const inOrder = [...wrong, ...sides.filter((side) => !wrong.includes(side))].map(line);
  const more = inOrder.length - mostLines;
  return [...inOrder.slice(0, mostLines), ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}

function line({ from, port, way, decision, because }: Side): string {
  return `${from.cluster}/${from.namespace} -> ${port}, way ${way}: ${decision}, ${because}`;
}

/** The namespace is in the check's own name where there is one only. */
function nameOf({ from: all }: Source, { cluster, namespace }: PodEndpoint): string {
  return all.every((one) => one.namespace === namespace) ? cluster : `${namespace} in ${cluster}`;
}
