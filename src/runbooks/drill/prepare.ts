import type { InstanceConfig } from "../../config/file.ts";
import { selects } from "../../platform/label-selector.ts";
import { type Reading, read } from "../../platform/reading.ts";
import type { Verdict } from "../../reports/model.ts";
import { elected, follows } from "../changes/election.ts";
import { addressOf, type ChangeDeps, lookAtMembers, type Members, targetOf } from "../changes/members.ts";
import { contextOf } from "../instance/observe.ts";
import { ageSeconds, duration, plural } from "../instance/units.ts";
import { expectedAlerts } from "./expected-alerts.ts";
import { isConfigured, lookAtAlerts } from "./look-at-alerts.ts";

export type DrillDeps = Pick<ChangeDeps, "config" | "platform">;

/** One thing that must hold before a primary is evicted for the sake of a drill. A warning does not stop it. */
export interface DrillCheck {
  readonly id: string;
  readonly verdict: Verdict;
  readonly title: string;
  readonly detail: string;
  readonly command: string;
  readonly at: string;
}

/** The instance as a drill would find it. */
export interface Prepared {
  readonly members: Members;
  /** Whom the operator would make the primary now. */
  readonly next: string;
  readonly clients: { readonly connections: number; readonly addresses: number } | null;
  readonly checks: readonly DrillCheck[];
}

/**
 * Looks at everything that a drill relies on, and changes nothing.
 *
 * @throws BotError as `lookAtMembers` does
 */
export async function prepare(
  given: string | undefined,
  deps: DrillDeps,
  signal: AbortSignal,
  now: () => Date,
): Promise<Prepared> {
  const members = await lookAtMembers(given, deps, signal);
  const { instance, primary, replicas } = members;
  const { config, platform } = deps;
  const { cluster, namespace, name } = instance;
  const kubectl = `kubectl --context=${contextOf(config, cluster)}`;
  const ask = <T>(command: string, fn: (inner: AbortSignal) => Promise<T>) =>
    read({ command, timeoutMs: config.readTimeoutMs, signal }, fn);
  const { operator } = config;
  const [budgets, deployment, reached, clients, alerts] = await Promise.all([
    ask(`${kubectl} -n ${namespace} get poddisruptionbudgets,pods`, async (inner) => {
      const [all, pods] = await Promise.all([
        platform.cluster(cluster).podDisruptionBudgets(namespace, inner),
        platform.cluster(cluster).pods(namespace, `app=${name}`, inner),
      ]);
      const labels = pods.find(({ meta }) => meta.uid === primary.uid)?.meta.labels ?? {};
      return all.filter(({ selector }) => selects(selector, labels));
    }),
    ask(
      `kubectl --context=${contextOf(config, operator.cluster)} -n ${operator.namespace} get deployment ${operator.deployment}`,
      (inner) => platform.cluster(operator.cluster).deployment(operator.namespace, operator.deployment, inner),
    ),
    ask(`redis-cli -h ${hostOf(instance)} INFO replication`, (inner) => platform.canary.reached(inner)),
    ask(`${kubectl} -n ${namespace} exec ${primary.pod} -c dragonfly -- redis-cli -p 9999 CLIENT LIST`, (inner) =>
      platform.servers.clients(addressOf(instance, primary), inner),
    ),
    lookAtAlerts({ platform, instance, timeoutMs: config.readTimeoutMs, signal }, now(), now()),
  ]);
  const command = `${kubectl} -n ${namespace} exec ${primary.pod} -c dragonfly -- redis-cli -p 9999 INFO`;
  const own = { command, at: now().toISOString() };
  const astray = replicas.filter((one) => !follows(one, primary)).map(({ pod }) => pod);
  const wanted = instance.replicas - 1;
  return {
    members,
    next: elected(replicas)?.pod ?? "",
    clients: clients.ok
      ? {
          connections: clients.value.reduce((sum, one) => sum + one.connections, 0),
          addresses: clients.value.length,
        }
      : null,
    checks: [
      holds(
        "replicas",
        own,
        astray.length === 0 && replicas.length >= Math.max(1, wanted),
        astray.length > 0
          ? `Not in sync: ${astray.join(", ")}`
          : `${plural(replicas.length, "replica")} in sync, ${Math.max(1, wanted)} expected`,
        "Without every replica in sync writes are lost, or nobody is left to be the primary.",
      ),
      snapshotCheck(primary.savedAt, primary.saving, own, config.thresholds.snapshotMaxAgeHours, now()),
      from("budget", budgets, "The disruption budget", (own) => [
        own.length > 0 && own.every(({ disruptionsAllowed }) => disruptionsAllowed > 0),
        own.length === 0
          ? "No disruption budget covers the primary's pod"
          : own
              .map(({ meta, disruptionsAllowed }) => `Budget ${meta.name} allows ${disruptionsAllowed} evictions now`)
              .join("; "),
        "It is what keeps a second pod from being evicted meanwhile.",
      ]),
      from("operator", deployment, "The operator", ({ readyReplicas, replicas: all }) => [
        readyReplicas > 0,
        `${readyReplicas} of ${all} operator pods ready`,
        "Without it nobody makes another primary.",
      ]),
      from("client", reached, `Whether the bot is a client of ${targetOf(instance)}`, ({ role, replicationId }) => {
        const same = replicationId !== "" && replicationId === primary.replicationId;
        return [
          same && role === "primary",
          same
            ? `The bot's own store address leads to ${role === "primary" ? primary.pod : "a replica of it, not to its primary"}`
            : `The bot is no client of ${targetOf(instance)}: its own store address leads to another server`,
          same && role === "replica"
            ? "Look at the Service: /dragonfly role."
            : "Only an instance that the bot uses as a client does can be drilled: what others see there is measured with what it sees.",
        ];
      }),
      ...alertChecks(alerts),
    ],
  };
}

