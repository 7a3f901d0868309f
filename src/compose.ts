import { createAlertManager } from "./alertmanager/client.ts";
import { createTestAlerts } from "./alertmanager/test-alerts.ts";
import { seenIncident } from "./alerts/incident.ts";
import type { AlertManager } from "./alerts/manager.ts";
import type { IncidentStore } from "./alerts/store.ts";
import { type ArrivalStore, arrivalsId } from "./alerts/test-alert.ts";
import type { HeartbeatStore } from "./alerts/watchdog.ts";
import { chainHeads } from "./audit/chain.ts";
import type { ClusterConfig, Config } from "./config/file.ts";
import type { Settings } from "./config/load.ts";
import { createServerCommands } from "./dragonfly/commands.ts";
import type { Dial } from "./dragonfly/over-stream.ts";
import { createServerReader } from "./dragonfly/reader.ts";
import { BotError } from "./errors.ts";
import { createGit } from "./git/git.ts";
import { noGit, noGitChanges } from "./git/not-configured.ts";
import { type ClusterAccess, loadAccess } from "./kubernetes/access.ts";
import { createArrivalStore } from "./kubernetes/arrival-store.ts";
import { createHeartbeatStore } from "./kubernetes/heartbeat-store.ts";
import { createIncidentStore } from "./kubernetes/incident-store.ts";
import { type DialPod, dialDirectly, dialThroughApi } from "./kubernetes/pod-dialer.ts";
import { createPodEvictor } from "./kubernetes/pod-evictor.ts";
import { createProbePods } from "./kubernetes/probe-pods.ts";
import { createKubernetesReader } from "./kubernetes/reader.ts";
import { type CallApi, createCallApi } from "./kubernetes/request.ts";
import { createResultStore } from "./kubernetes/result-store.ts";
import { createRunStore } from "./kubernetes/run-store.ts";
import { createScheduleStore } from "./kubernetes/schedule-store.ts";
import { createMetricsReader } from "./metrics/reader.ts";
import type { PlatformChanges } from "./platform/changes.ts";
import type { GitChanges } from "./platform/git.ts";
import type { KubernetesReader, Platform } from "./platform/ports.ts";
import type { ResultStore } from "./records/kept-result.ts";
import type { ScheduleStore } from "./records/schedule.ts";
import type { RunStore } from "./runbooks/durable/store.ts";
import { createCanary } from "./store/canary.ts";

interface ComposedCluster {
  readonly reader: KubernetesReader;
  readonly call: CallApi;
  readonly dial: DialPod;
}

/** Everything outside the bot: what may be read of it, and what may be done to it once that is approved. */
export interface Composed {
  readonly platform: Platform;
  readonly changes: PlatformChanges;
  /** What change runbooks do to the Git project; it is read as `platform.git`. */
  readonly git: GitChanges;
  /** In the bot's own namespace of the shared instance's cluster. */
  readonly runs: RunStore;
  readonly incidents: IncidentStore;
  readonly heartbeats: HeartbeatStore;
  readonly arrivals: ArrivalStore;
  readonly alertManager: AlertManager;
  readonly results: ResultStore;
  readonly schedules: ScheduleStore;
}

export function composePlatform(settings: Settings): Platform {
  return compose(settings).platform;
}

/**
 * Builds the real platform from the settings. Nothing is connected to before it is first used.
 *
 * @param storeUrl asked whenever the canary of a drill connects: a password that was changed in its file needs no restart
 */
export function compose(
  { config, environment }: Settings,
  onUnreadable?: (name: string, error: unknown) => void,
  storeUrl: () => string | undefined = () => environment.storeUrl,
): Composed {
  const clusters = new Map(
    config.clusters.map((cluster): [string, ComposedCluster] => {
      const access = accessTo(cluster, environment.kubeconfig);
      // Loaded once, and again after a failure: a login that was mended needs no restart.
      let loaded: ReturnType<typeof loadAccess> | undefined;
      const load = () => {
        loaded ??= loadAccess(access).catch((error: unknown) => {
          loaded = undefined;
          throw error;
        });
        return loaded;
      };
      const call = createCallApi(cluster.name, load);
      const reader = createKubernetesReader(cluster.name, access.context, call);
      const direct = cluster.reachPods === "direct" || (cluster.reachPods === "auto" && access.inCluster);
      return [cluster.name, { reader, call, dial: direct ? dialDirectly : dialThroughApi(load) }];
    }),
  );
  const find = (name: string) => {
    const cluster = clusters.get(name);
    if (cluster === undefined) throw unknownCluster(name, config);
    return cluster;
  };
  const dial: Dial = (address, port, signal) => find(address.cluster).dial(address, port, signal);
  const home = {
    cluster: config.shared.cluster,
    namespace: config.home.namespace,
    call: (request: Parameters<CallApi>[0], signal: AbortSignal) => find(config.shared.cluster).call(request, signal),
    timeoutMs: config.readTimeoutMs,
    onUnreadable,
  };
  const alertManager = createAlertManager(environment.alertmanagerUrl);
  const heartbeats = createHeartbeatStore(home);
  const arrivals = createArrivalStore(home);
  const results = createResultStore(home);
  const incidents = createIncidentStore(home);
  const git =
    environment.gitlab === undefined ? { reader: noGit, changes: noGitChanges } : createGit(environment.gitlab);
  return {
    platform: {
      cluster: (name) => find(name).reader,
      servers: createServerReader(dial),
      metrics: createMetricsReader(environment.prometheusUrl),
      alerting: {
        activeAlertNames: async (signal) => (await alertManager.activeAlerts(signal)).map(({ name }) => name),
        activeAlerts: alertManager.activeAlerts,
        incidents: async () => (await incidents.list()).map(({ record }) => seenIncident(record)),
        heartbeats: async () => (await heartbeats.list()).map(({ record }) => record),
      },
      testAlerts: createTestAlerts(
        environment.alertmanagerUrl,
        async () => (await arrivals.get(arrivalsId))?.record.nonces ?? [],
      ),
      own: {
        queueDangers: undefined,
        auditLog: "the audit log in DATA_DIR here",
        auditHeads: async () => {
          const { readAuditJournal } = await import("./journal/audit-journal.ts");
          return { heads: chainHeads(readAuditJournal(environment.dataDir)), complete: true };
        },
      },
      lastResults: { last: async (id) => (await results.get(id))?.record },
      git: git.reader,
      probes: createProbePods((name) => find(name).call),
      canary: createCanary({ url: storeUrl, prefix: environment.storePrefix }),
      lastKnownPods: new Map(),
    },
    git: git.changes,
    runs: createRunStore(home),
    incidents,
    heartbeats,
    arrivals,
    results,
    schedules: createScheduleStore(home),
    alertManager,
    changes: { ...createServerCommands(dial), evictPod: createPodEvictor((name) => find(name).call) },
  };
}

/** Without a kubeconfig, in a pod, the first cluster is the one the pod runs in. */
function accessTo(cluster: ClusterConfig, kubeconfigPath: string | undefined): ClusterAccess {
  return {
    cluster: cluster.name,
    context: cluster.context ?? cluster.name,
    inCluster: cluster.inCluster,
    kubeconfigPath,
  };
}

function unknownCluster(name: string, config: Config): BotError {
  return new BotError(
    "config.unknown-cluster",
    `dfbot.yaml has no cluster "${name}"`,
    `It has: ${config.clusters.map((cluster) => cluster.name).join(", ")}`,
  );
}
