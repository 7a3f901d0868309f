import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { z } from "zod";
import { startWorld, type World } from "../sandbox/world/world.ts";
import { makePlan } from "../src/approvals/plan.ts";
import { type Changes, composeChanges } from "../src/changes/compose.ts";
import { type Composed, compose } from "../src/compose.ts";
import { requireSettings } from "../src/config/load.ts";
import { defineRunbook } from "../src/runbooks/define.ts";
import type { ChangeRunbook } from "../src/runbooks/durable/definition.ts";
import { hasEnded, newRun } from "../src/runbooks/durable/record.ts";
import { openStore } from "../src/store/store.ts";
import { type Line, median, mib, ms } from "./report.ts";

const steps = 200;
const parked = 1_000;
const rounds = 15;
const requester = { surface: "slack" as const, id: "U0ADA" };

/** What a durable step costs beside writing as much by hand, and what a thousand runs that wait for people cost. */
export async function durable(): Promise<readonly Line[]> {
  const world = await startWorld({ metrics: false });
  const dataDir = mkdtempSync(join(tmpdir(), "dfbot-bench-"));
  const settings = requireSettings({ ...world.env(), KUBECONFIG: world.adminKubeconfigPath, DATA_DIR: dataDir }, "cli");
  const composed = compose(settings);
  const store = openStore({
    url: () => world.storeUrl("dfbot"),
    prefix: "{dfbot}",
    onOutage: () => undefined,
    onRecovery: () => undefined,
  });
  const took = new Map<string, number>();
  const changes = composeChanges({
    ...composed,
    tell: async () => undefined,
    config: {
      ...settings.config,
      approvals: {
        ...settings.config.approvals,
        groups: { ops: { people: ["U0OPS"] } },
        policies: {
          "*": {
            groups: ["ops"],
            quorum: 1,
            fromEachGroup: false,
            expiresAfterMinutes: 60,
            remindAfterMinutes: [30],
            breakGlass: [],
            targets: [],
          },
        },
      },
    },
    store,
    storeUrl: () => world.storeUrl("dfbot"),
    storePrefix: "{dfbot}",
    dataDir,
    logger: pino({ level: "silent" }),
    own: { changes: [manySteps(took), parks(took)], reads: [] },
    readGroup: async () => [],
    onChange: () => undefined,
    onProgress: () => undefined,
    onCardMissing: () => undefined,
    sayInThread: async () => undefined,
  });
  try {
    await store.checkQueue();
    changes.start();
    changes.storeIsBack();
    return [await stepLine(composed, changes, took), ...(await parkLines(changes, world, took))];
  } finally {
    await changes.stop();
    await store.close();
    await world.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function stepLine({ runs }: Composed, changes: Changes, took: Map<string, number>): Promise<Line> {
  const { driver, run } = changes.surface;
  await driver.submit({ id: "bench-steps", runbook: "many-steps", params: {}, requester });
  await until(async () => hasEnded((await run("bench-steps"))?.state ?? "queued"));
  // The same records, written one after the other by hand.
  const ended = (await run("bench-steps"))?.checkpoints ?? [];
  let kept = await runs.create(
    newRun({ id: "bench-raw", runbook: "many-steps", version: 1, params: {}, requester }, new Date()),
  );
  const began = performance.now();
  for (let n = 1; n <= steps; n++) {
    kept = await runs.update(kept, { ...kept.record, state: "waiting", checkpoints: ended.slice(0, n) });
  }
  const raw = (performance.now() - began) / steps;
  await runs.remove("bench-raw");
  const step = (took.get("bench-steps") ?? 0) / steps;
  return {
    name: "a durable step / one round trip to where runs are kept that writes as much",
    ratio: step / raw,
    atMost: 2,
    figures: { step: ms(step), "round trip": ms(raw), steps: String(steps) },
  };
}

async function parkLines(changes: Changes, _: World, took: Map<string, number>): Promise<readonly Line[]> {
  const { driver, run } = changes.surface;
  const ask = async (id: string) => {
    await driver.submit({ id, runbook: "parks", params: { key: id }, requester });
  };
  /** From the last approval to the first line that runs after it. */
  const wake = async (id: string) => {
    await until(async () => (await run(id))?.state === "waiting");
    const asked = (await run(id))?.checkpoints.at(-1);
    if (asked?.kind !== "approval") throw new Error("the run does not ask");
    const began = performance.now();
    await driver.vote(id, { person: "U0OPS", choice: "approve", digest: asked.digest });
    await until(async () => took.has(id));
    return (took.get(id) ?? 0) - began;
  };
  const latency = async (prefix: string) => {
    const times: number[] = [];
    for (let n = 0; n < rounds; n++) {
      await ask(`${prefix}-${n}`);
      times.push(await wake(`${prefix}-${n}`));
    }
    return median(times);
  };
  const alone = await latency("alone");
  const before = heap();
  for (let n = 0; n < parked; n += 20) {
    await Promise.all(Array.from({ length: Math.min(20, parked - n) }, (_each, i) => ask(`parked-${n + i}`)));
  }
  await until(
    async () => (await changes.surface.runs()).filter(({ state }) => state === "waiting").length === parked,
    120_000,
  );
  await sleep(2_000);
  const after = heap();
  const among = await latency("among");
  return [
    {
      name: `waking one run among ${parked} that wait / one alone`,
      ratio: among / alone,
      atMost: 2,
      figures: { among: ms(among), alone: ms(alone), rounds: String(rounds) },
    },
    {
      name: `heap of the process with ${parked} runs that wait / with none`,
      ratio: after / before,
      atMost: 2,
      figures: { with: mib(after), without: mib(before) },
    },
  ];
}

function manySteps(took: Map<string, number>): ChangeRunbook {
  return defineRunbook({
    effect: "change",
    id: "many-steps",
    title: "Many steps",
    description: "Steps that do nothing",
    params: z.strictObject({}),
    run: async ({ step, runId }) => {
      const began = performance.now();
      for (let n = 0; n < steps; n++) await step(`step ${n}`, async () => n);
      took.set(runId, performance.now() - began);
      return { summary: "done", findings: [], tables: [] };
    },
  }) as unknown as ChangeRunbook;
}

function parks(took: Map<string, number>): ChangeRunbook {
  return defineRunbook({
    effect: "change",
    id: "parks",
    title: "Parks",
    description: "Waits for people",
    params: z.strictObject({ key: z.string() }),
    run: async ({ approve, runId, params: { key } }) => {
      const effects = [{ key, description: key }];
      await approve(
        "approval",
        makePlan({ runbook: "parks", target: key, title: key, risk: "low", effects, preconditions: [] }),
      );
      took.set(runId, performance.now());
      return { summary: "done", findings: [], tables: [] };
    },
  }) as unknown as ChangeRunbook;
}

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function until(happened: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await happened())) {
    if (Date.now() > deadline) throw new Error("it did not happen in time");
    await sleep(10);
  }
}
