import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findStore, type StoreBinary } from "../dragonfly/find-store.ts";
import { ObjectStore } from "../kubernetes/object-store.ts";
import { type Metrics, startMetrics } from "../metrics/metrics.ts";
import { botConfig } from "./bot-config.ts";
import { type Cluster, kubeconfigOf, startApis } from "./cluster-apis.ts";
import { startControlPlane } from "./control-plane.ts";
import type { Flux } from "./flux/flux.ts";
import { type GitOpsOptions, startFlux, whyBotIsMissing } from "./flux/start-flux.ts";
import { whyUnhealthy } from "./health.ts";
import { createKubelet, type Kubelet } from "./kubelet/kubelet.ts";
import { claimNetwork } from "./loopback.ts";
import { isDropped } from "./network/enforcement.ts";
import { startNameServer } from "./network/name-server.ts";
import { serviceNames } from "./network/service-names.ts";
import { createOperator, type Operator } from "./operator/operator.ts";
import { places } from "./places.ts";
import { applyBareCluster, applyPlatform } from "./platform/platform.ts";
import { createSecretStore, createVault, passwordOf, type SecretStore } from "./platform/vault.ts";
import { createServiceProxies } from "./service-proxies.ts";
import { createSnapshotSchedule } from "./snapshot-schedule.ts";
import { getView, serviceView } from "./views.ts";

export interface WorldOptions {
  /** How long a primary may be unready before the operator makes another one. */
  readonly operatorDelayMs?: number;
  /** Before a container's first restart. */
  readonly restartDelayMs?: number;
  /** Collect metrics with VictoriaMetrics when it is installed (default true). */
  readonly metrics?: boolean;
  /** How the bot's configuration says that pods are reached (default `auto`: port-forward outside a cluster). */
  readonly reachPods?: "auto" | "direct" | "port-forward";
  readonly store?: StoreBinary;
  /** What else the section `alerts` of the bot's configuration says. */
  readonly alerts?: Readonly<Record<string, unknown>>;
  /** The section `schedules`: what the bot runs by itself. Nothing when left out. */
  readonly schedules?: Readonly<Record<string, unknown>>;
  /** Apply what is in Git, as Flux does, for as long as the world runs. Without it the shipped tree is applied once. */
  readonly gitops?: GitOpsOptions;
  /** Passwords of new tenants are put into the secret store as soon as something looks for them there. */
  readonly secretsOnDemand?: boolean;
  /** Words for people, once each: what is missing, what failed. */
  readonly onNotice?: (text: string) => void;
}

export interface Instance {
  readonly namespace: string;
  readonly name: string;
}

/** The shared instance that the world runs. */
export const instance = { namespace: "dragonfly-system", name: "dragonfly" } as const satisfies Instance;
export const operatorNamespace = "dragonfly-operator-system";

/** Not 53, which an ordinary user may not open. */
const dnsPort = 1053;

export interface NetworkFaults {
  /** Whatever the policies say; undefined: as they say. */
  drops: "everything" | "nothing" | undefined;
  /** Clusters whose DNS answers nobody. */
  readonly silentDns: Set<string>;
}

