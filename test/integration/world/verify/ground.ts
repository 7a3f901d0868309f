import { join } from "node:path";
import { pino } from "pino";
import { type AlertmanagerProcess, startAlertmanager } from "../../../../sandbox/alertmanager/alertmanager.ts";
import { startVmalert } from "../../../../sandbox/alertmanager/vmalert.ts";
import { freePort } from "../../../../sandbox/bot-process.ts";
import { applyAsFlux } from "../../../../sandbox/world/flux/server-side-apply.ts";
import { places } from "../../../../sandbox/world/places.ts";
import { reportApplied } from "../../../../sandbox/world/platform/platform.ts";
import { startWorld, type World } from "../../../../sandbox/world/world.ts";
import { composeAlerting } from "../../../../src/alerting.ts";
import { type Composed, compose } from "../../../../src/compose.ts";
import type { Config } from "../../../../src/config/file.ts";
import { requireSettings } from "../../../../src/config/load.ts";
import { createHttpServer } from "../../../../src/http/server.ts";
import type { Report } from "../../../../src/reports/model.ts";
import { catalog } from "../../../../src/runbooks/catalog/index.ts";
import { keepResult } from "../../../../src/runbooks/last-result.ts";
import { createRunner } from "../../../../src/runbooks/runner.ts";
import { fakeGit } from "../../../fakes/git.ts";
import { gitFiles, tenantObjects } from "./git-objects.ts";

/** A healthy world with everything that `verify` asks: metrics, evaluated rules, a heartbeat, and a Git project that is applied. */
export interface Ground {
  readonly world: World;
  readonly alertmanager: AlertmanagerProcess;
  /** `probes: false`: without trying any connection. */
  verify(params?: { readonly probes: boolean }): Promise<Report>;
  /** As the service does with every run. */
  keep(report: Report): Promise<void>;
  stop(): Promise<void>;
}

export async function layGround(): Promise<Ground> {
  const notices: string[] = [];
  const world = await startWorld({ onNotice: (text) => notices.push(text) });
  const { metrics } = world;
  if (metrics === undefined) throw new Error(notices.join("\n"));
  await metrics.forgetBeginnings();
  const vmalert = startVmalert({
    metricsUrl: metrics.url,
    // Nobody listens there: what it would tell is another test's.
    alertmanagerUrl: "http://127.0.0.1:9",
    port: metrics.rulesPort,
    objects: world.infra.objects,
    faster: 1,
    without: [],
    onNotice: (text) => notices.push(text),
  });
  if (vmalert === undefined) throw new Error("vmalert is not installed (apt install victoria-metrics)");
  for (const object of tenantObjects) applyAsFlux(world.infra.objects, object);
  const git = fakeGit(gitFiles, { now: () => new Date() });
  for (const { objects } of world.clusters) {
    for (const { metadata } of objects.list(places.kustomizations)) {
      const applied = metadata.name === "infra-databases-tenants" ? tenantObjects : undefined;
      reportApplied(objects, metadata, `main@sha1:${git.branches.get("main")}`, new Date(), applied);
    }
  }
  const alertmanagerPort = await freePort();
  const settings = requireSettings({ ...world.env(), ALERTMANAGER_URL: `http://127.0.0.1:${alertmanagerPort}` }, "cli");
  // Nothing is far away here: what is not answered by then was dropped.
  const config = { ...settings.config, probes: { ...settings.config.probes, stageMs: 1_000 } };
  const composed = compose(settings);
  await composed.heartbeats.create({
    id: "watchdog",
    labels: {},
    lastAt: new Date().toISOString(),
    externalUrl: "http://alertmanager",
  });
  const intake = await startIntake(composed, config, world.directory);
  const alertmanager = await startAlertmanager({ webhook: intake.url, token, port: alertmanagerPort });
  // What the servers, the API and the metrics store say is read as the bot reads it; Git is a fake with the shipped tree.
  const platform = { ...composed.platform, git: git.reader };
  return {
    world,
    alertmanager,
    keep: (report) => keepResult(report, config, composed.results),
    verify: (params = { probes: true }) =>
      createRunner({
        runbooks: catalog,
        config,
        platform,
        scrub: (text) => text,
        now: () => new Date(),
      }).run({ runbook: "verify", params, requester: { surface: "cli", id: "test" } }),
    stop: async () => {
      await Promise.all([vmalert.stop(), alertmanager.stop(), intake.stop()]);
      await world.stop();
    },
  };
}

const token = "ground-alertmanager-token";

/** The bot's webhook and what sees to the alerts behind it, as in the service; nobody is told of any. */
async function startIntake(composed: Composed, config: Config, dataDir: string) {
  const logger = pino({ level: "silent" });
  const alerting = composeAlerting({
    config,
    store: composed.incidents,
    heartbeats: composed.heartbeats,
    arrivals: composed.arrivals,
    dataDir: join(dataDir, "intake"),
    logger,
    degraded: () => undefined,
    show: async () => undefined,
    onBacklog: () => undefined,
  });
  const server = createHttpServer({
    logger,
    readiness: () => ({ ready: true, dependencies: [] }),
    metrics: async () => "",
    slack: undefined,
    alertmanager: { token, accept: alerting.accept, logger },
  });
  const address = await server.listen({ host: "127.0.0.1", port: 0 });
  alerting.start();
  return {
    url: `${address}/webhooks/alertmanager`,
    stop: async () => {
      alerting.stop();
      await server.close();
    },
  };
}
