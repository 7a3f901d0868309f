import type { Chart } from "../../reports/model.ts";
import { clean, truncate } from "../../reports/render/clean.ts";
import type { DeliveryDeps } from "../delivery/answer.ts";
import type { Posted } from "../delivery/sender.ts";

/** Draws charts; see src/charts. */
export interface DrawChart {
  /** A PNG. Rejects when it cannot, or when too much waits to be drawn. */
  draw(chart: Chart): Promise<Buffer>;
}

const mostCharts = 2;

/** Puts the charts of a report into a thread as pictures. Never rejects: what goes wrong is logged, and the words stand without them. */
export async function postCharts(
  { client, logger, charts: drawer }: DeliveryDeps & { readonly charts: DrawChart },
  { channel, ts }: Posted,
  charts: readonly Chart[],
): Promise<void> {
  try {
    const drawn = await Promise.all(charts.slice(0, mostCharts).map((chart) => drawer.draw(chart)));
    const files = drawn.map((file, index) => {
      const title = truncate(clean(charts[index]?.title ?? "Chart"), 100);
      return { file, filename: `chart-${index + 1}.png`, title, alt_text: altText(charts[index]) };
    });
    if (files.length === 0) return;
    await client.filesUploadV2({ channel_id: channel, thread_ts: ts, file_uploads: files });
  } catch (err) {
    logger.warn({ err }, "the charts of a triage are not in its thread");
  }
}

/** What the picture says, for those who cannot see it. */
function altText(chart: Chart | undefined): string {
  if (chart === undefined) return "";
  const last = chart.series.map(({ name, points }) => {
    const value = points.findLast(([, one]) => one !== null)?.[1];
    return `${name} ${value === undefined || value === null ? "unknown" : Number(value.toPrecision(3))}`;
  });
  return truncate(clean(`${chart.title} over the last hour; at its end: ${last.join(", ")}`), 900);
}
