import { BotError } from "../errors.ts";
import { amendRecord } from "../records/amend.ts";
import { fold, groupKeyOf, type Incident, openIncident, resolveMissing, takes } from "./incident.ts";
import { type AlertBatch, parseAlertBatch } from "./payload.ts";
import type { IncidentStore, KeptIncident } from "./store.ts";

/** What was acknowledged and nobody has seen to yet. */
export interface PendingBatches {
  pending(most: number): readonly { readonly id: number; readonly body: string; readonly receivedAt: string }[];
  seenTo(ids: readonly number[]): void;
}

export interface KeeperDeps {
  readonly journal: PendingBatches;
  readonly store: IncidentStore;
  /** Where an incident of this severity is told of; undefined: nowhere. */
  channelFor(severity: string): string | undefined;
  readonly now: () => Date;
  /** Told of every new form of an incident that this process writes. */
  onChange(incident: Incident): void;
}

export interface Keeper {
  /** Folds what is pending into incidents. Rejects when they cannot be kept; what was not folded stays pending. */
  work(): Promise<void>;
  /** Applies an edit to the newest form of an incident; nothing is written when it is returned as it is. */
  amend(id: string, edit: (incident: Incident) => Incident): Promise<Incident>;
  /** Ends what Alertmanager no longer knows of. `known` are the identities of its active alerts. */
  reconcile(known: ReadonlySet<string>): Promise<void>;
  /** Forgets incidents that were over before this. */
  prune(before: Date): Promise<void>;
}

const atOnce = 200;
const writeAttempts = 20;

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
  const foldInto = async (id: string, batch: AlertBatch) => {
    const [incident, changed] = await write(id, (before) => fold(before, batch.alerts, now()));
    if (changed) deps.onChange(incident);
  };

  /** The incident that has this group's name now, after trying to give it to a new one. */
  const openOrFold = async (key: string, batch: AlertBatch): Promise<void> => {
    const fresh = openIncident(batch, undefined);
    if (fresh === undefined) return;
    const channel = deps.channelFor(fresh.severity);
    const incident = channel === undefined ? fresh : { ...fresh, slack: { channel } };
    for (let attempt = 0; ; attempt++) {
      const holder = await store.claim(lockOf(key), incident.id);
      const other = holder === incident.id ? undefined : await store.get(holder);
      if (other !== undefined && takes(other.record, key, now())) return await foldInto(holder, batch);
      if (holder === incident.id || attempt >= writeAttempts) break;
      await store.release(lockOf(key), holder);
    }
    try {
      deps.onChange((await store.create(incident)).record);
    } catch (error) {
      if (!(error instanceof BotError && error.code === "incident.exists")) throw error;
      await foldInto(incident.id, batch);
    }
  };

  const find = (open: readonly KeptIncident[], key: string, { alerts }: AlertBatch) => {
    const identities = new Set(alerts.map(({ identity }) => identity));
    return (
      open.find(({ record }) => takes(record, key, now())) ??
      // The group has another name now, because somebody changed what alerts are grouped by.
      open.find(({ record }) => record.alerts.some(({ identity }) => identities.has(identity)))
    );
  };
  const see = async (batch: AlertBatch, open: readonly KeptIncident[]): Promise<void> => {
    if (batch.alerts.length === 0) return;
    const key = groupKeyOf(batch);
    const fires = batch.alerts.some(({ status }) => status === "firing");
    // An end may be told of right after its beginning, and that may have been seen to since the list was read.
    const known = find(open, key, batch) ?? (fires ? undefined : find(await store.list(), key, batch));
    if (known !== undefined) await foldInto(known.record.id, batch);
    else if (fires) await openOrFold(key, batch);
  };

  return {
    work: async () => {
      for (;;) {
        const pending = journal.pending(atOnce);
        if (pending.length === 0) return;
        const open = await store.list("open");
        for (const { id, body } of pending) {
          await see(parseAlertBatch(body), open);
          journal.seenTo([id]);
        }
      }
    },
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

function lockOf(key: string): string {
  return `incident/${key}`;
}
