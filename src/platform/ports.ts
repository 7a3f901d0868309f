import type { Policy } from "../network-policy/model.ts";
import type { Canary } from "./canary.ts";
import type { GitReader } from "./git.ts";
import type {
  CustomResourceDefinition,
  Deployment,
  DragonflyResource,
  Endpoint,
  ExternalSecret,
  HelmRelease,
  JsonSchema,
  KubernetesEvent,
  Kustomization,
  Monitor,
  Node,
  ObjectMeta,
  OciRepository,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Service,
  StatefulSet,
} from "./kubernetes.ts";
import type { LiveObject, ObjectKind } from "./live-object.ts";
import type { OwnReader } from "./own.ts";
import type { ProbePods } from "./probes.ts";
import type { ServerState, ServerUser } from "./server.ts";
import type { TestAlerts } from "./test-alerts.ts";

/**
 * What the runbooks ask of the world. Every method throws a BotError with a stable code when it cannot answer
 * (`kubernetes.unreachable`, `kubernetes.forbidden`, `kubernetes.not-found`, `kubernetes.unauthorized`, ...), and stops
 * when its signal aborts.
 */
export interface KubernetesReader {
  /** Name of the cluster in dfbot.yaml, which is also what `kubectl --context` is shown with. */
  readonly cluster: string;
  readonly context: string;
  deployment(namespace: string, name: string, signal: AbortSignal): Promise<Deployment>;
  /** `v1.34.1`: what everybody with an account may ask, and so a sign of life that needs no right. */
  serverVersion(signal: AbortSignal): Promise<string>;
  customResourceDefinition(name: string, signal: AbortSignal): Promise<CustomResourceDefinition>;
  /** The OpenAPI schema of a version of a custom resource, as the cluster has it. */
  customResourceSchema(name: string, version: string, signal: AbortSignal): Promise<JsonSchema>;
  /** Whether the API server would take a Dragonfly resource, by server-side dry-run. Throws `kubernetes.invalid` with its reasons. */
  wouldAccept(namespace: string, manifest: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void>;
  externalSecrets(namespace: string, signal: AbortSignal): Promise<readonly ExternalSecret[]>;
  dragonfly(namespace: string, name: string, signal: AbortSignal): Promise<DragonflyResource>;
  dragonflies(namespace: string | undefined, signal: AbortSignal): Promise<readonly DragonflyResource[]>;
  statefulSet(namespace: string, name: string, signal: AbortSignal): Promise<StatefulSet>;
  /** `selector` in the form of `kubectl -l`: `app=dragonfly,role=master`. */
  pods(namespace: string, selector: string, signal: AbortSignal): Promise<readonly Pod[]>;
  pod(namespace: string, name: string, signal: AbortSignal): Promise<Pod>;
  nodes(signal: AbortSignal): Promise<readonly Node[]>;
  persistentVolumeClaims(namespace: string, signal: AbortSignal): Promise<readonly PersistentVolumeClaim[]>;
  services(namespace: string, signal: AbortSignal): Promise<readonly Service[]>;
  endpoints(namespace: string, signal: AbortSignal): Promise<readonly Endpoint[]>;
  podDisruptionBudgets(namespace: string, signal: AbortSignal): Promise<readonly PodDisruptionBudget[]>;
  /** Throws BotError `policy.invalid` too, for a policy that says something this bot has never heard of. */
  networkPolicies(namespace: string, signal: AbortSignal): Promise<readonly Policy[]>;
  /** None where the cluster does not serve that kind. */
  ciliumNetworkPolicies(namespace: string, signal: AbortSignal): Promise<readonly Policy[]>;
  /** Those that hold in every namespace. None where the cluster does not serve that kind. */
  ciliumClusterwidePolicies(signal: AbortSignal): Promise<readonly Policy[]>;
  monitors(namespace: string, kind: Monitor["kind"], signal: AbortSignal): Promise<readonly Monitor[]>;
  namespace(name: string, signal: AbortSignal): Promise<ObjectMeta>;
  namespaces(signal: AbortSignal): Promise<readonly ObjectMeta[]>;
  /** Oldest first. */
  events(namespace: string, signal: AbortSignal): Promise<readonly KubernetesEvent[]>;
  /** The end of what the container before this one wrote; undefined when this is the first. */
  previousLog(namespace: string, pod: string, container: string, signal: AbortSignal): Promise<string | undefined>;
  /** None where Flux is not installed. */
  kustomizations(namespace: string, signal: AbortSignal): Promise<readonly Kustomization[]>;
  helmRelease(namespace: string, name: string, signal: AbortSignal): Promise<HelmRelease>;
  ociRepository(namespace: string, name: string, signal: AbortSignal): Promise<OciRepository>;
  /** Every object of a kind in a namespace, as it is. */
  objects(kind: ObjectKind, namespace: string, signal: AbortSignal): Promise<readonly LiveObject[]>;
  /** One object as it is; `namespace` undefined: of the whole cluster. Undefined when it is not there. */
  object(
    kind: ObjectKind,
    namespace: string | undefined,
    name: string,
    signal: AbortSignal,
  ): Promise<LiveObject | undefined>;
}

/** How many connections come from one address. */
export interface ClientCount {
  readonly address: string;
  readonly connections: number;
}

/** Where one instance pod is: enough to reach it directly (IP) or through the API server (name). */
export interface PodAddress {
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
  readonly ip: string | undefined;
}

export interface ServerReader {
  /** Throws BotError `server.unreachable`, `server.auth`, `server.loading` (state unreadable), `server.protocol`. */
  state(address: PodAddress, signal: AbortSignal): Promise<ServerState>;
  /** Who is connected to the data port, the most connections first. Throws as `state` does. */
  clients(address: PodAddress, signal: AbortSignal): Promise<readonly ClientCount[]>;
  /** The users of the server's access list, in its order, without anything of their passwords. Throws as `state` does. */
  users(address: PodAddress, signal: AbortSignal): Promise<readonly ServerUser[]>;
}

export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly at: string;
}

