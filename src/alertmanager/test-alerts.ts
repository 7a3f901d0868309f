import { z } from "zod";
import { testAlert } from "../alerts/test-alert.ts";
import type { TestAlerts } from "../platform/test-alerts.ts";
import { parsed } from "./client.ts";
import { createAskAlertmanager } from "./request.ts";

const endsAfterMs = 60_000;
const alertsSchema = z.array(
  z.object({
    receivers: z.array(z.object({ name: z.string() })),
    status: z.object({ silencedBy: z.array(z.string()), inhibitedBy: z.array(z.string()) }),
  }),
);
/** Of every attempt, those that are tried again too. Source: notify.go of Alertmanager, since 0.22. */
const failedMetric = /^alertmanager_notification_requests_failed_total\{[^}]*integration="webhook"[^}]*\} (\S+)$/gm;

/** Test alerts by Alertmanager's API v2; `arrivals` are those that the bot's webhook has seen. */
export function createTestAlerts(url: string | undefined, arrivals: () => Promise<readonly string[]>): TestAlerts {
  const ask = createAskAlertmanager(url);
  const alertOf = (nonce: string, endsAt?: string) => [
    {
      labels: { alertname: testAlert, severity: "none", nonce },
      annotations: { summary: "A test alert of the Dragonfly runbook bot. It ends by itself." },
      ...(endsAt === undefined ? {} : { endsAt }),
    },
  ];
  return {
    command: (nonce) =>
      `curl -sS -H 'Content-Type: application/json' "$ALERTMANAGER_URL/api/v2/alerts" -d '${JSON.stringify(
        // As it can be pasted at any time: Alertmanager ends it by itself then, too, after its resolve_timeout.
        alertOf(nonce),
      )}'`,
    send: async (nonce, signal) => {
      const endsAt = new Date(Date.now() + endsAfterMs).toISOString();
      await ask("POST", "api/v2/alerts", signal, alertOf(nonce, endsAt));
    },
    arrived: () => arrivals(),
    state: async (nonce, signal) => {
      const filter = encodeURIComponent(`nonce="${nonce}"`);
      const [alert] = parsed(alertsSchema, JSON.parse(await ask("GET", `api/v2/alerts?filter=${filter}`, signal)));
      return alert === undefined ? undefined : { ...alert.status, receivers: alert.receivers.map(({ name }) => name) };
    },
    failedRequests: async (signal) => {
      const counts = [...(await ask("GET", "metrics", signal)).matchAll(failedMetric)].map(([, count]) =>
        Number(count),
      );
      return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
    },
  };
}
