import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { alertmanagerToken, type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { createMetricsReader } from "../../../src/metrics/reader.ts";
import { watchChannel } from "../../fakes/channel.ts";
import { notification } from "../../fakes/notification.ts";

/** Pictures in the thread of an alert, from a real VictoriaMetrics that scrapes real servers. */

let sandbox: Sandbox;
const { messages, said, ask } = watchChannel(() => sandbox.slack, "C0ALERTS");

/** As if the servers had been scraped for an hour, with memory that grows. */
async function rememberAnHour(metricsUrl: string): Promise<void> {
  const now = Date.now();
  const lines = Array.from({ length: 120 }, (_, n) => {
    const at = now - (120 - n) * 30_000;
    return ["dragonfly-0", "dragonfly-1", "dragonfly-2"].map((pod, index) => {
      const labels = `namespace="dragonfly-system",app="dragonfly",pod="${pod}",from="history"`;
      const used = (400 + 4 * n * (3 - index) + 20 * Math.sin(n / 7)) * 2 ** 20;
      return `dragonfly_memory_used_bytes{${labels}} ${used} ${at}\ndragonfly_memory_max_bytes{${labels}} ${2 ** 31} ${at}\n`;
    });
  });
  const answer = await fetch(`${metricsUrl}/api/v1/import/prometheus`, { method: "POST", body: lines.flat().join("") });
  expect(answer.ok).toBe(true);
}

beforeAll(async () => {
  sandbox = await startSandbox({ page: false });
  const { range } = createMetricsReader(sandbox.world.prometheusUrl);
  await rememberAnHour(sandbox.world.prometheusUrl ?? "");
  const to = new Date();
  const from = new Date(to.getTime() - 3_600_000);
  const known = async () => {
    const found = await range(
      "dragonfly_memory_used_bytes",
      { from, to, stepSeconds: 60 },
      AbortSignal.timeout(10_000),
    );
    expect(Math.max(...found.map(({ points }) => points.length))).toBeGreaterThan(50);
  };
  await vi.waitFor(known, { timeout: 40_000, interval: 500 });
});
afterAll(() => sandbox?.stop());

it("an alert has the charts of what it is about in its thread, as PNG with words for those who cannot see them", async () => {
  const startsAt = new Date(Date.now() - 30_000).toISOString();
  const body = JSON.stringify(notification({ alertname: "DragonflyMemoryHigh", group: "charts", startsAt }));
  const headers = { authorization: `Bearer ${alertmanagerToken}` };
  expect((await fetch(`${sandbox.bot.url}/webhooks/alertmanager`, { method: "POST", headers, body })).status).toBe(200);
  const parent = await said(/test charts/);
  const files = await vi.waitUntil(
    () => {
      const found = messages()
        .filter(({ thread_ts }) => thread_ts === parent.ts)
        .flatMap((one) => one.files);
      return found.length > 0 ? found : undefined;
    },
    { timeout: 30_000, interval: 100 },
  );
  expect(files[0]).toMatchObject({ title: "Memory used, of maxmemory", mimetype: "image/png" });
  const answer = await fetch(new URL(files[0]?.url ?? "", sandbox.slack.origin));
  const png = Buffer.from(await answer.arrayBuffer());
  expect([png.subarray(1, 4).toString(), png.readUInt32BE(16)]).toEqual(["PNG", expect.any(Number)]);
  expect(png.length).toBeGreaterThan(10_000);
});

it("status shows the memory of the last hour as bars", async () => {
  await ask("status");
  const answer = await vi.waitUntil(() =>
    messages().findLast(({ onlyFor, text }) => onlyFor === "U0ADA" && /dragonfly/.test(text)),
  );
  expect(JSON.stringify(answer.blocks)).toMatch(/"[▁▂▃▄▅▆▇█]+"/);
});
