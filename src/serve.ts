import { hostname } from "node:os";
import { composeAlerting } from "./alerting.ts";
import { chainHeads } from "./audit/chain.ts";
import { composeChanges } from "./changes/compose.ts";
import { createChartDrawer } from "./charts/draw.ts";
import { watchDependencies } from "./checks.ts";
import { tellOnce } from "./commands/changes/tell.ts";
import { createBacklogNotice } from "./commands/incidents/backlog-notice.ts";
import { mentionsOf } from "./commands/incidents/mentions.ts";
import { createReportKeeper } from "./commands/report-keeper.ts";
import { isSlackBody } from "./commands/request-body.ts";
import { createSlackSurface, slackPath } from "./commands/slack-app.ts";
import { createStoreNotice } from "./commands/store-notice.ts";
import { compose } from "./compose.ts";
import { parseEnvironment } from "./config/environment.ts";
import type { Settings } from "./config/load.ts";
import { dependencyChecks } from "./dependencies.ts";
import { BotError } from "./errors.ts";
import { createHttpServer } from "./http/server.ts";
import { watchLeftoverProbes } from "./leftover-probes.ts";
import { createLogger } from "./logging.ts";
import { composeMergeRequests } from "./merge-requests/compose.ts";
import { loadOwn } from "./own-runbooks.ts";
import type { Platform } from "./platform/ports.ts";
import { keepStarting, untilTold } from "./process.ts";
import { composeReadRuns } from "./read-runs.ts";
import { catalog } from "./runbooks/catalog/index.ts";
import type { RunRecord } from "./runbooks/durable/record.ts";
import { mergeRequestOf } from "./runbooks/tenants/merge-request-of.ts";
import { composeSchedules } from "./schedules/compose.ts";
import { createScrubber } from "./secrets.ts";
import { openStore } from "./store/store.ts";
import { createTelemetry } from "./telemetry.ts";

const checkEveryMs = 10_000;
/** Lets the first requests in before the first look at everything keeps the process busy. */
const firstCheckAfterMs = 250;
const stopWithinMs = 10_000;
/** Replicas that notice the same at once look at the channel one after the other. */
const backlogMomentMs = 3_000;

