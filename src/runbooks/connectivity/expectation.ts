import type { InstanceConfig } from "../../config/file.ts";
import { evaluatePolicies, type PolicyAnswer } from "../../network-policy/evaluate.ts";
import type { PodEndpoint, Policy } from "../../network-policy/model.ts";
import type { Labels, Pod } from "../../platform/kubernetes.ts";
import { probeLabels } from "../../platform/probes.ts";
import { type Reading, read } from "../../platform/reading.ts";
import { dataPort } from "../../platform/server-ports.ts";
import type { Evidence } from "../../reports/model.ts";
import { evidence } from "../instance/findings.ts";
import { contextOf, type ObserveContext } from "../instance/observe.ts";
import { byCilium, primaryOf } from "../instance/policy-end.ts";

/** What the network policies of both ends say of a connection, and which rule says so. */
export interface Expectation {
  readonly decision: PolicyAnswer["decision"];
  /** One sentence without its dot: the rule that decides, or what is not known. */
  readonly because: string;
  /** The instance's own policies keep it out: whoever wants in asks there. */
  readonly keptOutByInstance: boolean;
  /** The instance's own policies let in any namespace, whatever its name and labels. */
  readonly openToAll: boolean;
  readonly evidence: readonly Evidence[];
}

/** From where it is tried. */
export interface Source {
  readonly cluster: string;
  readonly namespace: string;
  /** The pod whose way it is; undefined: that of a pod with labels which nobody's policy selects. */
  readonly pod?: string | undefined;
}

type Policies = Reading<readonly Policy[]>;

/** Tells what the policies say of connections to one instance. What holds for many is read once, however many ask. */
export function createExpectations(context: ObserveContext, instance: InstanceConfig) {
  const known = new Map<string, Promise<Policies>>();
  const once = (key: string, make: () => Promise<Policies>) => {
    const found = known.get(key) ?? make();
    known.set(key, found);
    return found;
  };
  const policiesOf = ({ cluster, namespace }: Source) =>
    Promise.all([
      once(`${cluster}/${namespace}`, () => readPolicies(context, { cluster, namespace })),
      once(cluster, () => readClusterwide(context, cluster)),
    ]);
  return async (source: Source): Promise<Expectation> => {
    const [own, theirs, namespaceLabels, pod] = await Promise.all([
      policiesOf(instance),
      policiesOf(source),
      readLabels(context, source),
      source.pod === undefined ? undefined : readPod(context, source, source.pod),
    ]);
    if (pod?.ok === false) {
      const because = `the labels of the pod, by which policies select, could not be read: ${pod.reason}`;
      return {
        decision: "unknown",
        because,
        keptOutByInstance: false,
        openToAll: false,
        evidence: [evidence(pod, "")],
      };
    }
    const from = {
      ...endpoint(source, { ...probeLabels, "dfbot.platform/run": "" }, namespaceLabels),
      ...(pod === undefined ? { serviceAccount: "default" } : identityOf(pod.value)),
    };
    const expected = judgePolicies(from, instance, own, theirs);
    if (pod === undefined) return expected;
    return { ...expected, evidence: [evidence(pod, wordsOfLabels(pod.value.meta.labels)), ...expected.evidence] };
  };
}

/** The policies of a namespace, plain ones and Cilium's. Never rejects. */
export function readPolicies(
  { config, platform, signal }: ObserveContext,
  { cluster, namespace }: Source,
): Promise<Policies> {
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

/** The policies of a whole cluster, of which only Cilium has some. Never rejects. */
export function readClusterwide({ config, platform, signal }: ObserveContext, cluster: string): Promise<Policies> {
  const command = `kubectl --context=${contextOf(config, cluster)} get ciliumclusterwidenetworkpolicies -o yaml`;
  return read({ command, timeoutMs: config.readTimeoutMs, signal }, (inner) =>
    platform.cluster(cluster).ciliumClusterwidePolicies(inner),
  );
}

/** A rule may select namespaces by any label; without the labels what it says stays open. */
async function readLabels(
  { config, platform, signal }: ObserveContext,
  { cluster, namespace }: Source,
): Promise<Labels | undefined> {
  const command = `kubectl --context=${contextOf(config, cluster)} get namespace ${namespace} --show-labels`;
  const found = await read({ command, timeoutMs: config.readTimeoutMs, signal }, (inner) =>
    platform.cluster(cluster).namespace(namespace, inner),
  );
  return found.ok ? found.value.labels : undefined;
}

function readPod(
  { config, platform, signal }: ObserveContext,
  { cluster, namespace }: Source,
  name: string,
): Promise<Reading<Pod>> {
  const command = `kubectl --context=${contextOf(config, cluster)} -n ${namespace} get pod ${name} --show-labels`;
  return read({ command, timeoutMs: config.readTimeoutMs, signal }, (inner) =>
    platform.cluster(cluster).pod(namespace, name, inner),
  );
}

/** What policies know a pod by. */
function identityOf({ meta, hostNetwork, node, serviceAccount }: Pod): Partial<PodEndpoint> {
  return {
    name: meta.name,
    labels: meta.labels,
    ...(hostNetwork === true ? { hostNetwork } : {}),
    ...(node === undefined ? {} : { node }),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
  };
}

/** As evidence: `app=gitlab team=shop`. */
export function wordsOfLabels(labels: Labels): string {
  return (
    Object.entries(labels)
      .map((label) => label.join("="))
      .join(" ") || "no labels"
  );
}

/** What can be said when the policies of an end could not be read: a denial of the other end stands, all else is open. */
function judgePolicies(
  from: PodEndpoint,
  instance: InstanceConfig,
  own: readonly Policies[],
  theirs: readonly Policies[],
): Expectation {
  const readings = [...new Set([...theirs, ...own])];
  const question = {
    to: primaryOf(instance),
    port: dataPort,
    policies: readings.flatMap((reading) => (reading.ok ? reading.value : [])),
    enforcement: byCilium,
  };
  const answer = evaluatePolicies({ ...question, from });
  const anybody = evaluatePolicies({ ...question, from: { ...from, namespace: "dfbot-nobody", namespaceLabels: {} } });
  const seen = readings.map((reading) => evidence(reading, reading.ok ? named(reading.value) : ""));
  const unread = readings.find((reading) => !reading.ok);
  const ingressKnown = own.every(({ ok }) => ok) && answer.ingress.decision === "denied";
  const egressKnown = theirs.every(({ ok }) => ok) && answer.egress.decision === "denied";
  if (unread !== undefined && !unread.ok && !ingressKnown && !egressKnown) {
    const because = `the policies of one end could not be read: ${unread.reason}`;
    return { decision: "unknown", because, keptOutByInstance: false, openToAll: false, evidence: seen };
  }
  return {
    decision: answer.decision,
    because: wordsOf(answer),
    keptOutByInstance: ingressKnown && answer.egress.decision !== "denied",
    openToAll: anybody.ingress.decision === "allowed",
    evidence: seen,
  };
}

function endpoint({ cluster, namespace }: Source, labels: Labels, namespaceLabels: Labels | undefined): PodEndpoint {
  return { kind: "pod", cluster, namespace, namespaceLabels, labels };
}

function wordsOf({ decision, ingress, egress }: PolicyAnswer): string {
  const deciding = [ingress, egress].filter((side) => side.decision === decision);
  return deciding.map(({ because }) => because).join("; ");
}

function named(policies: readonly Policy[]): string {
  if (policies.length === 0) return "no policies";
  return policies
    .map(({ kind, namespace, name }) => `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`)
    .join("\n");
}