/** Two clusters whose objects are derived from real store processes. */
export interface World {
  readonly infra: Cluster;
  readonly apps: Cluster;
  readonly clusters: readonly Cluster[];
  readonly kubelet: Kubelet;
  readonly operator: Operator;
  /** Undefined when the world was started without `gitops`. */
  readonly flux: Flux | undefined;
  readonly secrets: SecretStore;
  readonly metrics: Metrics | undefined;
  readonly store: StoreBinary;
  /** `host:port` of the Service in front of the primary, for clients. */
  readonly serviceAddress: string;
  /** What is wrong with the network; to be changed while the world runs. */
  readonly networkFaults: NetworkFaults;
  /** The same of a tenant's instance; throws when it has no Service. */
  addressOf(of: Instance): string;
  /** A URL for one of its users: `dfbot`, `gitlab`, `harbor`. */
  storeUrl(user: string): string;
  /** Contexts `infra` and `apps`, as the bot's own user. */
  readonly kubeconfigPath: string;
  /** The same contexts as cluster administrator, for a person with kubectl. */
  readonly adminKubeconfigPath: string;
  readonly prometheusUrl: string | undefined;
  /** Text of a dfbot.yaml for this world. */
  readonly dfbotYaml: string;
  /** Folder that goes away with the world. */
  readonly directory: string;
  /** Folder of a volume claim, of the shared instance unless another namespace is named. */
  volume(claim: string, namespace?: string): string;
  /** What the bot needs in its environment to work in this world. */
  env(): Record<string, string>;
  /** Resolves when nothing is wrong with the (shared) instance; rejects when that stays so, saying what is. */
  whenHealthy(of?: Instance): Promise<void>;
  /**
   * Controllers, operator and kubelet see nothing until the returned function is called; servers and API go on. With `pods`, new pods
   * are still started, and Services lead where their objects say.
   */
  freeze(but?: "pods"): () => void;
  stop(): Promise<void>;
}

