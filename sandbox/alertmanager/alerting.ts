import { freePort } from "../bot-process.ts";
import type { World } from "../world/world.ts";
import { beginAlertmanager } from "./alertmanager.ts";
import { startVmalert, type VmalertProcess } from "./vmalert.ts";

export interface AlertingOptions {
  readonly world: World;
  readonly botPort: number;
  readonly token: string;
  /** See VmalertOptions. */
  readonly faster: number;
  readonly onNotice: (text: string) => void;
}

/** From the world's metrics to the bot's webhook, as it is shipped: rules, Alertmanager, and the bot as a scrape target. */
export interface Alerting {
  readonly alertmanagerUrl: string;
  /** Begins the evaluation of the rules, or ends it. */
  evaluate(on: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** The sandbox runs one replica, and should not be told so all the time; nor that its machine is busy with something else. */
const without = ["DfbotReplicaDown", "DfbotEventLoopSlow", "DfbotSlackAckSlow"];

/** Undefined, and one notice, when something that it needs is not installed. It waits for nobody to be ready. */
export async function startAlerting(options: AlertingOptions): Promise<Alerting | undefined> {
  const { world, botPort, token, faster, onNotice } = options;
  const { metrics } = world;
  // What is missing here has been told of.
  if (metrics === undefined) return undefined;
  const alertmanager = beginAlertmanager({
    webhook: `http://127.0.0.1:${botPort}/webhooks/alertmanager`,
    token,
    port: await freePort(),
  });
  if (alertmanager === undefined) {
    onNotice("Alertmanager is not installed (apt install prometheus-alertmanager): no alerts in this world.");
    return undefined;
  }
  const { rulesPort: port } = metrics;
  let vmalert: VmalertProcess | undefined;
  metrics.scrapeBot(botPort);
  return {
    alertmanagerUrl: alertmanager.url,
    evaluate: async (on) => {
      await vmalert?.stop();
      vmalert = undefined;
      if (!on) return;
      await metrics.forgetBeginnings();
      const { objects } = world.infra;
      const { url: metricsUrl } = metrics;
      const { url: alertmanagerUrl } = alertmanager;
      vmalert = startVmalert({ metricsUrl, alertmanagerUrl, port, objects, faster, without, onNotice });
      if (vmalert === undefined)
        onNotice("vmalert is not installed (apt install victoria-metrics): no rule is evaluated.");
    },
    stop: async () => {
      await Promise.all([vmalert?.stop(), alertmanager.stop()]);
    },
  };
}
