import { z } from "zod";
import { BotError } from "../errors.ts";
import { amendRecord } from "../records/amend.ts";
import type { RecordStore } from "../records/store.ts";
import type { AlertBatch } from "./payload.ts";

/** `verify` sends it through Alertmanager to see whether alerts come back: it opens no thread and calls nobody. */
export const testAlert = "DragonflyBotRoundTrip";

const nonceSchema = z.string().regex(/^[0-9a-f]{16}$/);

/** The test alerts that came in lately, the newest last. Whoever waits for one may be another process. */
export const arrivalsSchema = z.strictObject({ id: z.string(), at: z.iso.datetime(), nonces: z.array(nonceSchema) });
export type Arrivals = z.output<typeof arrivalsSchema>;
export type ArrivalStore = RecordStore<Arrivals>;

/** There is one such record. */
export const arrivalsId = "test-alerts";
/** More than there are people who verify at the same time. */
const keptAtMost = 50;

/** A notification without the test alerts in it, and the nonces of those that fire. */
export function takeTestAlerts(batch: AlertBatch): { readonly nonces: readonly string[]; readonly rest: AlertBatch } {
  const isTest = ({ labels }: AlertBatch["alerts"][number]) => labels["alertname"] === testAlert;
  const nonces = batch.alerts
    .filter((alert) => isTest(alert) && alert.status === "firing")
    .flatMap(({ labels }) => nonceSchema.safeParse(labels["nonce"]).data ?? []);
  return { nonces, rest: { ...batch, alerts: batch.alerts.filter((alert) => !isTest(alert)) } };
}

/** Writes down that they came in. */
export async function keepArrivals(store: ArrivalStore, nonces: readonly string[], now: Date): Promise<void> {
  const at = now.toISOString();
  const added = (before: readonly string[]) => [...new Set([...before, ...nonces])].slice(-keptAtMost);
  for (let first = true; ; first = false) {
    const kept = await amendRecord(store, arrivalsId, (record) =>
      nonces.every((nonce) => record.nonces.includes(nonce)) ? record : { ...record, at, nonces: added(record.nonces) },
    );
    if (kept !== undefined) return;
    try {
      await store.create({ id: arrivalsId, at, nonces: added([]) });
      return;
    } catch (error) {
      // The other process heard the first one now, too.
      if (!(first && error instanceof BotError && error.code === "arrival.exists")) throw error;
    }
  }
}
