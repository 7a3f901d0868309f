import type { InstanceConfig } from "../../config/file.ts";
import type { KubernetesEvent, Kustomization } from "../../platform/kubernetes.ts";
import type { ClientCount, MetricSample, PodAddress } from "../../platform/ports.ts";
import { type Reading, read } from "../../platform/reading.ts";
import { contextOf, type ObserveContext } from "../instance/observe.ts";
import { instanceKey } from "../instance/target.ts";

/** What a triage reads besides the state of an instance: what happened, and what was changed. */
export interface GatheredEvidence {
  readonly events: Reading<readonly KubernetesEvent[]>;
  readonly kustomizations: Reading<readonly Kustomization[]>;
  readonly alerts: Reading<readonly MetricSample[]>;
  /** By pod; undefined for a container that is the pod's first. */
  readonly lastWords: ReadonlyMap<string, Reading<string | undefined>>;
  /** By pod; asked for only where the alert is about load. */
  readonly clients: ReadonlyMap<string, Reading<readonly ClientCount[]>>;
}

/** Alerts for which it matters who is connected: a list of ten thousand clients is not free. */
const aboutLoad = /Clients|CommandBurst|Memory|Evictions|ReplicaLagging|^unknown$/;
const container = "dragonfly";

/** Every source in parallel, each within its own time limit. */
export async function gatherEvidence(
  context: ObserveContext,
  instance: InstanceConfig,
  alert: string,
): Promise<GatheredEvidence> {
  const { config, platform, signal } = context;
  const { cluster, namespace, name } = instance;
  const kubectl = `kubectl --context=${contextOf(config, cluster)}`;
  const ask = <T>(command: string, fn: (inner: AbortSignal) => Promise<T>) =>
    read({ command, timeoutMs: config.readTimeoutMs, signal }, fn);
  const firing = `ALERTS{alertstate="firing",namespace=${JSON.stringify(namespace)}}`;
  const addresses = podsOf(context, instance);
  const byPod = async <T>(wanted: boolean, one: (address: PodAddress) => Promise<Reading<T>>) => {
    if (!wanted) return new Map<string, Reading<T>>();
    const pods = await addresses;
    return new Map(await Promise.all(pods.map(async (address) => [address.pod, await one(address)] as const)));
  };
  const [events, kustomizations, alerts, lastWords, clients] = await Promise.all([
    ask(`${kubectl} -n ${namespace} get events --sort-by=.lastTimestamp`, (inner) =>
      platform.cluster(cluster).events(namespace, inner),
    ),
    ask(`${kubectl} -n ${config.flux.namespace} get kustomizations.kustomize.toolkit.fluxcd.io`, (inner) =>
      platform.cluster(cluster).kustomizations(config.flux.namespace, inner),
    ),
    ask(`PromQL: ${firing}`, (inner) => platform.metrics.query(firing, inner)),
    byPod(true, ({ pod }) =>
      ask(`${kubectl} -n ${namespace} logs ${pod} -c ${container} --previous --tail=20`, (inner) =>
        platform.cluster(cluster).previousLog(namespace, pod, container, inner),
      ),
    ),
    byPod(aboutLoad.test(alert), (address) =>
      ask(`${kubectl} -n ${namespace} exec ${address.pod} -c ${container} -- redis-cli -p 9999 CLIENT LIST`, (inner) =>
        platform.servers.clients(address, inner),
      ),
    ),
  ]);
  return { events, kustomizations, alerts: withoutItself(alerts, alert, name), lastWords, clients };
}

/** Where the pods were last seen, so that nothing has to wait for the list of them. */
async function podsOf(context: ObserveContext, instance: InstanceConfig): Promise<readonly PodAddress[]> {
  const { config, platform, signal } = context;
  const known = platform.lastKnownPods.get(instanceKey(instance));
  if (known !== undefined) return known;
  const { cluster, namespace, name } = instance;
  const listed = await read({ command: "", timeoutMs: config.readTimeoutMs, signal }, (inner) =>
    platform.cluster(cluster).pods(namespace, `app=${name}`, inner),
  );
  return listed.ok ? listed.value.map(({ meta, ip }) => ({ cluster, namespace, pod: meta.name, ip })) : [];
}

function withoutItself(
  alerts: Reading<readonly MetricSample[]>,
  alert: string,
  app: string,
): Reading<readonly MetricSample[]> {
  if (!alerts.ok) return alerts;
  const others = alerts.value.filter(
    ({ labels }) => labels["alertname"] !== alert && (labels["app"] === undefined || labels["app"] === app),
  );
  return { ...alerts, value: others };
}
