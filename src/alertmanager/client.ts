import { z } from "zod";
import type { AlertManager, Silence } from "../alerts/manager.ts";
import { BotError } from "../errors.ts";
import { createAskAlertmanager } from "./request.ts";

const time = z.iso.datetime({ offset: true });
const alertsSchema = z.array(
  z.object({ fingerprint: z.string(), startsAt: time, labels: z.record(z.string(), z.string()) }),
);
const silencesSchema = z.array(
  z.object({
    id: z.string(),
    matchers: z.array(
      z.object({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean().default(true) }),
    ),
    startsAt: time,
    endsAt: time,
    createdBy: z.string(),
    comment: z.string(),
    status: z.object({ state: z.enum(["active", "pending", "expired"]) }),
  }),
);
const madeSchema = z.object({ silenceID: z.string() });

/** What Alertmanager answered, checked. Throws BotError `alertmanager.bad-answer`. */
export function parsed<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new BotError(
    "alertmanager.bad-answer",
    `Alertmanager's answer is not what its API promises: ${result.error.issues[0]?.message ?? ""}`,
    "Check that ALERTMANAGER_URL leads to Alertmanager 0.25 or newer",
    { cause: result.error },
  );
}

/** Alertmanager's API v2. Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml */
export function createAlertManager(url: string | undefined): AlertManager {
  const askText = createAskAlertmanager(url);
  const ask = async (method: string, path: string, signal: AbortSignal, body?: unknown): Promise<unknown> => {
    const text = await askText(method, `api/v2/${path}`, signal, body);
    return text === "" ? undefined : JSON.parse(text);
  };
  const silences = async (signal: AbortSignal): Promise<readonly Silence[]> =>
    parsed(silencesSchema, await ask("GET", "silences", signal)).map(({ status, ...silence }) => ({
      ...silence,
      state: status.state,
    }));
  return {
    activeAlerts: async (signal) => {
      const query = "alerts?active=true&silenced=true&inhibited=true&unprocessed=true";
      const alerts = parsed(alertsSchema, await ask("GET", query, signal));
      return alerts.map(({ fingerprint, startsAt, labels }) => ({
        identity: `${fingerprint}/${new Date(startsAt).toISOString()}`,
        name: labels["alertname"] ?? "",
        labels,
        startsAt: new Date(startsAt).toISOString(),
      }));
    },
    silences,
    silence: async ({ key, matchers, endsAt, createdBy, comment }, signal) => {
      const mark = `[${key}]`;
      const existing = (await silences(signal)).find((one) => one.state !== "expired" && one.comment.includes(mark));
      if (existing !== undefined) return existing.id;
      const body = {
        matchers,
        startsAt: new Date().toISOString(),
        endsAt: endsAt.toISOString(),
        createdBy,
        comment: `${comment} ${mark}`,
      };
      return parsed(madeSchema, await ask("POST", "silences", signal, body)).silenceID;
    },
    expire: async (id, signal) => {
      await ask("DELETE", `silence/${encodeURIComponent(id)}`, signal).catch((error: unknown) => {
        if (!/already expired|not found/i.test(String(error))) throw error;
      });
    },
  };
}
