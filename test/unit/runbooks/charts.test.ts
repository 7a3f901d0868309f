import { describe, expect, it } from "vitest";
import type { MetricSeries } from "../../../src/platform/ports.ts";
import { chartTable } from "../../../src/reports/chart-table.ts";
import { sparkline } from "../../../src/reports/sparkline.ts";
import { chartsFor, chartsOfAlert, promqlOf } from "../../../src/runbooks/triage/charts.ts";
import { alertRules } from "../../alerts/rules.ts";
import { config, fakePlatform } from "../../fakes/platform.ts";

const now = new Date("2026-01-02T12:00:00Z");
const ofInstances = alertRules.filter(
  ({ alert }) => alert.startsWith("Dragonfly") && alert !== "DragonflyOperatorDown",
);

const draw = (range: () => Promise<readonly MetricSeries[]>, alert = "DragonflyMemoryHigh", since?: string) => {
  const platform = { ...fakePlatform(), metrics: { query: async () => [], range, rules: async () => [] } };
  const context = {
    platform,
    config: { ...config, readTimeoutMs: 200 },
    signal: new AbortController().signal,
    now: () => now,
  };
  return chartsFor(context, config.shared, alert, since);
};
const minute = (n: number) => now.getTime() - (60 - n) * 60_000;
const series = (pod: string, ...points: (readonly [number, number])[]): MetricSeries => ({ labels: { pod }, points });

describe("the charts of an alert", () => {
  it.each(ofInstances.map(({ alert }) => alert))("%s has some", (alert) => {
    expect(chartsOfAlert[alert]?.length).toBeGreaterThan(0);
  });

  it("draw the very threshold of the rule", () => {
    const drawn = ofInstances.flatMap(({ alert, expr }) =>
      (chartsOfAlert[alert] ?? []).flatMap(({ threshold, promql }) =>
        threshold?.label === "alert" ? [{ alert, expr, threshold, promql }] : [],
      ),
    );
    expect(drawn.length).toBeGreaterThan(4);
    for (const { alert, expr, threshold, promql } of drawn) {
      if (!/DragonflyClientsRefused/.test(alert)) {
        const limit = Number(/(?:[<>]=?) ([\d.]+)\s*(?:unless .*)?$/.exec(expr)?.[1]);
        expect([alert, promql.startsWith("1 - ") ? 1 - limit : limit]).toEqual([
          alert,
          expect.closeTo(threshold.value, 6),
        ]);
      }
    }
  });

  it("name only metrics that the rules or the kubelet have", () => {
    const known = new Set(ofInstances.flatMap(({ expr }) => expr.match(/\b(?:dragonfly|kubelet)_\w+|\bup\b/g) ?? []));
    for (const query of Object.values(chartsOfAlert).flat()) {
      for (const name of promqlOf(query, config.shared).match(/\b(?:dragonfly|kubelet)_\w+|\bup\b/g) ?? []) {
        expect([name, known.has(name)]).toEqual([name, true]);
      }
    }
  });

  it("show the lines, the time it fired when that is within the hour, and gaps as gaps", async () => {
    const lines = [
      series("dragonfly-1", [minute(0), 0.2], [minute(30), 0.4]),
      series("dragonfly-0", [minute(59), 0.9], [minute(59.5), 0.9]),
    ];
    const [chart] = await draw(async () => lines, "DragonflyMemoryHigh", "2026-01-02T11:50:00Z");
    expect(chart?.series.map(({ name }) => name)).toEqual(["dragonfly-0", "dragonfly-1"]);
    expect(chart?.series[1]?.points).toEqual([
      [minute(0), 0.2],
      [minute(0.5), null],
      [minute(30), 0.4],
    ]);
    expect(chart?.marks).toEqual([{ at: "2026-01-02T11:50:00Z", label: "fires" }]);
    expect(chart?.threshold).toEqual({ value: 0.8, label: "alert" });
    const [old] = await draw(async () => lines, "DragonflyMemoryHigh", "2026-01-01T11:50:00Z");
    expect(old?.marks).toEqual([]);
  });

  it("are left out when there is nothing to draw, and when the metrics do not answer in time", async () => {
    expect(await draw(async () => [])).toEqual([]);
    expect(await draw(async () => [series("dragonfly-0", [minute(1), 1])])).toEqual([]);
    const began = performance.now();
    expect(await draw(() => new Promise(() => {}))).toEqual([]);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe("where there are no pictures", () => {
  it.each([
    [[1, 2, 3, 4, 5, 6, 7, 8], "▁▂▃▄▅▆▇█"],
    [[5, 5, 5], "▃▃▃"],
    [[0, null, 10], "▁ █"],
    [[null, null], ""],
    [[], ""],
    [Array.from({ length: 120 }, (_, n) => n), "▁▂▂▃▄▄▅▅▆▇▇█"],
  ])("the values %j are %s", (values, bars) => {
    expect(sparkline(values)).toBe(bars);
  });

  it("a chart is a table with the lowest, highest and latest value in words", async () => {
    const lines = [series("dragonfly-0", [minute(58), 0.5], [minute(59), 0.85], [minute(60), 0.8])];
    const [chart] = await draw(async () => lines, "DragonflyMemoryHigh", "2026-01-02T11:50:00Z");
    if (chart === undefined) throw new Error("a chart was expected");
    const { title, rows } = chartTable(chart);
    expect(title).toBe("Memory used, of maxmemory, last hour, alert at 80.0 %, fires since 2026-01-02T11:50:00Z");
    expect(rows).toEqual([["dragonfly-0", expect.stringContaining("█"), "50.0 %", "85.0 %", "80.0 %"]]);
  });
});
