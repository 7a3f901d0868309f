import { z } from "zod";
import { BotError } from "../errors.ts";
import type { MetricSample, MetricsReader } from "../platform/ports.ts";

/** https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries, which VictoriaMetrics answers too. */
const answerSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("success"),
    data: z.object({
      resultType: z.literal("vector"),
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
    }),
  }),
  z.object({ status: z.literal("error"), error: z.string() }),
]);

/** Instant queries against Prometheus or VictoriaMetrics; without an address every query says so. */
export function createMetricsReader(baseUrl: string | undefined): MetricsReader {
  return {
    async query(promql, signal) {
      if (baseUrl === undefined)
        throw new BotError(
          "metrics.not-configured",
          "No metrics store is configured",
          "Set PROMETHEUS_URL to VictoriaMetrics or Prometheus",
        );
      const url = new URL(`${baseUrl.replace(/\/$/, "")}/api/v1/query`);
      const response = await fetch(url, { method: "POST", body: new URLSearchParams({ query: promql }), signal }).catch(
        (cause: unknown) => {
          if (signal.aborted) throw signal.reason;
          throw new BotError(
            "metrics.unreachable",
            "The metrics store cannot be reached",
            "Check PROMETHEUS_URL and that it runs",
            { cause },
          );
        },
      );
      return samplesOf(
        await response.json().catch((cause: unknown) => {
          if (signal.aborted) throw signal.reason;
          throw new BotError(
            "metrics.bad-answer",
            `The metrics store answered HTTP ${response.status} without JSON`,
            "Check that PROMETHEUS_URL leads to its query API",
            { cause },
          );
        }),
      );
    },
  };
}

function samplesOf(body: unknown): readonly MetricSample[] {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success)
    throw new BotError(
      "metrics.bad-answer",
      "The metrics store's answer is not an instant query's",
      "Check that PROMETHEUS_URL leads to its query API",
      { cause: parsed.error },
    );
  if (parsed.data.status === "error")
    throw new BotError(
      "metrics.query",
      `The metrics store refused the query: ${parsed.data.error}`,
      "This is a mistake in the bot; report it",
    );
  return parsed.data.data.result.map(({ metric, value: [seconds, text] }) => ({
    labels: metric,
    value: Number(text),
    at: new Date(seconds * 1_000).toISOString(),
  }));
}