export interface MetricSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since 1970, and the value; what is not a number is left out. */
  readonly points: readonly (readonly [number, number])[];
}

export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
  readonly stepSeconds: number;
}

/** An alert rule as whatever evaluates it has it. */
export interface LoadedRule {
  readonly alert: string;
  readonly group: string;
  /** `ok`, `err`, `unknown` (not evaluated yet). */
  readonly health: string;
  readonly lastError: string;
  /** Undefined: never. */
  readonly lastEvaluationAt: string | undefined;
}

export interface MetricsReader {
  /** An instant PromQL query. Throws BotError `metrics.unreachable`, `metrics.query`, `metrics.not-configured`. */
  query(promql: string, signal: AbortSignal): Promise<readonly MetricSample[]>;
  /** The same over time. Throws as `query` does. */
  range(promql: string, range: TimeRange, signal: AbortSignal): Promise<readonly MetricSeries[]>;
  /**
   * The alert rules that are loaded. Throws as `query` does. None where the metrics store does not evaluate rules and does not
   * know who does (VictoriaMetrics without `-vmalert.proxyURL`).
   */
  rules(signal: AbortSignal): Promise<readonly LoadedRule[]>;
}

/** When an alert that always fires last came in. */
export interface Heartbeat {
  readonly labels: Readonly<Record<string, string>>;
  readonly lastAt: string;
}

/** An alert that Alertmanager has now, silenced or not. */
export interface ActiveAlert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAt: string;
}

/** What the bot made of a group of alerts. */
export interface SeenIncident {
  readonly id: string;
  readonly alert: string;
  /** Those that its alerts have in common. */
  readonly labels: Readonly<Record<string, string>>;
  /** When the first alert began, and when it came to the bot. */
  readonly openedAt: string;
  readonly createdAt: string;
  /** Undefined while it is open. */
  readonly resolvedAt: string | undefined;
}

/** The way of an alert from the rules to the bot. */
export interface AlertingReader {
  /** Names of the alerts that Alertmanager has, once for each. Throws BotError `alertmanager.*`. */
  activeAlertNames(signal: AbortSignal): Promise<readonly string[]>;
  /** All of them. Throws as `activeAlertNames` does. */
  activeAlerts(signal: AbortSignal): Promise<readonly ActiveAlert[]>;
  /** Open ones, and those that were resolved and are not forgotten yet. Throws BotError `kubernetes.*`. */
  incidents(signal: AbortSignal): Promise<readonly SeenIncident[]>;
  /** Throws BotError `kubernetes.*`. */
  heartbeats(signal: AbortSignal): Promise<readonly Heartbeat[]>;
}

/** What came of the last run of a runbook in the service: how each of its checks was. */
export interface LastResult {
  readonly at: string;
  readonly runId: string;
  readonly verdicts: Readonly<Record<string, string>>;
}

export interface LastResultReader {
  /** By `resultId`; undefined: there was none. Throws BotError `kubernetes.*`, `result.*`. */
  last(id: string, signal: AbortSignal): Promise<LastResult | undefined>;
}

/** Everything outside the bot that a read runbook may look at. */
export interface Platform {
  /** Throws BotError `config.unknown-cluster`, or the reason its kubeconfig cannot be used. */
  cluster(name: string): KubernetesReader;
  readonly servers: ServerReader;
  readonly metrics: MetricsReader;
  readonly alerting: AlertingReader;
  readonly testAlerts: TestAlerts;
  readonly own: OwnReader;
  readonly lastResults: LastResultReader;
  readonly git: GitReader;
  /** Looks at the way to an instance from inside a namespace. Changes nothing that stays. */
  readonly probes: ProbePods;
  /** The bot as a client of its own store, for a drill. What it writes is removed, or expires. */
  readonly canary: Canary;
  /**
   * Where an instance's pods were last seen, by `instanceKey`. A hint that lets the servers be asked while the fresh
   * list of pods is still on its way (and at all when the API server is down); never taken as the truth about pods.
   */
  readonly lastKnownPods: Map<string, readonly PodAddress[]>;
}