/** Runs the service until SIGTERM or SIGINT; returns the exit code. */
export async function serve(settings: Settings): Promise<number> {
  const { config, environment } = settings;
  const scrub = createScrubber(environment.secrets);
  const logger = createLogger({ level: environment.logLevel, scrub, out: process.stdout });
  process.on("unhandledRejection", (err) => logger.error({ err }, "unhandled rejection"));
  const { slack, storeUrl, storePrefix } = environment;
  if (slack === undefined || storeUrl === undefined)
    throw new BotError("config.invalid", "SLACK_BOT_TOKEN and STORE_URL must be set", "See: dfbot config check");

  const telemetry = createTelemetry();
  const storeUrlNow = () => parseEnvironment(process.env, "serve").environment.storeUrl ?? storeUrl;
  const { platform: outside, ...composed } = compose(
    settings,
    (object, err) =>
      logger.error({ err, object }, "an object in the bot's namespace is none of its records; it is left out"),
    storeUrlNow,
  );
  const platform: Platform = {
    ...outside,
    own: {
      queueDangers: () => store.dangers(),
      auditLog: "the audit logs of all replicas",
      auditHeads: async () => {
        const { entries, complete } = await changes.surface.audit({});
        return { heads: chainHeads(entries), complete };
      },
    },
  };
  const own = await loadOwn(settings, { platform, ...composed });
  const store = openStore({
    url: storeUrlNow,
    prefix: storePrefix,
    onOutage: (err) => logger.warn({ err }, "the store is away"),
    onRecovery: () => logger.info("the store is back"),
    onReconnect: () => {
      changes.reconnect();
      schedules.reconnect();
    },
  });
  const runs = composeReadRuns({
    runbooks: [...catalog, ...own.reads],
    permit: (runbook, person) => changes.surface.permit(runbook, person),
    config,
    platform,
    results: composed.results,
    scrub,
    logger,
    telemetry,
  });
  const postCard = (record: RunRecord) => {
    surface.postCard(record).catch((err: unknown) => logger.warn({ err, run: record.id }, "no card posted"));
  };
  const changes = composeChanges({
    ...composed,
    platform,
    own,
    store,
    storeUrl: storeUrlNow,
    storePrefix,
    config,
    logger,
    dataDir: environment.dataDir,
    readGroup: (id) => surface.groupMembers(id),
    onChange: (record) => void surface.showRun(record),
    onEnded: (record) => {
      telemetry.changed(record.runbook, record.state);
      // One that was decided against is closed, and GitLab does not hint at that.
      const about = mergeRequestOf(record);
      if (about !== undefined) mergeRequests.hint({ mergeRequest: about.iid });
    },
    onProgress: (record, text) => {
      surface.showProgress(record, text).catch((err: unknown) => logger.debug({ err }, "no progress shown"));
    },
    onCardMissing: postCard,
    sayInThread: (record, text) => surface.sayInThread(record, text),
    tell: (note) => tellOnce({ sender: surface.sender, run: (id) => changes.surface.run(id) }, note),
  });
  const charts = createChartDrawer();
  const { mentionsFor, escalations } = mentionsOf(config.alerts);
  let storeTrouble: string | undefined;
  const degraded = () => storeTrouble;
  const alerting = composeAlerting({
    config,
    store: composed.incidents,
    heartbeats: composed.heartbeats,
    arrivals: composed.arrivals,
    dataDir: environment.dataDir,
    logger,
    degraded,
    show: (incident) => surface.showIncident(incident),
    onBacklog: (backlog) => backlogNotice.changed(backlog),
    ...(environment.alertmanagerUrl === undefined ? {} : { alertManager: composed.alertManager }),
  });
  const reports = createReportKeeper(store, logger);
  const surface = createSlackSurface({
    ...slack,
    logger,
    runner: runs.runner,
    changes: changes.surface,
    incidents: {
      incidents: alerting.keeper,
      alertManager: composed.alertManager,
      openIncidents: alerting.openIncidents,
      runbookFor: (alert) => config.alerts.runbooks[alert],
      mentionsFor,
      charts,
      escalations,
      degraded,
      now: () => new Date(),
    },
    reports,
    onHandled: (what, ackMs) => telemetry.handled(what, ackMs),
  });

  const notice = createStoreNotice({
    channel: config.slack.channels.operations,
    sender: surface.sender,
    locks: composed.runs,
    process: hostname(),
    now: () => new Date(),
    onTrouble: (err) => logger.warn({ err }, "the store's outage could not be told of"),
  });

  const backlogNotice = createBacklogNotice({
    channelFor: alerting.channelFor,
    mentionsFor,
    sender: surface.sender,
    now: () => new Date(),
    moment: () => Math.random() * backlogMomentMs,
    onTrouble: (err) => logger.warn({ err }, "the alerts that wait could not be told of"),
  });

  const mergeRequests = composeMergeRequests({
    config,
    git: platform.git,
    gitChanges: composed.git,
    changes: changes.surface,
    logger,
    postCard,
    show: (record) => void surface.showRun(record),
    say: (record, text) => surface.sayInThread(record, text),
  });
  const schedules = composeSchedules({
    config,
    schedules: composed.schedules,
    store,
    storeUrl: storeUrlNow,
    storePrefix,
    logger,
    comparedWith: (last) => runs.comparedWith(last),
    sender: surface.sender,
    reports,
    onRan: (schedule, at) => telemetry.scheduled(schedule, at),
  });
  const leftovers = watchLeftoverProbes({
    clusters: config.probes.image === undefined ? [] : config.clusters.map(({ name }) => name),
    probes: platform.probes,
    timeoutMs: config.readTimeoutMs,
    onRemoved: (cluster, pods) => logger.warn({ cluster, pods }, "probe pods were left over; they are removed"),
    onTrouble: (cluster, err) => logger.warn({ err, cluster }, "left over probe pods could not be looked for"),
  });
  const checks = dependencyChecks({
    config,
    platform,
    store,
    slack: (signal) => surface.check(signal),
    git: environment.gitlab !== undefined,
  });
  const dependencies = watchDependencies(checks, {
    everyMs: checkEveryMs,
    afterMs: firstCheckAfterMs,
    timeoutMs: config.readTimeoutMs,
    onChange(dependency) {
      telemetry.dependency(dependency.name, dependency.state);
      logger[dependency.state === "ok" ? "info" : "warn"]({ dependency }, "dependency changed");
      if (dependency.name !== "store") return;
      const { state, detail } = dependency;
      storeTrouble = state === "ok" ? undefined : `My own store is not usable, so my queue is degraded: ${detail}`;
      notice.changed(dependency);
      if (state === "ok") changes.storeIsBack();
      schedules.storeIs(state === "ok");
    },
  });
  const server = createHttpServer({
    logger,
    metrics: () => telemetry.text(),
    // Commands come in and answers go out through Slack; everything else may be away and the bot still says so.
    readiness: () => {
      const seen = dependencies.current();
      const ready = seen.every(({ name, state }) => name !== "slack" || state !== "down");
      return { ready, dependencies: seen, schedules: schedules.current() };
    },
    alertmanager:
      environment.alertmanagerWebhookToken === undefined
        ? undefined
        : { token: environment.alertmanagerWebhookToken, accept: alerting.accept, logger },
    gitlab:
      environment.gitlabWebhookSecret === undefined
        ? undefined
        : { secret: environment.gitlabWebhookSecret, onHint: (hint) => mergeRequests.hint(hint), logger },
    slack:
      surface.requestListener === undefined
        ? undefined
        : { path: slackPath, accepts: isSlackBody, listener: surface.requestListener },
  });
  const address = await server.listen({ host: "0.0.0.0", port: environment.port }).catch((cause: unknown) => {
    throw new BotError(
      "http.listen",
      `Port ${environment.port} cannot be listened on`,
      "Set PORT to a free one, or stop the program that has it",
      { cause },
    );
  });
  dependencies.start();
  changes.start();
  alerting.start();
  schedules.start();
  if (environment.gitlab !== undefined) mergeRequests.start();
  logger.info({ address, mode: slack.mode, source: settings.source }, "listening");
  // Socket mode connects on its own time, and again whenever it breaks; the process does not die of Slack being away.
  void keepStarting(
    () => surface.start(),
    (err) => logger.warn({ err }, "Slack's socket could not be opened; trying again"),
  );

  const signal = await untilTold();
  logger.info({ signal }, "stopping");
  const timer = setTimeout(() => process.exit(1), stopWithinMs).unref();
  dependencies.stop();
  leftovers.stop();
  notice.stop();
  alerting.stop();
  await mergeRequests.stop();
  await schedules.stop();
  await changes.stop().catch((err: unknown) => logger.warn({ err }, "a run could not be handed over"));
  await server.close();
  await surface.stop().catch((err: unknown) => logger.warn({ err }, "Slack's socket did not close"));
  await charts.stop();
  await store.close();
  clearTimeout(timer);
  logger.info("stopped");
  return 0;
}
