import type { Config, InstanceConfig } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import type { ExternalSecret, HelmRelease, OciRepository } from "../../platform/kubernetes.ts";
import type { Heartbeat, LoadedRule, MetricSample, PodAddress } from "../../platform/ports.ts";
import { type Reading, read } from "../../platform/reading.ts";
import type { ServerUser } from "../../platform/server.ts";
import { parseUserLine } from "../../platform/server-user.ts";
import { accessLines } from "../../tenants/users.ts";
import { contextOf, type InstanceObservation, type ObserveContext, observeInstance } from "../instance/observe.ts";
import { instanceKey } from "../instance/target.ts";
import { type DriftObservation, type KustomizationsObservation, observeDrift } from "./drift/observe.ts";
import { type NamespacesObservation, observeNamespaces } from "./observe-namespaces.ts";
import { observeSources, type SourcePolicies } from "./observe-sources.ts";
import { observeTestAlert, type TestAlertOutcome } from "./observe-test-alert.ts";
import { observeWays, type WaysObservation } from "./observe-ways.ts";

/** What Git says, at the head of the branch that Flux applies. */
export interface GitObservation {
  readonly head: string;
  /** Of the shared instance. */
  readonly users: readonly ServerUser[];
}

/** The users that a pod's server knows. */
export interface UsersObservation {
  readonly pod: string;
  readonly users: Reading<readonly ServerUser[]>;
}

/** What `status` looks at, and what only the criteria ask for. */
export interface VerifyObservation extends InstanceObservation {
  readonly accessLists: readonly UsersObservation[];
  /** When the newest sample of each pod was taken: its value is that time, in seconds since 1970. */
  readonly samples: Reading<readonly MetricSample[]>;
  readonly loadedRules: Reading<readonly LoadedRule[]>;
  readonly watchdog: Reading<readonly MetricSample[]>;
  readonly heartbeats: Reading<readonly Heartbeat[]>;
  readonly release: Reading<HelmRelease>;
  readonly chart: Reading<OciRepository>;
  readonly kustomizations: readonly KustomizationsObservation[];
  readonly drift: readonly DriftObservation[];
  readonly git: Reading<GitObservation>;
  readonly externalSecrets: Reading<readonly ExternalSecret[]>;
  /** Of every cluster. */
  readonly namespaces: readonly NamespacesObservation[];
  /** The other ends' own policies. */
  readonly sources: readonly SourcePolicies[];
  /** What the bot's own connection to its queue's store sees; undefined in a terminal, which has none. */
  readonly queueDangers: Reading<readonly string[]> | undefined;
  /** Undefined: this run was asked to make no probes. */
  readonly ways: WaysObservation | undefined;
  /** Undefined: as above. */
  readonly testAlert: Reading<TestAlertOutcome> | undefined;
}

/** Whether it is the one that the lists of namespaces, the shipped rules and the users in Git are about. */
export function isSharedInstance({ namespace, name }: InstanceConfig, { shared }: Config): boolean {
  return namespace === shared.namespace && name === shared.name;
}

/** Git is further away than the clusters, and is asked twice. */
const gitWithinMs = 20_000;

/**
 * Reads every source once, all at the same time; what is known only from another answer (where the servers are, what Flux applied)
 * comes after it.
 */
