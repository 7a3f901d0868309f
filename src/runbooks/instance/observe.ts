import type { Config, InstanceConfig } from "../../config/file.ts";
import type { Policy } from "../../network-policy/model.ts";
import type {
  CustomResourceDefinition,
  Deployment,
  DragonflyResource,
  Endpoint,
  Monitor,
  Node,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  Service,
  StatefulSet,
} from "../../platform/kubernetes.ts";
import type { KubernetesReader, MetricSample, MetricSeries, Platform } from "../../platform/ports.ts";
import { type Reading, read } from "../../platform/reading.ts";
import { observeServers, type ServerObservation } from "./observe-servers.ts";

export const crdName = "dragonflies.dragonflydb.io";

/** The same namespace as another cluster of the mesh sees it. */
export interface RemoteObservation {
  readonly cluster: string;
  readonly services: Reading<readonly Service[]>;
  readonly endpoints: Reading<readonly Endpoint[]>;
}

/** What the routing verdict needs: who is primary, and where the Services lead. */
export interface RoutingObservation extends ServerObservation {
  readonly services: Reading<readonly Service[]>;
  readonly endpoints: Reading<readonly Endpoint[]>;
}

/** Everything `status` looks at, each source a reading of its own. */
export interface InstanceObservation extends RoutingObservation {
  readonly operator: Reading<Deployment>;
  readonly operatorBudgets: Reading<readonly PodDisruptionBudget[]>;
  readonly crd: Reading<CustomResourceDefinition>;
  readonly resource: Reading<DragonflyResource>;
  readonly statefulSet: Reading<StatefulSet>;
  readonly nodes: Reading<readonly Node[]>;
  readonly claims: Reading<readonly PersistentVolumeClaim[]>;
  readonly volumeUse: Reading<readonly MetricSample[]>;
  /** Used share of maxmemory over the last hour, a series for each pod. */
  readonly memoryTrend: Reading<readonly MetricSeries[]>;
  readonly budgets: Reading<readonly PodDisruptionBudget[]>;
  readonly policies: Reading<readonly Policy[]>;
  /** Of the namespace, and those that hold in all. */
  readonly ciliumPolicies: Reading<readonly Policy[]>;
  readonly podMonitors: Reading<readonly Monitor[]>;
  readonly rules: Reading<readonly Monitor[]>;
  readonly remotes: readonly RemoteObservation[];
}

