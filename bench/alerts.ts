import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { startWorld } from "../sandbox/world/world.ts";
import { openAlertJournal } from "../src/journal/alert-journal.ts";
import { type Line, median } from "./report.ts";

const batches = 200;
const perBatch = 50;
const rounds = 5;

/** Alerts accepted durably a second, beside BullMQ's addBulk of the same bytes on the bot's own store. */
export async function alerts(): Promise<readonly Line[]> {
  const world = await startWorld({ metrics: false });
  const directory = mkdtempSync(join(tmpdir(), "dfbot-bench-"));
  const redis = new Redis(world.storeUrl("dfbot"), { protocol: 2, maxRetriesPerRequest: null });
  const queue = new Queue("bench", { connection: redis, prefix: "{dfbot}", skipVersionCheck: true });
  const journal = openAlertJournal(directory);
  const bodies = Array.from({ length: batches }, (_, n) => notification(n));
  const rate = async (work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    return (batches * perBatch) / ((performance.now() - began) / 1_000);
  };
  const kept: number[] = [];
  const queued: number[] = [];
  try {
    for (let round = 0; round <= rounds; round++) {
      // As they arrive: several Alertmanagers at once, each waiting for its answer.
      const journalRate = await rate(async () => {
        for (let n = 0; n < batches; n += 10) {
          await Promise.all(bodies.slice(n, n + 10).map((body) => journal.accept(body, new Date())));
        }
      });
      const queueRate = await rate(async () => {
        for (let n = 0; n < batches; n += 10) {
          await queue.addBulk(bodies.slice(n, n + 10).map((body) => ({ name: "batch", data: body })));
        }
      });
      if (round === 0) continue;
      kept.push(journalRate);
      queued.push(queueRate);
    }
  } finally {
    await queue.obliterate({ force: true }).catch(() => undefined);
    await queue.close();
    redis.disconnect();
    journal.close();
    await world.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  const a = median(kept);
  const b = median(queued);
  return [
    {
      name: "BullMQ addBulk / alerts accepted durably, a second",
      ratio: b / a,
      // The other way round it is to be at least 0.8.
      atMost: 1 / 0.8,
      figures: {
        "journal, flushed": `${Math.round(a)}/s`,
        addBulk: `${Math.round(b)}/s`,
        alerts: `${batches * perBatch}`,
      },
    },
  ];
}

/** A notification of 50 alerts. */
export function notification(n: number): string {
  return JSON.stringify({
    version: "4",
    groupKey: `g${n}`,
    groupLabels: { alertname: "X" },
    alerts: Array.from({ length: perBatch }, (_, i) => ({
      status: "firing",
      labels: {
        alertname: "X",
        namespace: "dragonfly-system",
        app: "dragonfly",
        pod: `dragonfly-${i}`,
        severity: "warning",
      },
      annotations: { summary: "Something is not as it should be", runbook_url: "https://git.example.com/runbook.md" },
      startsAt: "2026-01-02T12:00:00Z",
      endsAt: "0001-01-01T00:00:00Z",
      generatorURL: "http://vmalert/x",
      fingerprint: (n * 1_000 + i).toString(16).padStart(16, "0"),
    })),
  });
}
