import { firingOf, type Incident, incidentState } from "./alerts/incident.ts";
import { createKeeper, type Keeper } from "./alerts/keeper.ts";
import type { AlertManager } from "./alerts/manager.ts";
import type { IncidentStore } from "./alerts/store.ts";
import type { Config } from "./config/file.ts";
import { type AlertJournal, openAlertJournal } from "./journal/alert-journal.ts";
import type { Logger } from "./logging.ts";

export interface AlertingOptions {
  readonly config: Config;
  readonly store: IncidentStore;
  readonly dataDir: string;
  readonly logger: Logger;
  /** Asked now and then what really fires; without it an alert whose end was not told of stays open. */
  readonly alertManager?: AlertManager;
  /** Brings the thread of an incident up to it. */
  show(incident: Incident): Promise<void>;
}

export interface Alerting {
  /** Resolves when the notification is on the disk. */
  accept(body: string): Promise<void>;
  readonly keeper: Keeper;
  openIncidents(): Promise<readonly Incident[]>;
  start(): void;
  stop(): void;
}

const tickMs = 1_000;
const lookEveryTicks = 4;
const reconcileEveryTicks = 60;
const missedLooks = 4;
const pruneEveryTicks = 3_600;
const dayMs = 24 * 3_600_000;

/** Notifications from the moment they arrive to the thread that shows them. Needs nothing of the bot's own store. */
export function composeAlerting({ config, store, dataDir, logger, show, alertManager }: AlertingOptions): Alerting {
  let journal: AlertJournal | undefined;
  const opened = () => {
    journal ??= openAlertJournal(dataDir);
    return journal;
  };
  const { alerts, operations } = config.slack.channels;
  const showing = new Map<string, Promise<void>>();
  /** One after the other for each incident: each look shows it as it is by then. */
  const showInTurn = (incident: Incident) => {
    const next = (showing.get(incident.id) ?? Promise.resolve())
      .then(() => show(incident))
      .catch((err: unknown) =>
        logger.warn({ err, incident: incident.id }, "an incident could not be shown; trying again"),
      )
      .finally(() => {
        if (showing.get(incident.id) === next) showing.delete(incident.id);
      });
    showing.set(incident.id, next);
  };
  const keeper = createKeeper({
    journal: { pending: (most) => opened().pending(most), seenTo: (ids) => opened().seenTo(ids) },
    store,
    channelFor: (severity) => config.alerts.channels[severity] ?? alerts ?? operations,
    now: () => new Date(),
    onChange: showInTurn,
  });
  let working = false;
  let away = false;
  const work = () => {
    if (working) return;
    working = true;
    keeper
      .work()
      .then(
        () => {
          if (away) logger.info("alerts are seen to again");
          away = false;
        },
        (err: unknown) => {
          if (!away) logger.warn({ err }, "alerts cannot be seen to yet; they are kept");
          away = true;
        },
      )
      .finally(() => {
        working = false;
      });
  };
  const openIncidents = async () => (await store.list("open")).map(({ record }) => record);
  /** Threads that are behind because a process died, or Slack did not take it. */
  const catchUp = () => {
    openIncidents().then(
      (open) => {
        for (const incident of open) {
          const { slack } = incident;
          if (slack === undefined || showing.has(incident.id)) continue;
          if (slack.shown !== incidentState(incident) || (incident.state === "open" && slack.triaged === undefined)) {
            showInTurn(incident);
          }
        }
      },
      (err: unknown) => logger.debug({ err }, "the incidents could not be looked at"),
    );
  };
  const missing = new Map<string, number>();
  /** An Alertmanager that was restarted has forgotten its alerts for a minute or two: only what stays away has ended. */
  const reconcile = async () => {
    if (alertManager === undefined) return;
    const active = await alertManager.activeAlerts(AbortSignal.timeout(config.readTimeoutMs));
    const firing = (await openIncidents()).flatMap(firingOf).map(({ identity }) => identity);
    for (const identity of missing.keys()) if (active.has(identity)) missing.delete(identity);
    for (const identity of firing) {
      if (!active.has(identity)) missing.set(identity, (missing.get(identity) ?? 0) + 1);
    }
    await keeper.reconcile(new Set(firing.filter((identity) => (missing.get(identity) ?? 0) < missedLooks)));
  };
  let tick = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    accept: async (body) => {
      await opened().accept(body, new Date());
      work();
    },
    keeper,
    openIncidents,
    start: () => {
      timer = setInterval(() => {
        tick += 1;
        if (away || tick === 1) work();
        if (tick % lookEveryTicks === 0) catchUp();
        if (tick % pruneEveryTicks === 0) {
          keeper
            .prune(new Date(Date.now() - config.runs.keepDays * dayMs))
            .catch((err: unknown) => logger.debug({ err }, "old incidents could not be forgotten"));
        }
        if (tick % reconcileEveryTicks === 0) {
          reconcile().catch((err: unknown) => logger.debug({ err }, "Alertmanager could not be asked what fires"));
        }
      }, tickMs);
    },
    stop: () => {
      clearInterval(timer);
      journal?.close();
    },
  };
}
