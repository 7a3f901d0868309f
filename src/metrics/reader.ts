import { z } from "zod";
import { BotError } from "../errors.ts";
import type { MetricsReader } from "../platform/ports.ts";

const labels = z.record(z.string(), z.string());
const point = z.tuple([z.number(), z.string()]);
const error = z.object({ status: z.literal("error"), error: z.string() });

/** https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries, which VictoriaMetrics answers too. */
const vectorSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("success"),
    data: z.object({ resultType: z.literal("vector"), result: z.array(z.object({ metric: labels, value: point })) }),
  }),
  error,
]);

/** https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries */
const matrixSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("success"),
    data: z.object({
      resultType: z.literal("matrix"),
      result: z.array(z.object({ metric: labels, values: z.array(point) })),
    }),
  }),
  error,
]);

/** https://prometheus.io/docs/prometheus/latest/querying/api/#rules, which vmalert answers too. */
const rulesSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("success"),
    data: z.object({
      groups: z.array(
        z.object({
          name: z.string(),
          rules: z.array(
            z.object({
              type: z.string(),
              name: z.string(),
              health: z.string().default("unknown"),
              lastError: z.string().default(""),
              lastEvaluation: z.string().optional(),
            }),
          ),
        }),
      ),
    }),
  }),
  error,
]);
/** What Prometheus and vmalert write for "never" (Go's zero time). */
const never = /^0001-/;

type Answer = { readonly status: "success" } | { readonly status: "error"; readonly error: string };

/** Queries against Prometheus or VictoriaMetrics; without an address every query says so. */
export function createMetricsReader(baseUrl: string | undefined): MetricsReader {
  const ask = async <T extends Answer>(
    path: "query" | "query_range" | "rules",
    parameters: Readonly<Record<string, string>> | undefined,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ) => {
    if (baseUrl === undefined)
      throw new BotError(
        "metrics.not-configured",
        "No metrics store is configured",
        "Set PROMETHEUS_URL to VictoriaMetrics or Prometheus",
      );
    const url = new URL(`${baseUrl.replace(/\/$/, "")}/api/v1/${path}`);
    const asked = parameters === undefined ? {} : { method: "POST", body: new URLSearchParams(parameters) };
    const response = await fetch(url, { ...asked, signal }).catch((cause: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw new BotError(
        "metrics.unreachable",
        "The metrics store cannot be reached",
        "Check PROMETHEUS_URL and that it runs",
        { cause },
      );
    });
    const body: unknown = await response.json().catch((cause: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw badAnswer(`The metrics store answered HTTP ${response.status} without JSON`, cause);
    });
    const parsed = schema.safeParse(body);
    if (!parsed.success) throw badAnswer(`The metrics store's answer is not one to ${path}`, parsed.error);
    const answer: Answer = parsed.data;
    if (answer.status === "error")
      throw new BotError(
        "metrics.query",
        `The metrics store refused the query: ${answer.error}`,
        "This is a mistake in the bot; report it",
      );
    return parsed.data as Extract<T, { readonly status: "success" }>;
  };
  return {
    async rules(signal) {
      const { data } = await ask("rules", undefined, rulesSchema, signal);
      return data.groups.flatMap(({ name: group, rules }) =>
        rules
          .filter(({ type }) => type === "alerting")
          .map(({ name: alert, health, lastError, lastEvaluation = "0001-" }) => ({
            alert,
            group,
            health,
            lastError,
            lastEvaluationAt: never.test(lastEvaluation) ? undefined : lastEvaluation,
          })),
      );
    },
    async query(promql, signal) {
      const { data } = await ask("query", { query: promql }, vectorSchema, signal);
      return data.result.map(({ metric, value: [seconds, text] }) => ({
        labels: metric,
        value: Number(text),
        at: new Date(seconds * 1_000).toISOString(),
      }));
    },
    async range(promql, { from, to, stepSeconds }, signal) {
      const parameters = {
        query: promql,
        start: String(from.getTime() / 1_000),
        end: String(to.getTime() / 1_000),
        step: String(stepSeconds),
      };
      const { data } = await ask("query_range", parameters, matrixSchema, signal);
      return data.result.map(({ metric, values }) => ({
        labels: metric,
        points: values.flatMap(([seconds, text]): (readonly [number, number])[] => {
          const value = Number(text);
          return Number.isFinite(value) ? [[seconds * 1_000, value]] : [];
        }),
      }));
    },
  };
}

function badAnswer(what: string, cause: unknown): BotError {
  return new BotError("metrics.bad-answer", what, "Check that PROMETHEUS_URL leads to its query API", { cause });
}
