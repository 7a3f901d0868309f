import { z } from "zod";
import { BotError } from "../errors.ts";

/** One alert as Alertmanager tells of it. */
export interface Alert {
  /** `fingerprint/startsAt`: one firing of one alert, whoever tells of it and however often. */
  readonly identity: string;
  readonly fingerprint: string;
  readonly status: "firing" | "resolved";
  readonly startsAt: string;
  /** When it was resolved. */
  readonly endsAt: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Its expression in the rule's program. */
  readonly generatorUrl: string;
}

/** One notification of an alert group. */
export interface AlertBatch {
  /** Contains the route, so it changes when somebody edits the routes: a hint, no identity. */
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly receiver: string;
  /** Of the Alertmanager that sent it. */
  readonly externalUrl: string;
  /** How many alerts of the group are not in here: an absent alert is not a resolved one then. */
  readonly truncated: number;
  readonly alerts: readonly Alert[];
}

const texts = z.record(z.string(), z.string());
const time = z.iso.datetime({ offset: true });
const alertSchema = z.object({
  status: z.enum(["firing", "resolved"]),
  labels: texts.refine((labels) => Object.keys(labels).length > 0, "an alert has labels"),
  annotations: texts.default({}),
  startsAt: time,
  endsAt: time.optional(),
  generatorURL: z.string().default(""),
  fingerprint: z.string().regex(/^[0-9a-f]{1,32}$/, "must be hexadecimal"),
});
const payloadSchema = z.object({
  version: z.literal("4"),
  groupKey: z.string().min(1),
  truncatedAlerts: z.int().min(0).default(0),
  receiver: z.string().default(""),
  groupLabels: texts.default({}),
  externalURL: z.string().default(""),
  alerts: z.array(alertSchema).max(100_000),
});

/**
 * What Alertmanager sends to a webhook (version 4, Alertmanager 0.25 to 0.34). Fields that are not known are left out.
 * Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 *
 * @throws BotError `alerts.payload` for what can never be accepted: not JSON, another version, an alert without identity
 */
export function parseAlertBatch(body: string): AlertBatch {
  const payload = payloadSchema.safeParse(json(body));
  if (!payload.success) {
    const [issue] = payload.error.issues;
    throw refused(`${issue?.path.join(".") || "the body"}: ${issue?.message ?? "not what Alertmanager sends"}`);
  }
  const {
    groupKey,
    groupLabels,
    receiver,
    externalURL: externalUrl,
    truncatedAlerts: truncated,
    alerts,
  } = payload.data;
  return { groupKey, groupLabels, receiver, externalUrl, truncated, alerts: alerts.map(alertOf) };
}

function alertOf({
  status,
  labels,
  annotations,
  startsAt,
  endsAt,
  generatorURL,
  fingerprint,
}: z.infer<typeof alertSchema>): Alert {
  // The same instant is written in one way, whatever zone and precision the sender chose.
  const since = new Date(startsAt).toISOString();
  return {
    identity: `${fingerprint}/${since}`,
    fingerprint,
    status,
    startsAt: since,
    endsAt: status === "resolved" && endsAt !== undefined ? new Date(endsAt).toISOString() : undefined,
    labels,
    annotations,
    generatorUrl: generatorURL,
  };
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw refused("the body is not JSON", cause);
  }
}

function refused(why: string, cause?: unknown): BotError {
  return new BotError(
    "alerts.payload",
    `This is no Alertmanager notification: ${why}`,
    "Send what webhook_configs sends (version 4)",
    { cause },
  );
}
