import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { BotError } from "../errors.ts";
import { amendRecord } from "../records/amend.ts";
import { fold, groupKeyOf, openIncident, resolveMissing, takes } from "./fold.ts";
import type { Incident } from "./incident.ts";
import { type AlertBatch, parseAlertBatch } from "./payload.ts";
import { severityRank } from "./severity.ts";
import type { IncidentStore } from "./store.ts";
import { asStorm, isStorm, type StormRule } from "./storm.ts";
import { takeTestAlerts } from "./test-alert.ts";
import { type Heartbeat, heartbeatOf } from "./watchdog.ts";

/** What was acknowledged and nobody has seen to yet. */
export interface PendingBatches {
  pending(most: number): readonly { readonly id: number; readonly body: string; readonly receivedAt: string }[];
  seenTo(ids: readonly number[]): void;
  /** Keeps one apart, so that it does not hold up the others. */
  setAside(id: number, why: string): void;
}

export interface KeeperDeps {
  readonly journal: PendingBatches;
  readonly store: IncidentStore;
  /** Where an incident of this severity is told of; undefined: nowhere. */
  channelFor(severity: string): string | undefined;
  readonly storm: StormRule;
  /** Name of the alert that always fires. */
  readonly watchdog: string;
  readonly now: () => Date;
  /** The severity whose people have been told of what is pending; see Backlog. */
  called(): string | undefined;
  /** Told of every new form of an incident that this process writes. */
  onChange(incident: Incident): void;
  /** Told of every heartbeat; rejects when it cannot be kept. */
  onHeartbeat(heartbeat: Heartbeat): Promise<void>;
  /** Told of test alerts that came in; rejects when that cannot be kept. */
  onTestAlerts(nonces: readonly string[]): Promise<void>;
  /** Told of a notification that can never be kept. */
  onUnusable(body: string, error: unknown): void;
}

export interface Keeper {
  /** Folds what is pending into incidents. Rejects when they cannot be kept; what was not folded stays pending. */
  work(): Promise<void>;
  /** Folds what the bot itself has to tell. */
  tell(batch: AlertBatch): Promise<void>;
  /** Applies an edit to the newest form of an incident; nothing is written when it is returned as it is. */
  amend(id: string, edit: (incident: Incident) => Incident): Promise<Incident>;
  /** Ends what Alertmanager no longer knows of. `known` are the identities that are taken to fire. */
  reconcile(known: ReadonlySet<string>): Promise<void>;
  /** Forgets incidents that were over before this. */
  prune(before: Date): Promise<void>;
}

const atOnce = 500;
const claimAttempts = 20;

