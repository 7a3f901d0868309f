import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse, stringify } from "yaml";
import { type AlertmanagerProcess, startAlertmanager } from "../../../sandbox/alertmanager/alertmanager.ts";
import { freePort } from "../../../sandbox/bot-process.ts";
import { alertmanagerToken, type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { places } from "../../../sandbox/world/places.ts";
import { createAlertManager } from "../../../src/alertmanager/client.ts";
import { composePlatform } from "../../../src/compose.ts";
import { requireSettings } from "../../../src/config/load.ts";
import { observeTestAlert } from "../../../src/runbooks/verify/observe-test-alert.ts";
import { textOf, watchChannel } from "../../fakes/channel.ts";

/** A real Alertmanager sends to the bot, and is asked and told by it. */

let sandbox: Sandbox;
let alertmanager: AlertmanagerProcess;
const signal = () => AbortSignal.timeout(30_000);

beforeAll(async () => {
  const port = await freePort();
  const env = { ALERTMANAGER_URL: `http://127.0.0.1:${port}` };
  sandbox = await startSandbox({ page: false, world: { metrics: false }, env });
  const webhook = `${sandbox.bot.url}/webhooks/alertmanager`;
  alertmanager = await startAlertmanager({ webhook, token: alertmanagerToken, port });
});
afterAll(async () => {
  await alertmanager?.stop();
  await sandbox?.stop();
});

const labels = (alertname: string, pod: string) => ({
  alertname,
  namespace: "dragonfly-system",
  app: "dragonfly",
  severity: "warning",
  pod,
});
const { said, press, dialog } = watchChannel(() => sandbox.slack, "C0ALERTS");

describe("a real Alertmanager", () => {
  it("tells the bot of an alert and of its end: one thread, opened and closed", async () => {
    const annotations = { summary: "Volume of dragonfly-0 is nearly full" };
    await alertmanager.post([{ labels: labels("DragonflyDiskFilling", "dragonfly-0"), annotations }]);
    const card = await said(/DragonflyDiskFilling[\s\S]*1 firing/);
    await alertmanager.post([{ labels: labels("DragonflyDiskFilling", "dragonfly-1"), annotations }]);
    expect((await said(/DragonflyDiskFilling[\s\S]*2 firing/)).ts).toBe(card.ts);
    const active = await createAlertManager(alertmanager.url).activeAlerts(signal());
    expect(active.map(({ name }) => name)).toEqual(["DragonflyDiskFilling", "DragonflyDiskFilling"]);
    const endsAt = new Date().toISOString();
    await alertmanager.post(
      ["dragonfly-0", "dragonfly-1"].map((pod) => ({
        labels: labels("DragonflyDiskFilling", pod),
        annotations,
        endsAt,
      })),
    );
    const over = await said(/Resolved: DragonflyDiskFilling[\s\S]*all 2 resolved/);
    expect(over.ts).toBe(card.ts);
  });

  it("is silenced from the thread, once, and the silence is ended from there", async () => {
    await alertmanager.post([{ labels: labels("DragonflyMemoryHigh", "dragonfly-0") }]);
    const card = await said(/DragonflyMemoryHigh[\s\S]*1 firing/);
    await press("incident_silence", card, "U0GRACE");
    const view = await dialog("U0GRACE");
    expect(JSON.stringify(view)).toContain('alertname=\\"DragonflyMemoryHigh\\"');
    const values = {
      hours: {
        hours: {
          type: "static_select",
          selected_option: { value: "2", text: { type: "plain_text", text: "2 hours" } },
        },
      },
      matchers: {
        matchers: { type: "plain_text_input", value: 'alertname="DragonflyMemoryHigh"\nnamespace="dragonfly-system"' },
      },
      comment: { comment: { type: "plain_text_input", value: "more memory comes at noon" } },
    };
    await sandbox.slack.people.submitView({ user: "U0GRACE", view_id: view.id, values });
    const silenced = await said(/silenced by <@U0GRACE>[\s\S]*more memory comes at noon/);
    expect(silenced.ts).toBe(card.ts);
    const client = createAlertManager(alertmanager.url);
    const active = async () => (await client.silences(signal())).filter(({ state }) => state !== "expired");
    expect(await active()).toMatchObject([
      { createdBy: "dfbot for U0GRACE", comment: expect.stringContaining("more memory"), matchers: [{}, {}] },
    ]);

    await press("incident_expire", card, "U0LINUS");
    await vi.waitFor(async () => expect(await active()).toEqual([]));
    await vi.waitFor(() => expect(textOf(card)).not.toMatch(/silenced by/));
  });

  it("is asked for a silence twice and makes one", async () => {
    const client = createAlertManager(alertmanager.url);
    const wanted = {
      key: "test 1",
      matchers: [{ name: "alertname", value: "X", isRegex: false, isEqual: true }],
      endsAt: new Date(Date.now() + 60_000),
      createdBy: "test",
      comment: "twice",
    };
    const first = await client.silence(wanted, signal());
    expect(await client.silence(wanted, signal())).toBe(first);
    await client.expire(first, signal());
    await client.expire(first, signal());
    expect(await client.silence(wanted, signal())).not.toBe(first);
  });

  it("that is not there, or refuses, is an error that says what to do", async () => {
    const away = createAlertManager("http://127.0.0.1:1");
    await expect(away.silences(signal())).rejects.toMatchObject({ code: "alertmanager.unreachable" });
    await expect(createAlertManager(undefined).silences(signal())).rejects.toMatchObject({
      code: "alertmanager.not-configured",
    });
    const bad = { key: "k", matchers: [], endsAt: new Date(0), createdBy: "t", comment: "" };
    await expect(createAlertManager(alertmanager.url).silence(bad, signal())).rejects.toMatchObject({
      code: "alertmanager.refused",
    });
  });

  describe("takes the test alert of verify,", () => {
    /** What the bot's own reader says of it, a process apart from the bot that hears it. */
    const send = (testAlertSeconds: number, url = alertmanager.url) => {
      const { config, ...settings } = requireSettings({ ...sandbox.world.env(), ALERTMANAGER_URL: url }, "cli");
      return observeTestAlert({
        config: { ...config, verify: { ...config.verify, testAlertSeconds } },
        platform: composePlatform({ config, ...settings }),
        signal: AbortSignal.timeout(20_000),
        now: () => new Date(),
      });
    };
    const quick = 2;

    it("and it is back at once, a second one too, and nobody is told", async () => {
      expect(await send(10)).toMatchObject({ ok: true, value: { kind: "back" } });
      const [one, other] = await Promise.all([send(10), send(10)]);
      expect([one, other]).toMatchObject([{ value: { kind: "back" } }, { value: { kind: "back" } }]);
      const { objects } = sandbox.world.infra;
      const kept = objects.list(places.configMaps, "dragonfly-bot").map(({ metadata }) => metadata.name);
      expect(kept).toContain("dfbot-arrival-test-alerts");
      expect(kept.filter((name) => /roundtrip/i.test(name))).toEqual([]);
      expect(sandbox.slack.workspace.messages.filter((one) => textOf(one).includes("RoundTrip"))).toEqual([]);
    });

    it("and is not to tell of it: which silence that is, is said, and nothing else", async () => {
      const client = createAlertManager(alertmanager.url);
      const id = await client.silence(
        {
          key: "all",
          matchers: [{ name: "severity", value: "none", isRegex: false, isEqual: true }],
          endsAt: new Date(Date.now() + 60_000),
          createdBy: "test",
          comment: "quiet",
        },
        signal(),
      );
      const tried = await send(2);
      await client.expire(id, signal());
      expect(tried).toMatchObject({ ok: true, value: { kind: "suppressed", state: { silencedBy: [id] } } });
    });

    it("and has the wrong token for the bot: it is lost, and a webhook has failed", async () => {
      alertmanager.useToken("wrong");
      const tried = await send(quick);
      alertmanager.useToken(undefined);
      expect(tried).toMatchObject({ value: { kind: "lost", state: { receivers: ["dfbot"] } } });
      const failed = tried.ok && tried.value.kind === "lost" ? tried.value.failedRequests : undefined;
      expect(failed).toBeGreaterThan(0);
    });

    it("and sends it elsewhere: it is lost, with the name of that receiver, and no webhook has failed", async () => {
      await alertmanager.reconfigure((text) => {
        const { route, receivers } = parse(text);
        const elsewhere = { receiver: "elsewhere", matchers: ['severity="none"'] };
        return stringify({
          route: { ...route, routes: [elsewhere, ...route.routes] },
          receivers: [...receivers, { name: "elsewhere" }],
        });
      });
      const tried = await send(quick);
      await alertmanager.reconfigure((text) => text);
      expect(tried).toMatchObject({ value: { kind: "lost", state: { receivers: ["elsewhere"] }, failedRequests: 0 } });
    });

    it("and has no route of its own for it: it is late", async () => {
      await alertmanager.reconfigure((text) => {
        const { route, receivers } = parse(text);
        return stringify({ route: { ...route, group_wait: "2200ms", routes: [] }, receivers });
      });
      const tried = await send(quick);
      await alertmanager.reconfigure((text) => text);
      expect(tried).toMatchObject({ value: { kind: "back" } });
      expect(tried.ok && tried.value.kind === "back" ? tried.value.seconds : 0).toBeGreaterThan(quick);
    });

    it("or is not there: that could not be tried, in a sentence", async () => {
      expect(await send(quick, "http://127.0.0.1:1")).toMatchObject({ ok: false, code: "alertmanager.unreachable" });
    });
  });
});
