import type { Config, InstanceConfig } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import type { PlatformChanges } from "../../platform/changes.ts";
import type { Platform, PodAddress } from "../../platform/ports.ts";
import { contextOf } from "../instance/observe.ts";
import { observeServers } from "../instance/observe-servers.ts";
import { takeRoster } from "../instance/roster.ts";
import { resolveInstance } from "../instance/target.ts";

export interface ChangeDeps {
  readonly config: Config;
  readonly platform: Platform;
  readonly changes: PlatformChanges;
}

/** One pod of the instance as a plan speaks of it. */
export interface Member {
  readonly pod: string;
  readonly uid: string;
  readonly ip: string;
  readonly ready: boolean;
  /** Of a replica: follows this address, through with its full sync, connected. */
  readonly link: { readonly host: string; readonly inSync: boolean } | null;
  /** Of a replica: how much of the primary's stream it has, where it says so, and how many records it is behind. */
  readonly offset: number | null;
  readonly behind: number | null;
  readonly savedAt: string | null;
  readonly saveFailedAt: string | null;
  readonly saving: boolean;
  readonly lastError: string | null;
  /** Of the stream that it has: a primary and those that follow it have the same. */
  readonly replicationId: string;
}

export interface Members {
  readonly instance: InstanceConfig;
  readonly primary: Member;
  readonly replicas: readonly Member[];
}

/**
 * Everybody's own word on who is primary and who follows whom. A change is planned on the whole picture only.
 *
 * @throws BotError `instance.unknown`, or `change.incomplete` when a server could not be read or there is not one primary
 */
export async function lookAtMembers(
  given: string | undefined,
  deps: Pick<ChangeDeps, "config" | "platform">,
  signal: AbortSignal,
): Promise<Members> {
  const { config, platform } = deps;
  const instance = await resolveInstance(given, { config, platform, signal });
  const context = contextOf(config, instance.cluster);
  const seen = await observeServers({ platform, instance, context, timeoutMs: config.readTimeoutMs, signal });
  if (!seen.pods.ok) throw incomplete(`The pods could not be listed: ${seen.pods.reason}`);
  const behind = new Map(
    seen.servers.flatMap(({ state }) =>
      state.ok && state.value.role.kind === "primary"
        ? state.value.role.replicas.map(({ ip, lagRecords }) => [ip, lagRecords] as const)
        : [],
    ),
  );
  const members = seen.servers.map(({ name, pod, state }): readonly [boolean, Member] => {
    if (!state.ok) throw incomplete(`${name} could not be asked: ${state.reason}`);
    if (pod?.ip === undefined) throw incomplete(`${name} has no address`);
    const { role, snapshot, replicationId } = state.value;
    return [
      role.kind === "primary",
      {
        pod: name,
        uid: pod.meta.uid,
        ip: pod.ip,
        ready: pod.ready,
        link:
          role.kind === "primary" ? null : { host: role.link.host, inSync: role.link.up && !role.link.syncInProgress },
        offset: role.kind === "replica" ? (role.link.offset ?? null) : null,
        behind: behind.get(pod.ip) ?? null,
        savedAt: snapshot.lastSuccessAt ?? null,
        saveFailedAt: snapshot.lastFailureAt ?? null,
        saving: snapshot.saving,
        lastError: snapshot.lastError ?? null,
        replicationId,
      },
    ];
  });
  const [primary, ...more] = members.filter(([isPrimary]) => isPrimary).map(([, member]) => member);
  if (primary === undefined || more.length > 0) {
    const { primaries } = takeRoster(seen.servers);
    throw incomplete(`${primaries.length} servers say that they are the primary; a change needs exactly one`);
  }
  return { instance, primary, replicas: members.filter(([isPrimary]) => !isPrimary).map(([, member]) => member) };
}

export function addressOf({ cluster, namespace }: InstanceConfig, { pod, ip }: Pick<Member, "pod" | "ip">): PodAddress {
  return { cluster, namespace, pod, ip };
}

export function targetOf({ namespace, name }: Pick<InstanceConfig, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}

/** What a change of an instance holds, however the instance was named: one that is not configured, by its bare name. */
export function lockOf({ shared, instances }: Config, given: string | undefined): string {
  if (given === undefined) return targetOf(shared);
  const known = [shared, ...instances].find((one) => one.name === given || targetOf(one) === given);
  return known === undefined ? (given.split("/").at(-1) ?? given) : targetOf(known);
}

/** A replica by its pod's name, or a refusal that says why it is none. */
export function replicaNamed({ primary, replicas }: Members, pod: string): Member {
  if (pod === primary.pod) {
    throw new BotError("change.refused", `${pod} is the primary`, "Fail over to a replica first; then it is one");
  }
  const found = replicas.find((member) => member.pod === pod);
  if (found !== undefined) return found;
  const names = replicas.map((member) => member.pod).join(", ");
  throw new BotError("change.refused", `${pod} is no pod of this instance`, `Its replicas: ${names}`);
}

function incomplete(message: string): BotError {
  return new BotError("change.incomplete", message, "Run status, mend what it names first, then plan the change again");
}
