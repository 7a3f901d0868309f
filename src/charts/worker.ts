import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parentPort } from "node:worker_threads";
import { Resvg } from "@resvg/resvg-js";
import { parse, View } from "vega";
import { compile } from "vega-lite";
import type { Chart } from "../reports/model.ts";
import { chartSpec } from "./spec.ts";

/** Draws what it is sent, one after the other, in a thread of its own: the libraries and their memory go with it. */

export interface Drawn {
  readonly id: number;
  readonly png?: Uint8Array;
  readonly error?: string;
}

const fonts = join(dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json")), "ttf");
/** Pixels for a unit of the drawing: sharp on a phone. */
const zoom = 2;

parentPort?.on("message", ({ id, chart }: { readonly id: number; readonly chart: Chart }) => {
  draw(chart).then(
    (png) => parentPort?.postMessage({ id, png } satisfies Drawn),
    (error: unknown) => parentPort?.postMessage({ id, error: String(error) } satisfies Drawn),
  );
});

async function draw(chart: Chart): Promise<Uint8Array> {
  const svg = await new View(parse(compile(chartSpec(chart)).spec), { renderer: "none" }).toSVG();
  const resvg = new Resvg(svg, {
    fitTo: { mode: "zoom", value: zoom },
    font: {
      loadSystemFonts: false,
      fontFiles: [join(fonts, "DejaVuSans.ttf"), join(fonts, "DejaVuSans-Bold.ttf")],
      defaultFontFamily: "DejaVu Sans",
    },
  });
  return resvg.render().asPng();
}
