import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { places } from "../../../sandbox/world/places.ts";
import { watchChannel } from "../../fakes/channel.ts";

/**
 * `verify` as people ask for it, in the bot's own process, with everything it reads running: servers, clusters that Flux fills from
 * the Git host, VictoriaMetrics, vmalert, and an Alertmanager whose heartbeat reaches the bot.
 */

let sandbox: Sandbox;
const notices: string[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({
    page: false,
    gitlab: {},
    alerting: { faster: 30 },
    world: { onNotice: (text) => notices.push(text) },
  });
  if (sandbox.alerting === undefined) throw new Error(notices.join("\n"));
});
afterAll(() => sandbox?.stop());

const { ask, toldTo, said, parents, press } = watchChannel(() => sandbox.slack, "C0OPS");
/** Asks again until an answer says this: the first scrape and the first heartbeat take their time. */
const until = (words: RegExp) =>
  vi.waitUntil(
    async () => {
      await ask("verify");
      const said = toldTo("U0ADA").findLast((text) => words.test(text));
      return said;
    },
    { timeout: 60_000, interval: 3_000 },
  );

describe("verify in Slack", { timeout: 150_000 }, () => {
  it("says that every check holds, those by probes too", async () => {
    expect(await until(/none failed(?!;? \d+ checks? could)/)).toMatch(/\b(\d+) of \1 checks hold/);
  });

  it("is kept in the cluster, and the next one says what got worse", async () => {
    const { objects } = sandbox.world.infra;
    expect(
      objects.get(places.configMaps, "dragonfly-bot", "dfbot-result-verify.dragonfly-system.dragonfly"),
    ).toBeDefined();
    objects.remove(places.budgets, "dragonfly-operator-system", "dragonfly-operator");
    expect(await until(/2 of \d+ checks failed.*2 worse than on/)).toMatch(/Disruption budget of the operator/);
  });
});

describe("verify by itself", { timeout: 150_000 }, () => {
  const record = () => {
    const kept = sandbox.world.infra.objects.get(places.configMaps, "dragonfly-bot", "dfbot-schedule-verify");
    const data = z.object({ data: z.object({ schedule: z.string() }) }).safeParse(kept);
    const parsed = z.object({ by: z.string().optional(), ran: z.object({ runId: z.string() }).optional() });
    return data.success ? parsed.parse(JSON.parse(data.data.data.schedule)) : undefined;
  };
  const suspend = (name: string) =>
    sandbox.world.infra.objects.patch(places.kustomizations, "flux-system", name, (object) => {
      Object.assign(object, { spec: { ...Object(object["spec"]), suspend: true } });
    });
  const news = (check: string) =>
    parents(new RegExp(`Nightly verification\\*: .* since the last one[\\s\\S]*${check}`));

  beforeAll(async () => {
    const path = sandbox.world.env()["DFBOT_CONFIG"] ?? "";
    const config = z.record(z.string(), z.unknown()).parse(parse(readFileSync(path, "utf8")));
    writeFileSync(
      path,
      stringify({
        ...config,
        schedules: { verify: { cron: "*/5 * * * * *" }, connectivity: { enabled: false } },
        // Ways that are dropped are what a run waits for.
        probes: { ...Object(config["probes"]), stageMs: 1_000 },
      }),
    );
    await sandbox.restartBot("SIGTERM");
  });

  it("tells the channel how it begins, and then of what has changed, with the usual buttons", async () => {
    await said(/Nightly verification\* begins, and not all is as it should be/);
    suspend("infra-databases-tenants");
    const check = "drift.infra-databases-tenants.applied";
    const post = await said(new RegExp(`Nightly verification\\*: 2 worse since the last one[\\s\\S]*${check}`));
    await press("report_details", post, "U0GRACE");
    const ready = await fetch(`${sandbox.bot.url}/readyz`);
    expect(await ready.json()).toMatchObject({ schedules: [{ name: "verify", verdict: "fail" }] });
    const metrics = await (await fetch(`${sandbox.bot.url}/metrics`)).text();
    expect(metrics).toMatch(/dfbot_schedule_last_run_timestamp_seconds\{schedule="verify"\} \d+/);
  });

  it("tells of it once when its process is killed in the middle of the run", async () => {
    suspend("infra-dfbot");
    await vi.waitUntil(() => record()?.by !== undefined, { interval: 2 });
    await sandbox.restartBot("SIGKILL");
    const check = "drift.infra-dfbot.applied";
    await vi.waitUntil(() => news(check).length > 0, { timeout: 60_000, interval: 100 });
    const told = record()?.ran?.runId;
    // The next run finds the same.
    await vi.waitUntil(() => record()?.by === undefined && record()?.ran?.runId !== told, { timeout: 30_000 });
    expect(news(check)).toHaveLength(1);
  });
});
