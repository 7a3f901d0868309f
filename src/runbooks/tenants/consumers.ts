import type { InstanceConfig } from "../../config/file.ts";
import { read } from "../../platform/reading.ts";
import type { Tenant } from "../../tenants/change.ts";
import type { Check, Tree } from "../../tenants/draft.ts";
import { tenantsOf } from "../../tenants/inventory.ts";
import { instanceNameOf, namespaceOf } from "../../tenants/places.ts";
import { addressOf, lookAtMembers, type Members } from "../changes/members.ts";
import { contextOf } from "../instance/observe.ts";
import { plural } from "../instance/units.ts";
import type { PlanDeps } from "./deps.ts";

/** What must be known before a tenant goes: who is still connected, and whether its data can be saved a last time. */
export async function consumerChecks(
  deps: PlanDeps,
  name: string,
  tree: Tree,
  force: boolean,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { config } = deps;
  const tenant = tenantsOf(tree, config).find((one) => one.name === name)?.tenant;
  // The draft's own checks say that there is no such tenant.
  if (tenant === undefined) return [];
  const instance = instanceOf(tenant, deps);
  const command = `kubectl --context=${contextOf(config, instance.cluster)} -n ${instance.namespace} get pods`;
  const members = await read({ command, timeoutMs: config.readTimeoutMs * 2, signal }, (inner) =>
    lookAtMembers(nameOf(instance, deps), deps, inner),
  );
  if (!members.ok) {
    const unread: Check = {
      id: "consumers",
      verdict: force ? "warn" : "unknown",
      title: `Who is connected to ${instance.name} could not be read`,
      detail: members.reason,
    };
    return tenant.isolation === "own" ? [unread, snapshotCheck(tenant, members.reason, force)] : [unread];
  }
  const connected = await connectedCheck(deps, tenant, members.value, force, signal);
  return tenant.isolation === "own" ? [connected, snapshotCheck(tenant, undefined, force)] : [connected];
}

/** The instance that a tenant uses. */
export function instanceOf(tenant: Tenant, { config }: Pick<PlanDeps, "config">): InstanceConfig {
  if (tenant.isolation === "shared") return config.shared;
  const name = instanceNameOf(tenant);
  const namespace = namespaceOf(tenant, config);
  const known = config.instances.find((one) => one.name === name && one.namespace === namespace);
  const { cluster, image } = config.shared;
  return known ?? { cluster, image, name, namespace, replicas: tenant.replicas };
}

function nameOf(instance: InstanceConfig, { config }: Pick<PlanDeps, "config">): string | undefined {
  return instance === config.shared ? undefined : `${instance.namespace}/${instance.name}`;
}

async function connectedCheck(
  deps: PlanDeps,
  tenant: Tenant,
  { instance, primary }: Members,
  force: boolean,
  signal: AbortSignal,
): Promise<Check> {
  const { config, platform } = deps;
  const { readTimeoutMs: timeoutMs } = config;
  const id = "consumers";
  const [clients, ...pods] = await Promise.all([
    read({ command: `redis-cli -h ${primary.pod} CLIENT LIST`, timeoutMs, signal }, (inner) =>
      platform.servers.clients(addressOf(instance, primary), inner),
    ),
    ...tenant.clusters.map((cluster) =>
      read({ command: `kubectl -n ${tenant.namespace} get pods -o wide`, timeoutMs, signal }, (inner) =>
        platform.cluster(cluster).pods(tenant.namespace, "", inner),
      ),
    ),
  ]);
  if (!clients.ok) {
    const title = `Who is connected to ${primary.pod} could not be read`;
    return { id, verdict: force ? "warn" : "unknown", title, detail: clients.reason };
  }
  const unread = pods.find((reading) => !reading.ok);
  const own = new Map(
    pods.flatMap((reading) =>
      reading.ok ? reading.value.flatMap(({ ip, meta }) => (ip === undefined ? [] : [[ip, meta.name] as const])) : [],
    ),
  );
  // Everybody who is connected to an instance of one tenant is that tenant's; the probes come by the admin port.
  const theirs = tenant.isolation === "own" ? clients.value : clients.value.filter(({ address }) => own.has(address));
  if (theirs.length > 0) {
    const total = theirs.reduce((sum, { connections }) => sum + connections, 0);
    return {
      id,
      verdict: force ? "warn" : "fail",
      title: `${tenant.name} is still connected: ${plural(total, "connection")} from ${plural(theirs.length, "pod")}`,
      detail: `${theirs
        .slice(0, mostNamed)
        .map(({ address, connections }) => `${own.get(address) ?? address} (${connections})`)
        .join(
          ", ",
        )}. ${force ? "It goes all the same, because that was asked for" : "Stop them first, or ask with force"}`,
    };
  }
  if (tenant.isolation === "shared" && unread?.ok === false) {
    return {
      id,
      verdict: force ? "warn" : "unknown",
      title: `Whether ${tenant.namespace} is still connected could not be checked`,
      detail: unread.reason,
    };
  }
  return { id, verdict: "ok", title: `Nobody of ${tenant.name} is connected to ${primary.pod}`, detail: "" };
}

function snapshotCheck({ name }: Tenant, problem: string | undefined, force: boolean): Check {
  const id = "snapshot.final";
  if (problem === undefined) {
    return { id, verdict: "ok", title: `The data of ${name} can be saved once more before it goes`, detail: "" };
  }
  return {
    id,
    verdict: force ? "warn" : "fail",
    title: `The data of ${name} cannot be saved before it goes`,
    detail: `${problem}${force ? " It goes without a last snapshot, because that was asked for." : " Mend it first, or ask with force."}`,
  };
}

const mostNamed = 10;
