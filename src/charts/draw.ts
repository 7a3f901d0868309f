import { Worker } from "node:worker_threads";
import { BotError } from "../errors.ts";
import type { Chart } from "../reports/model.ts";
import type { Drawn } from "./worker.ts";

export interface ChartDrawer {
  /** A PNG. Rejects with BotError `charts.busy` when too many wait, `charts.timeout`, `charts.failed`. */
  draw(chart: Chart): Promise<Buffer>;
  stop(): Promise<void>;
}

export interface DrawerLimits {
  /** For one chart, the start of the thread not counted. */
  readonly timeoutMs: number;
  /** How many may wait. */
  readonly waiting: number;
  /** The thread ends after so long without work. */
  readonly idleMs: number;
}

const defaults: DrawerLimits = { timeoutMs: 10_000, waiting: 20, idleMs: 30_000 };
/** Loading the libraries, on a busy machine. */
const startMs = 20_000;

interface Waiting {
  readonly chart: Chart;
  readonly drawn: PromiseWithResolvers<Buffer>;
}

/** Draws one chart at a time in a thread that is there only while there is something to draw. */
export function createChartDrawer(limits: Partial<DrawerLimits> = {}): ChartDrawer {
  const { timeoutMs, waiting: mostWaiting, idleMs } = { ...defaults, ...limits };
  const waiting: Waiting[] = [];
  let worker: Worker | undefined;
  let current: { readonly id: number; readonly job: Waiting; readonly timer: NodeJS.Timeout } | undefined;
  let ids = 0;
  let idle: NodeJS.Timeout | undefined;

  const end = async () => {
    const ended = worker;
    worker = undefined;
    await ended?.terminate();
  };
  const settle = (outcome: { readonly png: Buffer } | { readonly error: BotError }) => {
    if (current === undefined) return;
    clearTimeout(current.timer);
    const { drawn } = current.job;
    current = undefined;
    if ("png" in outcome) drawn.resolve(outcome.png);
    else drawn.reject(outcome.error);
    next();
  };
  const start = () => {
    const made = new Worker(new URL("./worker.ts", import.meta.url));
    made.unref();
    made.on("message", ({ id, png, error }: Drawn) => {
      if (id !== current?.id) return;
      settle(png === undefined ? { error: failed(error ?? "no picture") } : { png: Buffer.from(png) });
    });
    // A thread that dies takes its chart with it, and nothing else.
    made.on("error", (cause) => {
      if (worker === made) worker = undefined;
      settle({ error: failed("its thread ended", cause) });
    });
    return made;
  };
  const next = () => {
    clearTimeout(idle);
    const job = waiting.shift();
    if (job === undefined) {
      idle = setTimeout(() => void end(), idleMs).unref();
      return;
    }
    const isNew = worker === undefined;
    worker ??= start();
    const id = ++ids;
    const timer = setTimeout(
      () => {
        void end();
        settle({
          error: new BotError("charts.timeout", "A chart took too long to draw", "Look at its numbers instead"),
        });
      },
      timeoutMs + (isNew ? startMs : 0),
    ).unref();
    current = { id, job, timer };
    worker.postMessage({ id, chart: job.chart });
  };

  return {
    draw: (chart) => {
      if (waiting.length >= mostWaiting) {
        return Promise.reject(new BotError("charts.busy", "Too many charts wait to be drawn", "Ask again later"));
      }
      const drawn = Promise.withResolvers<Buffer>();
      waiting.push({ chart, drawn });
      if (current === undefined) next();
      return drawn.promise;
    },
    stop: async () => {
      clearTimeout(idle);
      await end();
    },
  };
}

function failed(why: string, cause?: unknown): BotError {
  return new BotError("charts.failed", `A chart could not be drawn: ${why}`, "Look at its numbers instead", { cause });
}
