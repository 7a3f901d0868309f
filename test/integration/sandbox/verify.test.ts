import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
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
}, 60_000);
afterAll(() => sandbox?.stop());

const { ask, toldTo } = watchChannel(() => sandbox.slack, "C0OPS");
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
    expect(await until(/none failed(?!;? \d+ checks? could)/)).toMatch(/(\d\d) of \1 checks hold/);
  });

  it("is kept in the cluster, and the next one says what got worse", async () => {
    const { objects } = sandbox.world.infra;
    expect(
      objects.get(places.configMaps, "dragonfly-bot", "dfbot-result-verify.dragonfly-system.dragonfly"),
    ).toBeDefined();
    objects.remove(places.budgets, "dragonfly-operator-system", "dragonfly-operator");
    expect(await until(/1 of \d\d checks failed.*1 worse than on/)).toMatch(/Disruption budget of the operator/);
  });
});
