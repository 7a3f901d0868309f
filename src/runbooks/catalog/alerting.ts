import { z } from "zod";
import type { Heartbeat } from "../../platform/ports.ts";
import { read } from "../../platform/reading.ts";
import type { Finding } from "../../reports/model.ts";
import { defineRunbook } from "../define.ts";
import type { RunContext } from "../definition.ts";
import { evidence, finding, fromReading } from "../instance/findings.ts";
import { ageSeconds, duration } from "../instance/units.ts";

const section = "Alerting";

/** Follows the alert that always fires from the rules to the bot, and says where it is lost. */
export const alerting = defineRunbook({
  id: "alerting",
  title: "Whether alerts arrive",
  description: "Follows the alert that always fires from the metrics store to the bot, and says where it is lost",
  params: z.strictObject({}),
  positional: [],
  effect: "read",
  async run(context) {
    const stages = await Promise.all([metricsStore(context), rules(context), alertmanager(context), arrival(context)]);
    const findings = stages.flat();
    const broken =
      findings.find(({ verdict }) => verdict === "fail") ?? findings.find(({ verdict }) => verdict !== "ok");
    const summary =
      broken === undefined ? `Alerts arrive: ${findings.at(-1)?.title ?? ""}` : `Alerting is broken: ${broken.title}`;
    return { summary, findings, tables: [] };
  },
});

type Context = RunContext<object>;

async function metricsStore({ platform, config, signal }: Context): Promise<readonly Finding[]> {
  const reading = await read({ command: "PromQL: vector(1)", timeoutMs: config.readTimeoutMs, signal }, (inner) =>
    platform.metrics.query("vector(1)", inner),
  );
  return fromReading({ id: "alerting.metrics", section, what: "The metrics store" }, reading, (samples) => [
    finding({
      id: "alerting.metrics",
      section,
      verdict: "ok",
      title: "The metrics store answers",
      evidence: [evidence(reading, `${samples.length} sample`)],
    }),
  ]);
}

async function rules({ platform, config, signal }: Context): Promise<readonly Finding[]> {
  const { alert } = config.alerts.watchdog;
  const query = `ALERTS{alertname=${JSON.stringify(alert)},alertstate="firing"}`;
  const reading = await read({ command: `PromQL: ${query}`, timeoutMs: config.readTimeoutMs, signal }, (inner) =>
    platform.metrics.query(query, inner),
  );
  return fromReading({ id: "alerting.rules", section, what: "Whether the rules are evaluated" }, reading, (samples) => [
    finding({
      id: "alerting.rules",
      section,
      verdict: samples.length > 0 ? "ok" : "fail",
      title:
        samples.length > 0
          ? `${alert} fires: the rules are evaluated`
          : `${alert} does not fire, so the rules are not evaluated`,
      detail:
        samples.length > 0
          ? ""
          : "Look at vmalert (or Prometheus): whether it runs, has the rules and reaches the metrics store.",
      evidence: [evidence(reading, `${samples.length} series`)],
    }),
  ]);
}

async function alertmanager({ platform, config, signal }: Context): Promise<readonly Finding[]> {
  const { alert } = config.alerts.watchdog;
  const command = `amtool alert query alertname=${alert}`;
  const reading = await read({ command, timeoutMs: config.readTimeoutMs, signal }, (inner) =>
    platform.alerting.activeAlertNames(inner),
  );
  return fromReading({ id: "alerting.alertmanager", section, what: "Alertmanager" }, reading, (names) => {
    const there = names.includes(alert);
    return [
      finding({
        id: "alerting.alertmanager",
        section,
        verdict: there ? "ok" : "fail",
        title: there ? `Alertmanager has ${alert}` : `Alertmanager answers, and does not have ${alert}`,
        detail: there
          ? ""
          : "What evaluates the rules does not reach Alertmanager: look at its notifier address and at the network.",
        evidence: [evidence(reading, `${names.length} alerts: ${[...new Set(names)].slice(0, 10).join(", ")}`)],
      }),
    ];
  });
}

async function arrival({ platform, config, signal, now }: Context): Promise<readonly Finding[]> {
  const { alert, silentMinutes } = config.alerts.watchdog;
  const command = `kubectl -n ${config.home.namespace} get cm -l dfbot.platform/record=heartbeat`;
  const reading = await read({ command, timeoutMs: config.readTimeoutMs, signal }, (inner) =>
    platform.alerting.heartbeats(inner),
  );
  const id = "alerting.arrival";
  return fromReading({ id, section, what: `When ${alert} last came in` }, reading, (heartbeats) => {
    if (heartbeats.length === 0) {
      const title = `${alert} has never come in`;
      const detail =
        "Alertmanager does not send it here: compare its routes with deploy/bot/alertmanager/receiver.yaml.";
      return [finding({ id, section, verdict: "warn", title, detail, evidence: [evidence(reading, "none")] })];
    }
    return heartbeats.map((heartbeat) => {
      const age = ageSeconds(heartbeat.lastAt, now());
      const late = age > silentMinutes * 60;
      return finding({
        id,
        section,
        verdict: late ? "fail" : "ok",
        title: late
          ? `${alert}${labelsOf(heartbeat)} has not come in for ${duration(age)}`
          : `${alert}${labelsOf(heartbeat)} last came in ${duration(age)} ago`,
        detail: late
          ? "When everything before it works, it is lost between Alertmanager and the bot: its route, the token, the network."
          : "",
        evidence: [evidence(reading, heartbeat.lastAt)],
      });
    });
  });
}

function labelsOf({ labels }: Heartbeat): string {
  const shown = Object.entries(labels).slice(0, 3);
  return shown.length === 0 ? "" : ` (${shown.map(([name, value]) => `${name} ${value}`).join(", ")})`;
}