/** Starts a world and returns when its instance is healthy. Everything it started ends with `stop`. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { onNotice = () => {} } = options;
  const store = options.store ?? findStore();
  const network = await claimNetwork();
  const directory = mkdtempSync(join(tmpdir(), "dfbot-world-"));
  const volumes = join(directory, "volumes");
  const vault = createVault();
  const cleanups: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true }), network.release];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  };
  try {
    const stores = { infra: new ObjectStore(), apps: new ObjectStore() };
    const networkFaults: NetworkFaults = { drops: undefined, silentDns: new Set() };
    for (const cluster of ["infra", "apps"] as const) {
      if (options.gitops === undefined) applyPlatform(stores[cluster], cluster, vault);
      else applyBareCluster(stores[cluster], cluster);
    }

    const startKubelet = async (cluster: "infra" | "apps") => {
      const names = serviceNames(stores[cluster]);
      const nameServer = await startNameServer(
        network.nameServers[cluster],
        { get: (name) => (networkFaults.silentDns.has(cluster) ? "silence" : names.get(name)) },
        dnsPort,
      );
      cleanups.push(() => nameServer.close());
      return createKubelet({
        objects: stores[cluster].as("kubelet"),
        store,
        volumes,
        network: {
          nameServer: `${network.nameServers[cluster]}:${dnsPort}`,
          isDropped: (ip, host, port) => {
            if (networkFaults.drops !== undefined) return networkFaults.drops === "everything";
            return isDropped(stores, { cluster, ip, host, port });
          },
        },
        nextIp: () => network.podAddress(cluster),
        restartDelayMs: options.restartDelayMs ?? 1_500,
        graceMs: 2_000,
        onChange: () => controlPlane.poke(),
      });
    };
    const [kubelet, appsKubelet] = await Promise.all([startKubelet("infra"), startKubelet("apps")]);
    const operator = createOperator({
      // Its binary's name, which it calls itself by.
      store: stores.infra.as("manager"),
      namespace: operatorNamespace,
      delayMs: options.operatorDelayMs ?? 500,
    });
    const saveOnSchedule =
      store.kind === "dragonfly" ? () => {} : createSnapshotSchedule(stores.infra, kubelet, new Date());
    const proxies = createServiceProxies([stores.infra, stores.apps]);
    const secrets = createSecretStore(vault, () => controlPlane.poke());
    const controlPlane = startControlPlane({
      stores,
      kubelets: [kubelet, appsKubelet],
      operator,
      proxies,
      vault,
      secrets,
      secretsOnDemand: options.secretsOnDemand === true,
      serviceAddress: network.serviceAddress,
      saveOnSchedule,
      onError: (error) => onNotice(`world: ${error instanceof Error ? error.message : String(error)}`),
    });
    cleanups.push(
      () => kubelet.stop(),
      () => appsKubelet.stop(),
      () => proxies.stop(),
      () => controlPlane.stop(),
    );
    const flux = options.gitops && startFlux(options.gitops, stores, directory, onNotice);
    if (flux !== undefined) cleanups.push(() => flux.stop());

    const users = await startApis(stores, { infra: kubelet, apps: appsKubelet }, cleanups);
    const metrics =
      options.metrics === false
        ? undefined
        : await startMetrics({
            objects: stores.infra,
            volumes,
            directory,
            address: network.metricsAddress,
            onNotice,
          });
    if (metrics !== undefined) cleanups.push(() => metrics.stop());

    const write = (name: string, text: string) => {
      const path = join(directory, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    const { infra, apps } = users;
    const kubeconfigPath = write("kubeconfig", kubeconfigOf([infra, apps], "botToken"));
    const adminKubeconfigPath = write("admin-kubeconfig", kubeconfigOf([infra, apps], "adminToken"));
    if (flux !== undefined) await waitUntilHealthy(async () => whyBotIsMissing(stores.infra));
    const dfbotYaml = botConfig(stores.infra, { ...options, reachPods: options.reachPods ?? "auto" });
    const configPath = write("dfbot.yaml", dfbotYaml);
    const addressOf = ({ namespace, name }: Instance) => {
      const service = getView(stores.infra, places.services, serviceView, namespace, name);
      return service?.spec.clusterIP === undefined ? undefined : `${service.spec.clusterIP}:6379`;
    };
    const world: World = {
      infra,
      apps,
      clusters: [infra, apps],
      kubelet,
      operator,
      flux,
      secrets,
      metrics,
      store,
      get serviceAddress() {
        return addressOf(instance) ?? "127.0.0.1:6379";
      },
      networkFaults,
      addressOf: (of) => {
        const found = addressOf(of);
        if (found === undefined) throw new Error(`${of.namespace}/${of.name} has no Service with an address`);
        return found;
      },
      storeUrl: (user) => `redis://${user}:${passwordOf(vault, user)}@${world.serviceAddress}`,
      kubeconfigPath,
      adminKubeconfigPath,
      prometheusUrl: metrics?.url,
      dfbotYaml,
      directory,
      volume: (claim, namespace = instance.namespace) => join(volumes, namespace, claim),
      env: () => ({
        KUBECONFIG: kubeconfigPath,
        STORE_URL: world.storeUrl("dfbot"),
        DFBOT_CONFIG: configPath,
        DATA_DIR: join(directory, "bot"),
        ...(metrics === undefined ? {} : { PROMETHEUS_URL: metrics.url }),
      }),
      whenHealthy: (of = instance) => waitUntilHealthy(() => whyUnhealthy({ objects: stores.infra, instance: of })),
      freeze: controlPlane.freeze,
      stop,
    };
    const scraped = metrics?.whenScraped().catch((error: unknown) => onNotice(String(error)));
    await world.whenHealthy();
    await firstSnapshot(world);
    // So that the first answer already knows how full the volumes are.
    await scraped;
    return world;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As if the schedule had just run, so that there is something to restart from. */
async function firstSnapshot({ infra, kubelet }: World): Promise<void> {
  const primary = infra.objects
    .list(places.pods, instance.namespace)
    .find((pod) => pod.metadata.labels?.["role"] === "master");
  await kubelet.container(instance.namespace, primary?.metadata.name ?? "")?.snapshot();
}

/** Many times what it takes: the machine may be busy. */
const healthyWithinMs = 60_000;

async function waitUntilHealthy(why: () => Promise<string | undefined>): Promise<void> {
  const deadline = Date.now() + healthyWithinMs;
  for (;;) {
    const problem = await why();
    if (problem === undefined) return;
    if (Date.now() > deadline) throw new Error(`The world is not healthy: ${problem}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
