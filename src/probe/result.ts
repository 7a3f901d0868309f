import { z } from "zod";
import { connectionStages, stages } from "./codes.ts";

/**
 * What the probe prints: one JSON document. The bot parses it with this schema; the probe itself imports only the types, so
 * that it starts without loading zod.
 */

const milliseconds = z.number().min(0);

/** `ok` and `skipped` have codes too: `tcp.ok`, `dns.literal`, `tls.not-asked`, `role.not-reached`. */
const outcome = <S extends z.ZodType<string>>(stage: S) =>
  z.strictObject({
    stage,
    verdict: z.enum(["ok", "fail", "skipped"]),
    /** `<stage>.<cause>`, stable; the causes of failures are in src/probe/codes.ts. */
    code: z.string().regex(/^[a-z-]+\.[a-z-]+$/),
    /** For people: what was seen and what it most likely means. */
    detail: z.string(),
    durationMs: milliseconds,
  });

const outcomeSchema = outcome(z.enum(stages));

/**
 * How far the probe came: nothing answered; the port took the connection; a server gave an answer in its protocol, be it
 * `NOAUTH`. An answer proves that no policy blocks the path; a port alone does so unless a proxy stands in between.
 */
const reached = z.enum(["nothing", "port", "server"]);

const addressSchema = z.strictObject({
  address: z.union([z.ipv4(), z.ipv6()]),
  reached,
  stages: z.array(outcome(z.enum(connectionStages))).length(connectionStages.length),
  /** As the server says it, when it said it. */
  role: z.enum(["primary", "replica"]).optional(),
  /** Round trips of PING; `pings` is how many were measured. */
  latency: z
    .strictObject({
      pings: z.int().min(1),
      p50Ms: milliseconds,
      p90Ms: milliseconds,
      p99Ms: milliseconds,
      maxMs: milliseconds,
    })
    .optional(),
});

export const probeResultSchema = z.strictObject({
  version: z.literal(1),
  target: z.strictObject({ host: z.string(), port: z.int(), tls: z.boolean(), credentials: z.boolean() }),
  startedAt: z.iso.datetime(),
  durationMs: milliseconds,
  /** `fail` when any stage failed at any address: a client may be given any of them. */
  verdict: z.enum(["ok", "fail"]),
  /** The furthest of the addresses. */
  reached,
  dns: outcome(z.literal("dns")),
  addresses: z.array(addressSchema),
  /** Addresses of the name that were not tried, because there were too many. */
  addressesLeftOut: z.int().min(0),
});

export type ProbeResult = z.infer<typeof probeResultSchema>;
export type ProbedAddress = z.infer<typeof addressSchema>;
export type Outcome = z.infer<typeof outcomeSchema>;
export type Latency = NonNullable<ProbedAddress["latency"]>;
export type Reached = z.infer<typeof reached>;