/** Makes incidents of notifications, together with the other processes of the bot. */
export function createKeeper(deps: KeeperDeps): Keeper {
  const { journal, store, now } = deps;

  const write = async (id: string, edit: (incident: Incident) => Incident): Promise<[Incident, boolean]> => {
    let changed = false;
    const kept = await amendRecord(store, id, (before) => {
      const after = edit(before);
      changed = after !== before;
      return after;
    });
    if (kept === undefined)
      throw new BotError("incident.unknown", `There is no incident ${id}`, "See: /dragonfly alerts");
    return [kept.record, changed];
  };
  const foldInto = async (id: string, batches: readonly AlertBatch[]): Promise<Incident> => {
    const [incident, changed] = await write(id, (before) => fold(before, batches, now()));
    if (changed) deps.onChange(incident);
    return incident;
  };

  /** The incident that has this group's name now, after trying to give it to the new one. */
  const openOrFold = async (incident: Incident, batches: readonly AlertBatch[]): Promise<Incident> => {
    const lock = `incident/${incident.key}`;
    for (let attempt = 0; ; attempt++) {
      const holder = await store.claim(lock, incident.id);
      const other = holder === incident.id ? undefined : await store.get(holder);
      if (other !== undefined && takes(other.record, incident.key, now())) return await foldInto(holder, batches);
      if (holder === incident.id || attempt >= claimAttempts) break;
      await store.release(lock, holder);
    }
    try {
      const { record } = await store.create(incident);
      deps.onChange(record);
      return record;
    } catch (error) {
      if (!(error instanceof BotError && error.code === "incident.exists")) throw error;
      return await foldInto(incident.id, batches);
    }
  };

  /** The incident that a group which nobody has heard of would be; undefined when none of its alerts fires. */
  const newIncident = (batches: readonly AlertBatch[]): Incident | undefined => {
    const first = batches.findIndex(({ alerts }) => alerts.some(({ status }) => status === "firing"));
    const [batch, ...later] = first === -1 ? [] : batches.slice(first);
    const fresh = batch === undefined ? undefined : openIncident(batch, now());
    if (fresh === undefined) return undefined;
    const channel = deps.channelFor(fresh.severity);
    const called = deps.called();
    const place =
      channel === undefined ? {} : { slack: { channel, replies: {}, ...(called === undefined ? {} : { called }) } };
    return fold({ ...fresh, ...place }, later, now());
  };

  /** Threads of their own for new groups, the most severe first, and for what comes beyond that one that it shares. */
  const openAll = async (groups: readonly (readonly AlertBatch[])[], others: readonly Incident[]): Promise<void> => {
    const incidents = [...others];
    const overflow = new Map<string, { readonly incident: Incident; readonly batches: AlertBatch[] }>();
    const fresh = groups.flatMap((batches) => {
      const incident = newIncident(batches);
      return incident === undefined ? [] : [{ incident, batches }];
    });
    const rank = ({ incident }: (typeof fresh)[number]) => severityRank(incident.severity);
    for (const { incident, batches } of fresh.toSorted((a, b) => rank(a) - rank(b))) {
      const { severity } = incident;
      const channel = incident.slack?.channel;
      if (channel !== undefined && isStorm(deps.storm, incidents, { channel, severity }, now())) {
        const storm = overflow.get(channel);
        if (storm === undefined) overflow.set(channel, { incident: asStorm(incident, channel), batches: [...batches] });
        else storm.batches.push(...batches);
        continue;
      }
      incidents.push(await openOrFold(incident, batches));
    }
    for (const { incident, batches } of overflow.values()) await openOrFold(fold(incident, batches, now()), batches);
  };

  /** Each incident is written once for all that came for it, the most severe new one first. */
  const see = async (batches: readonly AlertBatch[]): Promise<void> => {
    const incidents = (await store.list("open")).map(({ record }) => record);
    const byIdentity = new Map(
      incidents.flatMap((one) => one.alerts.map(({ identity }) => [identity, one.id] as const)),
    );
    let ended: readonly Incident[] | undefined;
    const find = (all: readonly Incident[], key: string) => all.find((one) => takes(one, key, now()))?.id;
    const known = new Map<string, AlertBatch[]>();
    const fresh = new Map<string, AlertBatch[]>();
    for (const batch of batches.filter(({ alerts }) => alerts.length > 0)) {
      const key = groupKeyOf(batch);
      const fires = batch.alerts.some(({ status }) => status === "firing");
      // The group has another name now when somebody changed what alerts are grouped by; in a storm it never had one.
      const named = batch.alerts.map(({ identity }) => byIdentity.get(identity)).find((id) => id !== undefined);
      let id = find(incidents, key) ?? named;
      if (id === undefined && !fires && !fresh.has(key)) {
        // An end may be told of right after its beginning, and that may have been seen to since the list was read.
        ended ??= (await store.list()).map(({ record }) => record);
        id = find(ended, key);
        if (id === undefined) continue;
      }
      if (id === undefined) {
        fresh.set(key, [...(fresh.get(key) ?? []), batch]);
        continue;
      }
      // An alert stays where it was first told of, though its group may have a thread of its own since the storm is over.
      for (const [owner, alerts] of Map.groupBy(batch.alerts, ({ identity }) => byIdentity.get(identity) ?? id)) {
        known.set(owner, [...(known.get(owner) ?? []), { ...batch, alerts }]);
      }
    }
    for (const [id, all] of known) await foldInto(id, all);
    await openAll([...fresh.values()], incidents);
  };

  const seeAll = async (pending: ReturnType<PendingBatches["pending"]>): Promise<void> => {
    const batches: AlertBatch[] = [];
    const tests: string[] = [];
    for (const { body, receivedAt } of pending) {
      // Five hundred long ones are read again and again while the cluster is away: whoever waits for an answer goes between.
      await setImmediate();
      const { nonces, rest: batch } = takeTestAlerts(parseAlertBatch(body));
      tests.push(...nonces);
      const heartbeat = heartbeatOf(batch, deps.watchdog, receivedAt);
      if (heartbeat === undefined) batches.push(batch);
      else await deps.onHeartbeat(heartbeat);
    }
    // Somebody waits for them, if there are any.
    if (tests.length > 0) await deps.onTestAlerts(tests);
    await see(batches);
  };

  return {
    work: async () => {
      for (;;) {
        const pending = journal.pending(atOnce);
        if (pending.length === 0) return;
        try {
          await seeAll(pending);
        } catch (error) {
          if (!isHopeless(error)) throw error;
          // One of them: each for itself then, and the one is kept apart.
          for (const one of pending) {
            try {
              await seeAll([one]);
            } catch (reason) {
              if (!isHopeless(reason)) throw reason;
              journal.setAside(one.id, reason instanceof Error ? reason.message : String(reason));
              deps.onUnusable(one.body, reason);
            }
          }
        }
        journal.seenTo(pending.map(({ id }) => id));
      }
    },
    tell: (batch) => see([batch]),
    prune: async (before) => {
      const all = (await store.list()).map(({ record }) => record);
      const old = all.filter(
        ({ state, resolvedAt }) => state === "resolved" && Date.parse(resolvedAt ?? "") < before.getTime(),
      );
      for (const { id } of old) await store.remove(id);
    },
    amend: async (id, edit) => (await write(id, edit))[0],
    reconcile: async (known) => {
      for (const { record } of await store.list("open")) {
        const [incident, changed] = await write(record.id, (before) => resolveMissing(before, known, now()));
        if (changed) deps.onChange(incident);
      }
    },
  };
}

/** Tried again it would fail again: it is about what was sent, not about who keeps it. */
function isHopeless(error: unknown): boolean {
  if (error instanceof z.ZodError) return true;
  return error instanceof BotError && ["incident.too-large", "alerts.payload"].includes(error.code);
}
