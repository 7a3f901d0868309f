import type { InstanceConfig } from "../../config/file.ts";
import { evaluatePolicies, type PolicyAnswer } from "../../network-policy/evaluate.ts";
import type { PodEndpoint, Policy } from "../../network-policy/model.ts";
import { ruleName } from "../../network-policy/wording.ts";
import type { Labels } from "../../platform/kubernetes.ts";
import { probeLabels } from "../../platform/probes.ts";
import { type Reading, read } from "../../platform/reading.ts";
import type { Evidence } from "../../reports/model.ts";
import { evidence } from "../instance/findings.ts";
import { contextOf, type ObserveContext } from "../instance/observe.ts";

/** What the network policies of both ends say of a connection, and which rule says so. */
export interface Expectation {
  readonly decision: PolicyAnswer["decision"];
  /** One sentence without its dot: the rule that decides, or what is not known. */
  readonly because: string;
  /** The instance's own policies keep it out: whoever wants in asks there. */
  readonly keptOutByInstance: boolean;
  readonly evidence: readonly Evidence[];
}

export interface Source {
  readonly cluster: string;
  readonly namespace: string;
}

type Policies = Reading<readonly Policy[]>;

/** The port of the pods, which the Service leads to. */
const dataPort = 6379;

/** Tells what the policies say of connections to one instance. The policies of a namespace are read once, however many ask. */
export function createExpectations(context: ObserveContext, instance: InstanceConfig) {
  const known = new Map<string, Promise<Policies>>();
  const policiesOf = (source: Source) => {
    const key = `${source.cluster}/${source.namespace}`;
    const found = known.get(key) ?? readPolicies(context, source);
    known.set(key, found);
    return found;
  };
  return async (source: Source): Promise<Expectation> => {
    const isSame = source.cluster === instance.cluster && source.namespace === instance.namespace;
    const [own, theirs, labels] = await Promise.all([
      policiesOf(instance),
      isSame ? undefined : policiesOf(source),
      readLabels(context, source),
    ]);
    return judgePolicies({ ...source, labels: labels.ok ? labels.value : undefined }, instance, own, theirs);
  };
}

function readPolicies({ config, platform, signal }: ObserveContext, { cluster, namespace }: Source): Promise<Policies> {
  const command = `kubectl --context=${contextOf(config, cluster)} -n ${namespace} get networkpolicies,ciliumnetworkpolicies -o yaml`;
  return read({ command, timeoutMs: config.readTimeoutMs, signal }, async (inner) => {
    const kubernetes = platform.cluster(cluster);
    const [plain, cilium] = await Promise.all([
      kubernetes.networkPolicies(namespace, inner),
      kubernetes.ciliumNetworkPolicies(namespace, inner),
    ]);
    return [...plain, ...cilium];
  });
}

/** A rule may select namespaces by any label; without the labels what it says stays open. */
function readLabels(
  { config, platform, signal }: ObserveContext,
  { cluster, namespace }: Source,
): Promise<Reading<Labels>> {
  const command = `kubectl --context=${contextOf(config, cluster)} get namespace ${namespace} --show-labels`;
  return read({ command, timeoutMs: config.readTimeoutMs, signal }, async (inner) => {
    return (await platform.cluster(cluster).namespace(namespace, inner)).labels;
  });
}

/** What can be said when the policies of an end could not be read: a denial of the other end stands, all else is open. */
export function judgePolicies(
  source: Source & { readonly labels: Labels | undefined },
  instance: InstanceConfig,
  own: Policies,
  theirs: Policies | undefined,
): Expectation {
  const readings = theirs === undefined ? [own] : [theirs, own];
  const answer = evaluatePolicies({
    from: endpoint(source, { ...probeLabels, "dfbot.platform/run": "" }, source.labels),
    to: {
      ...endpoint(instance, { app: instance.name, "app.kubernetes.io/name": "dragonfly", role: "master" }),
      containerPorts: [{ name: "redis", port: dataPort, protocol: "TCP" }],
    },
    port: dataPort,
    policies: readings.flatMap((reading) => (reading.ok ? reading.value : [])),
    enforcement: { kind: "cilium", defaultLocalCluster: true },
  });
  const seen = readings.map((reading) => evidence(reading, reading.ok ? named(reading.value) : ""));
  const unread = readings.find((reading) => !reading.ok);
  const ingressKnown = own.ok && answer.ingress.decision === "denied";
  const egressKnown = (theirs ?? own).ok && answer.egress.decision === "denied";
  if (unread !== undefined && !unread.ok && !ingressKnown && !egressKnown) {
    const because = `the policies of one end could not be read: ${unread.reason}`;
    return { decision: "unknown", because, keptOutByInstance: false, evidence: seen };
  }
  return {
    decision: answer.decision,
    because: wordsOf(answer),
    keptOutByInstance: ingressKnown && answer.egress.decision !== "denied",
    evidence: seen,
  };
}

function endpoint({ cluster, namespace }: Source, labels: Labels, namespaceLabels?: Labels): PodEndpoint {
  return { kind: "pod", cluster, namespace, namespaceLabels, labels };
}

function wordsOf({ decision, ingress, egress }: PolicyAnswer): string {
  const deciding = [ingress, egress].filter((side) => side.decision === decision);
  return deciding
    .map(({ because, nearest }) =>
      nearest === undefined || decision !== "denied"
        ? because
        : `${because}; nearest is ${ruleName(nearest)}, which fails by this: ${nearest.failsBy}`,
    )
    .join("; ");
}

function named(policies: readonly Policy[]): string {
  if (policies.length === 0) return "no policies";
  return policies.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`).join("\n");
}