export async function observeVerification(
  context: ObserveContext,
  instance: InstanceConfig,
  withProbes: boolean,
): Promise<VerifyObservation> {
  const { config, platform, signal } = context;
  const { operator, flux } = config;
  const within = <T>(command: string, fn: (inner: AbortSignal) => Promise<T>) =>
    read({ command, timeoutMs: config.readTimeoutMs, signal }, fn);
  const kubectl = (cluster: string) => `kubectl --context=${contextOf(config, cluster)}`;
  const samplesQuery = `timestamp(dragonfly_master{namespace="${instance.namespace}",app="${instance.name}"})`;
  const watchdogQuery = `ALERTS{alertname=${JSON.stringify(config.alerts.watchdog.alert)},alertstate="firing"}`;
  const queue = platform.own.queueDangers;
  const inOperator = `${kubectl(operator.cluster)} -n`;
  const withServers = async () => {
    const observed = observeInstance(context, instance);
    const [seen, accessLists] = await Promise.all([observed, observeUsers(context, instance, observed)]);
    return { ...seen, accessLists };
  };
  const kustomizations = Promise.all(
    Object.keys(config.verify.kustomizations).map(async (cluster) => ({
      cluster,
      found: await within(`${kubectl(cluster)} -n ${flux.namespace} get kustomizations`, (inner) =>
        platform.cluster(cluster).kustomizations(flux.namespace, inner),
      ),
    })),
  );
  const git = observeGit(context);
  const [
    seen,
    samples,
    loadedRules,
    watchdog,
    heartbeats,
    release,
    chart,
    flows,
    drift,
    head,
    sources,
    namespaces,
    externalSecrets,
    queueDangers,
    ways,
    testAlert,
  ] = await Promise.all([
    withServers(),
    within(`PromQL: ${samplesQuery}`, (inner) => platform.metrics.query(samplesQuery, inner)),
    within("curl $PROMETHEUS_URL/api/v1/rules", (inner) => platform.metrics.rules(inner)),
    within(`PromQL: ${watchdogQuery}`, (inner) => platform.metrics.query(watchdogQuery, inner)),
    within(
      `${kubectl(config.shared.cluster)} -n ${config.home.namespace} get cm -l dfbot.platform/record=heartbeat`,
      (inner) => platform.alerting.heartbeats(inner),
    ),
    within(`${inOperator} ${operator.namespace} get helmrelease ${operator.deployment}`, (inner) =>
      platform.cluster(operator.cluster).helmRelease(operator.namespace, operator.deployment, inner),
    ),
    within(
      `${inOperator} ${flux.namespace} get ocirepository ${operator.deployment} -o jsonpath={.spec.ref}`,
      (inner) => platform.cluster(operator.cluster).ociRepository(flux.namespace, operator.deployment, inner),
    ),
    kustomizations,
    observeDrift(context, kustomizations, git),
    git,
    observeSources(context, instance, isSharedInstance(instance, config)),
    observeNamespaces(context),
    within(`${kubectl(instance.cluster)} -n ${instance.namespace} get externalsecrets`, (inner) =>
      platform.cluster(instance.cluster).externalSecrets(instance.namespace, inner),
    ),
    queue === undefined ? undefined : within('redis-cli -u "$STORE_URL" INFO', queue),
    withProbes ? observeWays(context, instance, isSharedInstance(instance, config)) : undefined,
    withProbes ? observeTestAlert(context) : undefined,
  ]);
  return {
    ...seen,
    samples,
    loadedRules,
    watchdog,
    heartbeats,
    release,
    chart,
    kustomizations: flows,
    drift,
    git: head,
    sources,
    namespaces,
    externalSecrets,
    queueDangers,
    ways,
    testAlert,
  };
}

/** As the servers themselves: asked where they were last seen, and again where they turn out to be elsewhere. */
function observeUsers(
  { config, platform, signal }: ObserveContext,
  instance: InstanceConfig,
  whereTheyAre: Promise<InstanceObservation>,
): Promise<readonly UsersObservation[]> {
  const { cluster, namespace } = instance;
  const ask = (address: PodAddress) => {
    const command = `kubectl --context=${contextOf(config, cluster)} -n ${namespace} exec ${address.pod} -c dragonfly -- redis-cli -p 9999 ACL LIST`;
    return read({ command, timeoutMs: config.readTimeoutMs, signal }, (inner) =>
      platform.servers.users(address, inner),
    );
  };
  const early = (platform.lastKnownPods.get(instanceKey(instance)) ?? []).map((address) => ({
    address,
    users: ask(address),
  }));
  return whereTheyAre.then(({ servers }) =>
    Promise.all(
      servers.map(async ({ name: pod, pod: known }) => {
        const asked = early.find(
          ({ address }) => address.pod === pod && (known === undefined || address.ip === known.ip),
        );
        const users = await (asked?.users ?? ask({ cluster, namespace, pod, ip: known?.ip }));
        return { pod, users };
      }),
    ),
  );
}

function observeGit({ config, platform, signal }: ObserveContext): Promise<Reading<GitObservation>> {
  const { branch } = config.tenants;
  return read({ command: `git ls-remote origin ${branch}`, timeoutMs: gitWithinMs, signal }, async (inner) => {
    const head = await platform.git.head(branch, inner);
    if (head === undefined)
      throw new BotError(
        "git.not-found",
        `the Git project has no branch ${branch}`,
        "Correct tenants.branch in dfbot.yaml",
      );
    const lines = await accessLines((path) => platform.git.file(head, path, inner), config);
    // The password is an action of a template, which ends with a blank before its braces.
    const users = lines.flatMap((line) => parseUserLine(line.replace(/>\{\{.*?\}\}/g, ">")) ?? []);
    return { head, users };
  });
}
