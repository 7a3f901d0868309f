import { z } from "zod";

/** One alert of an incident. */
export interface IncidentAlert {
  /** `fingerprint/startsAt` */
  readonly identity: string;
  readonly status: "firing" | "resolved";
  /** In a storm, where the alerts have different names: which of the incident's `kinds`. */
  readonly kind?: number | undefined;
  /** Kept of the first ones: a storm is counted, not spelled out. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

const labels = z.record(z.string(), z.string());
const stored = z.union([z.string(), z.tuple([z.string(), labels])]);
const alert = z.strictObject({
  identity: z.string(),
  status: z.enum(["firing", "resolved"]),
  kind: z.int().min(0).optional(),
  labels: labels.optional(),
});

/**
 * As it is written down: `fingerprint/startsAt in base 36/f or r/kind`, and its labels beside it. Thousands of them have
 * to fit into one object of the cluster.
 */
export const incidentAlertSchema = z.codec(stored, alert, {
  decode: (value) => {
    const [text, kept] = typeof value === "string" ? [value, undefined] : value;
    const [fingerprint = "", since = "", status, kind] = text.split("/");
    return {
      identity: `${fingerprint}/${new Date(Number.parseInt(since, 36)).toISOString()}`,
      status: status === "f" ? ("firing" as const) : ("resolved" as const),
      ...(kind === undefined ? {} : { kind: Number(kind) }),
      ...(kept === undefined ? {} : { labels: kept }),
    };
  },
  encode: ({ identity, status, kind, labels: kept }) => {
    const [fingerprint = "", startsAt = ""] = identity.split("/");
    const since = Date.parse(startsAt).toString(36);
    const text = [fingerprint, since, status === "firing" ? "f" : "r", ...(kind === undefined ? [] : [kind])].join("/");
    return kept === undefined ? text : ([text, { ...kept }] as [string, Record<string, string>]);
  },
});
