import type { TopLevelSpec } from "vega-lite";
import type { Chart, ChartUnit } from "../reports/model.ts";
import { clean, oneLine, truncate } from "../reports/render/clean.ts";

/** Okabe and Ito's colours, which colour-blind people tell apart. https://jfly.uni-koeln.de/color/ */
const colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];
const warningColour = "#b00020";
const ink = "#1d1c1d";
const font = "DejaVu Sans";
/** In units of the drawing; it is rendered at twice that, and a phone shows it at about two thirds. */
const width = 560;
const height = 270;

/** The drawing of a chart: lines over time (UTC), the threshold as a dashed line, what happened as vertical ones. */
export function chartSpec({ title, unit, since, until, series, threshold, marks }: Chart): TopLevelSpec {
  const names = series.map(({ name }) => label(name, 30));
  const values = series.flatMap(({ points }, index) =>
    points.map(([time, value]) => ({ time, value, line: names[index] ?? "" })),
  );
  const highest = Math.max(threshold?.value ?? 0, ...values.map(({ value }) => value ?? 0));
  const scale = scaleOf(unit, highest);
  const x = {
    field: "time",
    type: "temporal" as const,
    scale: { type: "utc" as const, domain: [Date.parse(since), Date.parse(until)] },
    axis: { title: null, format: "%H:%M", tickCount: 5, grid: false },
  };
  const y = {
    field: "value",
    type: "quantitative" as const,
    scale: { domain: [0, (highest === 0 ? 1 : highest) * 1.08], nice: false },
    axis: { title: null, tickCount: 5, labelExpr: scale, ...(unit === "count" ? { tickMinStep: 1 } : {}) },
  };
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width,
    height,
    padding: 14,
    background: "white",
    title: {
      text: label(title, 60),
      subtitle: `${marks.map(({ at, label: what }) => `${label(what, 20)} ${at.slice(11, 16)}, `).join("")}times in UTC`,
      anchor: "start",
      offset: 12,
    },
    config: {
      font,
      title: { fontSize: 20, subtitleFontSize: 15, color: ink, subtitleColor: "#616061", subtitlePadding: 6 },
      axis: { labelFontSize: 16, labelColor: ink, gridColor: "#e6e6e6", domainColor: "#999999", tickColor: "#999999" },
      legend: { labelFontSize: 16, labelColor: ink, symbolStrokeWidth: 4, symbolSize: 300, labelLimit: 250 },
      view: { stroke: null },
    },
    layer: [
      {
        data: { values },
        mark: { type: "line", strokeWidth: 3, interpolate: unit === "count" ? "step-after" : "linear" },
        encoding: {
          x,
          y,
          color: {
            field: "line",
            type: "nominal",
            scale: { domain: names, range: colours },
            legend: names.length < 2 ? null : { title: null, orient: "bottom", columns: 3, symbolType: "stroke" },
          },
        },
      },
      ...(threshold === undefined
        ? []
        : [
            {
              data: { values: [{ value: threshold.value, text: label(threshold.label, 20) }] },
              layer: [
                {
                  mark: { type: "rule" as const, strokeDash: [8, 6], strokeWidth: 2, color: warningColour },
                  encoding: { y },
                },
                {
                  mark: {
                    type: "text" as const,
                    align: "left" as const,
                    baseline: "bottom" as const,
                    dx: 6,
                    dy: -4,
                    fontSize: 15,
                    color: warningColour,
                  },
                  encoding: { y, x: { value: 0 }, text: { field: "text" } },
                },
              ],
            },
          ]),
      ...(marks.length === 0
        ? []
        : [
            {
              data: { values: marks.map(({ at, label: what }) => ({ time: Date.parse(at), text: label(what, 20) })) },
              layer: [
                { mark: { type: "rule" as const, strokeWidth: 2, color: ink }, encoding: { x } },
                {
                  mark: {
                    type: "text" as const,
                    align: "right" as const,
                    baseline: "top" as const,
                    dx: -5,
                    fontSize: 15,
                    fontWeight: "bold" as const,
                    color: ink,
                  },
                  encoding: { x, y: { value: 0 }, text: { field: "text" } },
                },
              ],
            },
          ]),
    ],
  };
}

/** Vega's expression for the words at an axis. */
function scaleOf(unit: ChartUnit, highest: number): string {
  const per = (divisor: number, word: string) => {
    const digits = highest / divisor < 10 ? 1 : 0;
    return `format(datum.value / ${divisor}, '.${digits}f') + ' ${word}'`;
  };
  if (unit === "share") return "format(datum.value, '.0%')";
  if (unit === "bytes") return highest >= 2 ** 30 ? per(2 ** 30, "GiB") : per(2 ** 20, "MiB");
  if (unit === "seconds") {
    if (highest >= 2 * 86_400) return per(86_400, "d");
    if (highest >= 2 * 3_600) return per(3_600, "h");
    return highest >= 300 ? per(60, "min") : per(1, "s");
  }
  return unit === "perSecond" ? "format(datum.value, '~s') + '/s'" : "format(datum.value, '~s')";
}

function label(text: string, length: number): string {
  return truncate(oneLine(clean(text)), length);
}
