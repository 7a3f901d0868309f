import prettyBytes from "pretty-bytes";
import prettyMilliseconds from "pretty-ms";
import type { Chart, ChartUnit, ReportTable } from "./model.ts";
import { sparkline } from "./sparkline.ts";

/** A chart where there are no pictures: a line of bars for each of its lines, with the lowest, highest and latest value. */
export function chartTable({ title, unit, series, threshold, marks }: Chart): ReportTable {
  const fired = marks.map(({ at, label }) => `, ${label} since ${at}`).join("");
  const limit = threshold === undefined ? "" : `, ${threshold.label} at ${words(unit, threshold.value)}`;
  return {
    title: `${title}, last hour${limit}${fired}`,
    columns: [
      { title: "", align: "left" },
      { title: "Last hour", align: "left" },
      { title: "Lowest", align: "right" },
      { title: "Highest", align: "right" },
      { title: "Now", align: "right" },
    ],
    rows: series.map(({ name, points }) => {
      const values = points.map(([, value]) => value);
      const known = values.filter((value) => value !== null);
      const now = known.at(-1);
      if (now === undefined) return [name, "", "–", "–", "–"];
      return [
        name,
        sparkline(values, 24),
        words(unit, Math.min(...known)),
        words(unit, Math.max(...known)),
        words(unit, now),
      ];
    }),
  };
}

function words(unit: ChartUnit, value: number): string {
  switch (unit) {
    case "bytes":
      return prettyBytes(value, { binary: true, maximumFractionDigits: 1 });
    case "share":
      return `${(value * 100).toFixed(1)} %`;
    case "seconds":
      return prettyMilliseconds(value * 1_000, { unitCount: 2, secondsDecimalDigits: 0 });
    case "perSecond":
      return `${rounded(value)}/s`;
    default:
      return rounded(value);
  }
}

function rounded(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