function hostOf({ clientDns, name, namespace }: InstanceConfig): string {
  return (clientDns ?? `${name}.${namespace}.svc`).split(":")[0] ?? name;
}

type Source = Pick<DrillCheck, "command" | "at">;

function holds(id: string, { command, at }: Source, ok: boolean, title: string, detail: string): DrillCheck {
  return { id, verdict: ok ? "ok" : "fail", title, detail: ok ? "" : detail, command, at };
}

function from<T>(
  id: string,
  reading: Reading<T>,
  what: string,
  judge: (value: T) => readonly [ok: boolean, title: string, why: string],
): DrillCheck {
  const { command, at } = reading;
  if (!reading.ok)
    return { id, verdict: "unknown", title: `${what} could not be read`, detail: reading.reason, command, at };
  return holds(id, { command, at }, ...judge(reading.value));
}

function snapshotCheck(
  savedAt: string | null,
  saving: boolean,
  source: Source,
  mostHours: number,
  now: Date,
): DrillCheck {
  const age = savedAt === null ? undefined : ageSeconds(savedAt, now);
  const young = age !== undefined && age <= mostHours * 3_600;
  const title = saving
    ? "The primary is saving a snapshot"
    : age === undefined
      ? "The primary has saved no snapshot since it started"
      : `The last snapshot is ${duration(age)} old, at most ${mostHours} h allowed`;
  return holds("snapshot", source, young && !saving, title, "Save one first: /dragonfly snapshot.");
}

/** Nothing is drilled in the middle of something else, and what fires already cannot be seen to begin. */
function alertChecks({ rules, alertmanager, bot }: Awaited<ReturnType<typeof lookAtAlerts>>): readonly DrillCheck[] {
  const open: DrillCheck = bot.ok
    ? holds(
        "incidents",
        bot,
        bot.value.every(({ now }) => !now),
        bot.value.some(({ now }) => now)
          ? `An incident is open on it: ${bot.value.flatMap(({ now, alert }) => (now ? [alert] : [])).join(", ")}`
          : "No incident is open on it",
        "See to it first, or wait until it is over: /dragonfly alerts.",
      )
    : {
        id: "incidents",
        verdict: "unknown",
        title: "The incidents could not be read",
        detail: bot.reason,
        command: bot.command,
        at: bot.at,
      };
  const stages = [rules, alertmanager];
  const expected: readonly string[] = expectedAlerts.map(({ alert }) => alert);
  const already = stages
    .flatMap((stage) => (stage.ok ? stage.value : []))
    .filter(({ alert, now }) => now && expected.includes(alert));
  const [first] = already;
  const { command, at } = rules;
  if (first !== undefined) {
    const title = `${first.alert} fires already, since ${first.since}`;
    return [
      open,
      holds("alerts", { command, at }, false, title, "It could not be seen to begin: wait until it is over."),
    ];
  }
  const blind = stages.find((stage) => !stage.ok);
  if (blind?.ok !== false) return [open, holds("alerts", { command, at }, true, "Alerts can be watched", "")];
  const title = isConfigured(blind) ? "Alerts cannot be watched now" : "Where alerts are is not configured";
  const detail = `Whether they fire and end will be unknown. ${blind.reason}`;
  return [open, { id: "alerts", verdict: "warn", title, detail, command: blind.command, at: blind.at }];
}
