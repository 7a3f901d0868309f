import { inflateSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { type ChartDrawer, createChartDrawer, type DrawerLimits } from "../../../src/charts/draw.ts";
import type { Chart } from "../../../src/reports/model.ts";

let drawer: ChartDrawer | undefined;
afterEach(() => drawer?.stop());
const start = (limits: Partial<DrawerLimits> = {}) => {
  drawer = createChartDrawer(limits);
  return drawer;
};

const since = Date.parse("2026-01-02T11:00:00Z");
const chart = (more: Partial<Chart> = {}): Chart => ({
  title: "Memory used",
  unit: "share",
  since: new Date(since).toISOString(),
  until: new Date(since + 3_600_000).toISOString(),
  series: [
    { name: "dragonfly-0", points: Array.from({ length: 60 }, (_, n) => [since + n * 60_000, 0.3 + n / 100] as const) },
  ],
  marks: [],
  ...more,
});

/** Of an 8-bit RGBA picture without interlace, which is what is drawn: its size, and how many pixels are not white. */
function look(png: Buffer) {
  expect(png.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const lines = inflateSync(Buffer.concat(parts));
  const stride = 1 + width * 4;
  let before = Buffer.alloc(width * 4);
  let inked = 0;
  for (let y = 0; y < height; y++) {
    const filter = lines[y * stride] ?? 0;
    const line = Buffer.from(lines.subarray(y * stride + 1, (y + 1) * stride));
    for (let x = 0; x < line.length; x++) {
      const [left, up, corner] = [x < 4 ? 0 : (line[x - 4] ?? 0), before[x] ?? 0, x < 4 ? 0 : (before[x - 4] ?? 0)];
      line[x] = ((line[x] ?? 0) + ([0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0)) & 255;
    }
    for (let x = 0; x < line.length; x += 4) if ((line[x] ?? 255) < 200) inked += 1;
    before = line;
  }
  return { width, height, inked };
}
function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

describe("a chart", () => {
  it("is a picture that a phone can show, with more on it when there is a threshold and a mark", async () => {
    const { draw } = start();
    const plain = look(await draw(chart()));
    expect(plain.width).toBeGreaterThan(1_000);
    expect(plain.width).toBeLessThan(1_600);
    expect(plain.inked).toBeGreaterThan(5_000);
    const marked = look(
      await draw(
        chart({
          threshold: { value: 0.8, label: "alert" },
          marks: [{ at: new Date(since + 1_800_000).toISOString(), label: "fires" }],
        }),
      ),
    );
    expect(marked.inked).toBeGreaterThan(plain.inked + 1_000);
  });

  it.each(["bytes", "share", "count", "seconds", "perSecond"] as const)(
    "of %s, with gaps and odd names, is drawn",
    async (unit) => {
      const points = [
        [since, 1],
        [since + 60_000, null],
        [since + 120_000, 3 ** 20],
      ] as const;
      const names = ["a\nb", "<script>", "x".repeat(500), "“\u202e", "", "datum.value"];
      const series = names.map((name) => ({ name, points: [...points] }));
      expect(look(await start().draw(chart({ unit, series, title: "'; \u0000 <b>" }))).inked).toBeGreaterThan(1_000);
    },
  );
});

describe("the one who draws", () => {
  it("does one after the other, refuses what would wait too long, and is done with each", async () => {
    const { draw } = start({ waiting: 2 });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => draw(chart())));
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    expect(outcomes[4]).toMatchObject({ reason: { code: "charts.busy" } });
  });

  it("gives up what takes too long, and draws the next in a new thread", async () => {
    // Less than any chart takes; the time that a thread needs to start comes on top.
    const { draw } = start({ timeoutMs: 1 });
    await draw(chart());
    await expect(draw(chart())).rejects.toMatchObject({ code: "charts.timeout" });
    expect((await draw(chart())).length).toBeGreaterThan(1_000);
  });

  it("says what cannot be drawn, and draws the next", async () => {
    const { draw } = start();
    const nonsense = { ...chart(), series: undefined } as unknown as Chart;
    await expect(draw(nonsense)).rejects.toMatchObject({ code: "charts.failed" });
    expect((await draw(chart())).length).toBeGreaterThan(1_000);
  });

  it("holds nothing while there is nothing to draw", async () => {
    const threads = () => (process.report.getReport() as { workers: unknown[] }).workers.length;
    const before = threads();
    const { draw } = start({ idleMs: 50 });
    const drawn = draw(chart());
    await expect.poll(threads, { interval: 5 }).toBe(before + 1);
    await drawn;
    await expect.poll(threads).toBe(before);
    expect((await draw(chart())).length).toBeGreaterThan(1_000);
  });
});