export interface ObserveContext {
  readonly config: Config;
  readonly platform: Platform;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

type Ask = <T>(
  cluster: string,
  what: string,
  fn: (kubernetes: KubernetesReader, signal: AbortSignal) => Promise<T>,
) => Promise<Reading<T>>;

/** Asks one cluster, with the kubectl line that a person would type as the reading's command. */
function asker({ config, platform, signal }: ObserveContext): Ask {
  return (cluster, what, fn) =>
    read(
      { command: `kubectl --context=${contextOf(config, cluster)} ${what}`, timeoutMs: config.readTimeoutMs, signal },
      (inner) => fn(platform.cluster(cluster), inner),
    );
}

/** The kube context that commands shown to people name. */
export function contextOf(config: Config, cluster: string): string {
  return config.clusters.find(({ name }) => name === cluster)?.context ?? cluster;
}

/** The part of the picture that `role` needs: pods, servers, Services and their endpoints, all at once. */
export async function observeRouting(context: ObserveContext, instance: InstanceConfig): Promise<RoutingObservation> {
  const ask = asker(context);
  const { cluster, namespace } = instance;
  const [servers, paths] = await Promise.all([
    observeServers({
      platform: context.platform,
      instance,
      context: contextOf(context.config, cluster),
      timeoutMs: context.config.readTimeoutMs,
      signal: context.signal,
    }),
    observePaths(ask, cluster, namespace),
  ]);
  return { ...servers, ...paths };
}

/** The whole picture, all sources in parallel, each within its own time limit. */
export async function observeInstance(context: ObserveContext, instance: InstanceConfig): Promise<InstanceObservation> {
  const ask = asker(context);
  const { config, platform, signal } = context;
  const { cluster, namespace, name } = instance;
  const operator = config.operator;
  const remotes = config.clusters
    .filter((other) => other.name !== cluster)
    .map((other) => observeRemote(ask, other.name, namespace));
  const volumeQuery = volumeUseQuery(instance);
  const trendQuery = memoryTrendQuery(instance);
  const to = context.now();
  const [
    routing,
    operatorDeployment,
    operatorBudgets,
    crd,
    resource,
    statefulSet,
    nodes,
    claims,
    volumeUse,
    memoryTrend,
    budgets,
    policies,
    ciliumPolicies,
    podMonitors,
    rules,
    seen,
  ] = await Promise.all([
    observeRouting(context, instance),
    ask(operator.cluster, `-n ${operator.namespace} get deployment ${operator.deployment}`, (k, s) =>
      k.deployment(operator.namespace, operator.deployment, s),
    ),
    ask(operator.cluster, `-n ${operator.namespace} get pdb`, (k, s) => k.podDisruptionBudgets(operator.namespace, s)),
    ask(cluster, `get crd ${crdName}`, (k, s) => k.customResourceDefinition(crdName, s)),
    ask(cluster, `-n ${namespace} get dragonflies.dragonflydb.io ${name}`, (k, s) => k.dragonfly(namespace, name, s)),
    ask(cluster, `-n ${namespace} get statefulset ${name}`, (k, s) => k.statefulSet(namespace, name, s)),
    ask(cluster, "get nodes -L topology.kubernetes.io/zone", (k, s) => k.nodes(s)),
    ask(cluster, `-n ${namespace} get pvc`, (k, s) => k.persistentVolumeClaims(namespace, s)),
    read({ command: `PromQL: ${volumeQuery}`, timeoutMs: config.readTimeoutMs, signal }, (inner) =>
      platform.metrics.query(volumeQuery, inner),
    ),
    read({ command: `PromQL: ${trendQuery}`, timeoutMs: config.readTimeoutMs, signal }, (inner) =>
      platform.metrics.range(trendQuery, { from: new Date(to.getTime() - 3_600_000), to, stepSeconds: 120 }, inner),
    ),
    ask(cluster, `-n ${namespace} get pdb`, (k, s) => k.podDisruptionBudgets(namespace, s)),
    ask(cluster, `-n ${namespace} get networkpolicy`, (k, s) => k.networkPolicies(namespace, s)),
    ask(cluster, `-n ${namespace} get ciliumnetworkpolicy,ciliumclusterwidenetworkpolicy`, async (k, s) =>
      (await Promise.all([k.ciliumNetworkPolicies(namespace, s), k.ciliumClusterwidePolicies(s)])).flat(),
    ),
    ask(cluster, `-n ${namespace} get podmonitor`, (k, s) => k.monitors(namespace, "PodMonitor", s)),
    ask(cluster, `-n ${namespace} get prometheusrule`, (k, s) => k.monitors(namespace, "PrometheusRule", s)),
    Promise.all(remotes),
  ]);
  return {
    ...routing,
    operator: operatorDeployment,
    operatorBudgets,
    crd,
    resource,
    statefulSet,
    nodes,
    claims,
    volumeUse,
    memoryTrend,
    budgets,
    policies,
    ciliumPolicies,
    podMonitors,
    rules,
    remotes: seen,
  };
}

async function observeRemote(ask: Ask, cluster: string, namespace: string): Promise<RemoteObservation> {
  return { cluster, ...(await observePaths(ask, cluster, namespace)) };
}

/** The Services of a namespace and where they lead. */
async function observePaths(
  ask: Ask,
  cluster: string,
  namespace: string,
): Promise<Pick<RoutingObservation, "services" | "endpoints">> {
  const [services, endpoints] = await Promise.all([
    ask(cluster, `-n ${namespace} get services`, (k, s) => k.services(namespace, s)),
    ask(cluster, `-n ${namespace} get endpointslices`, (k, s) => k.endpoints(namespace, s)),
  ]);
  return { services, endpoints };
}

/** Used share of every volume of the instance, from the kubelet: the only source for it without access to nodes. */
function volumeUseQuery({ namespace, name }: InstanceConfig): string {
  const of = `{namespace="${namespace}",persistentvolumeclaim=~"df-${name}-.+"}`;
  return `kubelet_volume_stats_used_bytes${of} / kubelet_volume_stats_capacity_bytes${of}`;
}

function memoryTrendQuery({ namespace, name }: InstanceConfig): string {
  const of = `{namespace="${namespace}",app="${name}"}`;
  return `dragonfly_memory_used_bytes${of} / dragonfly_memory_max_bytes${of}`;
}
