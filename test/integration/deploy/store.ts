import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { z } from "zod";
import { freePort } from "../../../sandbox/bot-process.ts";
import { startVictoriaMetrics } from "../../../sandbox/metrics/victoria-metrics.ts";
import type { Target } from "./pages.ts";

/** One series of an answer: its labels and the newest value. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricsStore {
  /** Keeps every target's pages, the last one as of `end` and the others `stepSeconds` apart before it. */
  load(targets: readonly Target[]): Promise<void>;
  /** As a graph asks: over everything that was loaded. Rejects when the expression is refused. */
  range(expr: string): Promise<readonly Series[]>;
  /** As a single figure asks: at the end of what was loaded. */
  instant(expr: string): Promise<readonly Series[]>;
  /** Values of a label, of the series that match; `__name__` for the names of metrics. */
  labelValues(label: string, match?: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const stepSeconds = 15;
const point = z.tuple([z.number(), z.string()]);
const answerSchema = z.object({
  status: z.literal("success"),
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(point).optional(),
        value: point.optional(),
      }),
    ),
  }),
});
const valuesSchema = z.object({ data: z.array(z.string()) });

/** A real VictoriaMetrics, empty. */
export async function startMetricsStore(scrapes: number): Promise<MetricsStore> {
  const directory = mkdtempSync(join(tmpdir(), "dashboards-"));
  const ended: string[] = [];
  const server = startVictoriaMetrics({
    directory,
    address: "127.0.0.1",
    port: await freePort(),
    flags: [],
    onNotice: (text) => ended.push(text),
  });
  if (server === undefined) throw new Error(ended.join());
  const end = Math.floor(Date.now() / 1_000);
  const start = end - (scrapes - 1) * stepSeconds;
  const get = async (path: string, parameters: Readonly<Record<string, string>>) => {
    const response = await fetch(`${server.url}${path}?${new URLSearchParams({ ...parameters, nocache: "1" })}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${text}`);
    return text;
  };
  const series = async (path: string, parameters: Readonly<Record<string, string>>): Promise<readonly Series[]> =>
    answerSchema.parse(JSON.parse(await get(path, parameters))).data.result.map(({ metric, values, value }) => ({
      labels: metric,
      value: Number((value ?? values?.at(-1))?.[1]),
    }));
  await vi.waitFor(() => get("/health", {}), { interval: 50 });
  return {
    async load(targets) {
      for (const { labels, pages } of targets) {
        expect(pages).toHaveLength(scrapes);
        for (const [i, page] of pages.entries()) {
          const query = new URLSearchParams({ timestamp: String((start + i * stepSeconds) * 1_000) });
          for (const [name, value] of Object.entries(labels)) query.append("extra_label", `${name}=${value}`);
          const response = await fetch(`${server.url}/api/v1/import/prometheus?${query}`, {
            method: "POST",
            body: page,
          });
          expect(response.status).toBe(204);
        }
      }
      await get("/internal/force_flush", {});
    },
    range: (expr) =>
      series("/api/v1/query_range", {
        query: expr,
        start: String(start),
        end: String(end),
        step: `${stepSeconds}s`,
      }),
    instant: (expr) => series("/api/v1/query", { query: expr, time: String(end) }),
    async labelValues(label, match) {
      const matching: Readonly<Record<string, string>> = match === undefined ? {} : { "match[]": match };
      return valuesSchema.parse(JSON.parse(await get(`/api/v1/label/${label}/values`, matching))).data;
    },
    async stop() {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
      expect(ended).toEqual([]);
    },
  };
}
