import type { Backlog } from "./alerts/backlog.ts";
import { type Incident, isThreadBehind } from "./alerts/incident.ts";
import { createKeeper, type Keeper } from "./alerts/keeper.ts";
import type { AlertManager } from "./alerts/manager.ts";
import { parseAlertBatch } from "./alerts/payload.ts";
import { createReconciler } from "./alerts/reconciler.ts";
import { worstSeverity } from "./alerts/severity.ts";
import type { IncidentStore } from "./alerts/store.ts";
import { type ArrivalStore, keepArrivals } from "./alerts/test-alert.ts";
import { createWatchdogWatch, type HeartbeatStore } from "./alerts/watchdog.ts";
import type { Config } from "./config/file.ts";
import { type AlertJournal, openAlertJournal } from "./journal/alert-journal.ts";
import type { Logger } from "./logging.ts";

export interface AlertingOptions {
  readonly config: Config;
  readonly store: IncidentStore;
  readonly heartbeats: HeartbeatStore;
  readonly arrivals: ArrivalStore;
  readonly dataDir: string;
  readonly logger: Logger;
  /** Asked now and then what really fires; without it an alert whose end was not told of stays open. */
  readonly alertManager?: AlertManager;
  /** Why the bot works with less than it has, while it does. */
  degraded(): string | undefined;
  /** Brings the thread of an incident up to it. */
  show(incident: Incident): Promise<void>;
  /** Told when alerts pile up here, again while they do, and with undefined when they are seen to. */
  onBacklog(backlog: Backlog | undefined): void;
}

export interface Alerting {
  /** Resolves when the notification is on the disk. */
  accept(body: string): Promise<void>;
  readonly keeper: Keeper;
  openIncidents(): Promise<readonly Incident[]>;
  /** Where incidents of this severity are told of. */
  channelFor(severity: string): string | undefined;
  start(): void;
  stop(): void;
}

const tickMs = 1_000;
const lookEveryTicks = 4;
const watchdogEveryTicks = 5;
const backlogEveryTicks = 3;
const reconcileEveryTicks = 60;
const pruneEveryTicks = 3_600;
const dayMs = 24 * 3_600_000;
/** An API server that is restarted is no news. */
const backlogAfterMs = 6_000;
const namesAtMost = 50;

/** Notifications from the moment they arrive to the thread that shows them. Needs nothing of the bot's own store. */
export function composeAlerting(options: AlertingOptions): Alerting {
  const { config, store, dataDir, logger, show, alertManager } = options;
  const now = () => new Date();
  let journal: AlertJournal | undefined;
  const opened = () => {
    journal ??= openAlertJournal(dataDir);
    return journal;
  };
  const { alerts, operations } = config.slack.channels;
  const channelFor = (severity: string) => config.alerts.channels[severity] ?? alerts ?? operations;
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
    journal: {
      pending: (most) => opened().pending(most),
      seenTo: (ids) => opened().seenTo(ids),
      setAside: (id, why) => opened().setAside(id, why),
    },
    store,
    channelFor,
    storm: config.alerts.storm,
    watchdog: config.alerts.watchdog.alert,
    now,
    called: () => called,
    onChange: showInTurn,
    onHeartbeat: (heartbeat) => watchdog.heard(heartbeat),
    onTestAlerts: (nonces) => keepArrivals(options.arrivals, nonces, now()),
    onUnusable: (_, err) => logger.error({ err }, "a notification cannot be kept; it is put aside in alerts.sqlite"),
  });
  const watchdog = createWatchdogWatch({
    store: options.heartbeats,
    silentMs: config.alerts.watchdog.silentMinutes * 60_000,
    now,
    tell: (batch) => keeper.tell(batch),
  });
  let working = false;
  let awaySince: Date | undefined;
  let called: string | undefined;
  const work = () => {
    if (working) return;
    working = true;
    keeper
      .work()
      .then(
        () => {
          if (awaySince !== undefined) {
            logger.info("alerts are seen to again");
            options.onBacklog(undefined);
          }
          awaySince = undefined;
          called = undefined;
        },
        (err: unknown) => {
          if (awaySince === undefined) logger.warn({ err }, "alerts cannot be seen to yet; they are kept");
          awaySince ??= now();
        },
      )
      .finally(() => {
        working = false;
      });
  };
  const tellBacklog = () => {
    if (awaySince === undefined || Date.now() - awaySince.getTime() < backlogAfterMs) return;
    const labels = opened()
      .pending(namesAtMost)
      .flatMap(({ body }) => parseAlertBatch(body).alerts.map((alert) => alert.labels));
    const names = [...new Set(labels.flatMap(({ alertname }) => alertname ?? []))];
    const severity = worstSeverity(labels.map((one) => one["severity"] ?? "none"));
    called ??= severity;
    options.onBacklog({ since: awaySince, notifications: opened().count(), names, severity });
  };
  const openIncidents = async () => (await store.list("open")).map(({ record }) => record);
  /** Threads that are behind because a process died, or Slack did not take it. */
  const catchUp = async () => {
    for (const incident of await openIncidents()) {
      if (showing.has(incident.id)) continue;
      if (isThreadBehind(incident)) showInTurn(incident);
      else if (incident.slack?.degraded !== undefined && options.degraded() === undefined) {
        showInTurn(await keeper.amend(incident.id, withoutDegraded));
      }
    }
  };
  const reconcile =
    alertManager === undefined
      ? undefined
      : createReconciler({ alertManager, keeper, openIncidents, onChange: showInTurn });
  const chores: readonly (readonly [everyTicks: number, what: string, chore: () => Promise<unknown>])[] = [
    [lookEveryTicks, "the incidents could not be looked at", catchUp],
    [watchdogEveryTicks, "the heartbeats could not be looked at", async () => watchdog.look(await openIncidents())],
    [backlogEveryTicks, "the backlog could not be told of", async () => tellBacklog()],
    [
      reconcileEveryTicks,
      "Alertmanager could not be asked what fires",
      async () => reconcile?.(AbortSignal.timeout(config.readTimeoutMs)),
    ],
    [
      pruneEveryTicks,
      "old incidents could not be forgotten",
      () => keeper.prune(new Date(Date.now() - config.runs.keepDays * dayMs)),
    ],
  ];
  let tick = 0;
  let timer: NodeJS.Timeout | undefined;
  const busy = new Set<string>();
  return {
    accept: async (body) => {
      await opened().accept(body, now());
      work();
    },
    keeper,
    openIncidents,
    channelFor,
    start: () => {
      timer = setInterval(() => {
        tick += 1;
        if (awaySince !== undefined || tick === 1) work();
        for (const [everyTicks, what, chore] of chores) {
          if (tick % everyTicks !== 0 || busy.has(what)) continue;
          busy.add(what);
          chore()
            .catch((err: unknown) => logger.debug({ err }, what))
            .finally(() => busy.delete(what));
        }
      }, tickMs);
    },
    stop: () => {
      clearInterval(timer);
      journal?.close();
    },
  };
}

function withoutDegraded(incident: Incident): Incident {
  if (incident.slack?.degraded === undefined) return incident;
  const { degraded: _, ...slack } = incident.slack;
  return { ...incident, slack };
}
