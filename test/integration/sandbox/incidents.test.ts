import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type AlertmanagerProcess, startAlertmanager } from "../../../sandbox/alertmanager/alertmanager.ts";
import { freePort } from "../../../sandbox/bot-process.ts";
import { alertmanagerToken, type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { textOf, watchChannel } from "../../fakes/channel.ts";
import { notification, type Told } from "../../fakes/notification.ts";

/** What people do in the threads of incidents, and what the bot does when much goes wrong at once. */

let sandbox: Sandbox;
let alertmanager: AlertmanagerProcess;
const alerts = watchChannel(() => sandbox.slack, "C0ALERTS");
const operations = watchChannel(() => sandbox.slack, "C0OPS");
const { parents, replies, said, press, dialog, ask } = alerts;

beforeAll(async () => {
  const port = await freePort();
  sandbox = await startSandbox({
    page: false,
    env: { ALERTMANAGER_URL: `http://127.0.0.1:${port}` },
    world: {
      metrics: false,
      alerts: {
        watchdog: { alert: "Watchdog", silentMinutes: 0.1 },
        storm: { threads: 8, minutes: 10 },
        channels: { info: "C0OPS" },
      },
    },
  });
  const webhook = `${sandbox.bot.url}/webhooks/alertmanager`;
  alertmanager = await startAlertmanager({ webhook, token: alertmanagerToken, port });
});
afterAll(async () => {
  await alertmanager?.stop();
  await sandbox?.stop();
});
afterEach(async () => {
  sandbox.world.infra.api.faults.unreachable = false;
  for (const { name, on } of sandbox.faults.states()) if (on) await sandbox.faults.set(name, false);
  // Only threads of this minute count as a storm, so each test ends what it began.
  for (const told of begun.splice(0)) await send(notification({ ...told, status: "resolved" }));
});

const begun: Told[] = [];
const send = (body: unknown) =>
  fetch(`${sandbox.bot.url}/webhooks/alertmanager`, {
    method: "POST",
    headers: { authorization: `Bearer ${alertmanagerToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const fire = async (told: Told) => {
  begun.push(told);
  expect((await send(notification(told))).status).toBe(200);
};

describe("people in the thread of an incident", () => {
  it("call for help, level by level, once each, and never without being asked whether they mean it", async () => {
    await fire({ group: "help", severity: "critical" });
    const card = await said(/test help[\s\S]*<!subteam\^S0APPROVERS>/);
    expect(textOf(card)).toMatch(/Escalate…[\s\S]*This calls <@U0LINUS> now/);
    await Promise.all([press("incident_escalate", card, "U0ADA"), press("incident_escalate", card, "U0GRACE")]);
    await said(/<@U0LINUS>: <@U0(ADA|GRACE)> asks for your help with this/, card.ts);
    await vi.waitUntil(() => /Escalate further…/.test(textOf(card)));
    await sleep(1_500);
    expect(replies(card.ts).filter((one) => /asks for your help/.test(textOf(one)))).toHaveLength(1);
  });

  it("run a runbook that fits from the menu: its report comes into the thread", async () => {
    await fire({ group: "menu" });
    const card = await said(/test menu/);
    const [menu] = /"Run a runbook…"[\s\S]*/.exec(textOf(card)) ?? [""];
    expect(menu).toMatch(/Status of an instance[\s\S]*asks for approval/);
    const id = /(i-\d+-\d+-[0-9a-f]{16})/.exec(textOf(card))?.[1];
    await sandbox.slack.people.action({
      user: "U0GRACE",
      message: { channel: "C0ALERTS", ts: card.ts },
      block_id: "",
      action_id: "incident_run",
      value: `${id} role`,
    });
    await said(/Asked for by <@U0GRACE>[\s\S]*dragonfly-\d/, card.ts);
  });

  it("see and end the silences there are, from the command and from the dialog, and begin one from the command", async () => {
    await ask("silence", "U0GRACE");
    const list = await vi.waitUntil(() =>
      alerts.messages().findLast(({ onlyFor, text }) => onlyFor === "U0GRACE" && /silenced/.test(text)),
    );
    expect(textOf(list)).toContain("No silence is in force");
    await press("silence_begin", list, "U0GRACE");
    const view = await dialog("U0GRACE", /No silence is in force/);
    const option = { value: "1", text: { type: "plain_text", text: "1 hour" } };
    await sandbox.slack.people.submitView({
      user: "U0GRACE",
      view_id: view.id,
      values: {
        hours: { hours: { type: "static_select", selected_option: option } },
        matchers: { matchers: { type: "plain_text_input", value: 'alertname=~"Dragonfly.*"\npod!="dragonfly-0"' } },
        comment: { comment: { type: "plain_text_input", value: "planned <work>" } },
      },
    });
    // Asked again when it is not so yet.
    const lists = async (words: RegExp) => {
      await ask("silence", "U0ADA");
      return await vi.waitUntil(
        () => alerts.messages().findLast((one) => one.onlyFor === "U0ADA" && words.test(textOf(one))),
        { timeout: 5_000 },
      );
    };
    await vi.waitFor(() => lists(/planned/), { timeout: 40_000 });
    const listed = await lists(
      /`alertname=~\\"Dragonfly\.\*\\", pod!=\\"dragonfly-0\\"`[\s\S]*by <@U0GRACE>: planned &lt;work&gt;/,
    );
    await press("silence_expire", listed, "U0ADA");
    await vi.waitFor(() => lists(/No silence is in force/), { timeout: 40_000 });
  });

  it("are called again only when it becomes worse, in the thread, once", async () => {
    await fire({ group: "worse", pods: ["dragonfly-0"] });
    const card = await said(/test worse/);
    expect(textOf(card)).not.toContain("S0APPROVERS");
    await fire({ group: "worse", pods: ["dragonfly-0", "dragonfly-1"], severity: "critical" });
    await said(/This is \*critical\* now\. <!subteam\^S0APPROVERS>/, card.ts);
    await fire({ group: "worse", pods: ["dragonfly-0", "dragonfly-1", "dragonfly-2"], severity: "critical" });
    await said(/3 firing/);
    await sleep(5_000);
    expect(replies(card.ts).filter((one) => textOf(one).includes("S0APPROVERS"))).toHaveLength(1);
  });
});

describe("an incident", () => {
  it("is told of where its severity belongs, and looked into by the runbook that its rule names", async () => {
    const annotations = { summary: "Only to be known", dfbot_runbook: "role" };
    await fire({ group: "routed", severity: "info", annotations });
    const card = await operations.said(/test routed/);
    await operations.said(/labels and Services agree/, card.ts);
    expect(parents(/test routed/)).toEqual([]);
  });
});

describe("a storm", () => {
  it("is a few threads and one that the rest shares, the critical ones with their own, and ends", async () => {
    const names = Array.from({ length: 40 }, (_, n) => `storm${n}`);
    const severity = (n: number) => (n % 20 === 19 ? "critical" : "warning");
    await Promise.all(
      names.map((group, n) => fire({ group, severity: severity(n), alertname: "DragonflyMemoryHigh" })),
    );
    const shared = await said(/Alert storm[\s\S]*\d\d firing[\s\S]*\d\d × DragonflyMemoryHigh \(warning\)/);
    await vi.waitFor(() => expect(parents(/test storm19[\s\S]*|test storm39[\s\S]*/)).toHaveLength(2));
    expect(parents(/test storm\d/).length).toBeLessThanOrEqual(8);
    await Promise.all(
      names.map((group, n) =>
        send(notification({ group, severity: severity(n), alertname: "DragonflyMemoryHigh", status: "resolved" })),
      ),
    );
    await vi.waitFor(() => expect(textOf(shared)).toMatch(/Resolved: Alert storm/), { timeout: 30_000 });
    await vi.waitFor(() => expect(parents(/test storm\d/).every((one) => one.text.startsWith("Resolved"))).toBe(true), {
      timeout: 40_000,
    });
  });
});

describe("the alert that always fires", () => {
  it("opens an incident when it stays away, which says where alerting is broken, and closes it when it is back", async () => {
    const watchdog = notification({ alertname: "Watchdog", severity: "none", group: "watchdog" });
    await send(watchdog);
    const card = await said(/AlertingSilent[\s\S]*has stopped coming[\s\S]*S0APPROVERS/);
    expect(parents(/Watchdog[^S]*firing/)).toEqual([]);
    await said(/Alerting is broken/, card.ts);
    await send(watchdog);
    await vi.waitFor(() => expect(textOf(card)).toMatch(/Resolved: AlertingSilent/));
  });
});

describe("with the bot's own store away", () => {
  it("a thread says that the queue is degraded, and no longer says so when the store is back", async () => {
    await sandbox.faults.set("no-primary-operator-down", true);
    await vi.waitFor(async () =>
      expect(await (await fetch(`${sandbox.bot.url}/readyz`)).text()).toMatch(/"store","state":"degraded"/),
    );
    await fire({ group: "degraded", alertname: "DragonflyNoPrimary" });
    const card = await said(/test degraded[\s\S]*my queue is degraded/);
    await sandbox.faults.set("no-primary-operator-down", false);
    await vi.waitFor(() => expect(textOf(card)).not.toMatch(/degraded:/), { timeout: 30_000 });
    expect(parents(/test degraded/)).toHaveLength(1);
  });
});

describe("with the cluster's API away", () => {
  it("one message says what waits, calls people once, and is closed when the threads are there", async () => {
    sandbox.world.infra.api.faults.unreachable = true;
    for (const group of ["blind1", "blind2"])
      await fire({ group, alertname: "DragonflyPodDown", severity: "critical" });
    const notice = await said(
      /I cannot keep incidents[\s\S]*\d notifications wait[\s\S]*DragonflyPodDown[\s\S]*S0APPROVERS/,
    );
    await fire({ group: "blind3", alertname: "DragonflyOomKilled", severity: "critical" });
    await vi.waitFor(() => expect(textOf(notice)).toMatch(/notifications wait[\s\S]*DragonflyOomKilled/));
    sandbox.world.infra.api.faults.unreachable = false;
    await vi.waitFor(() => expect(textOf(notice)).toMatch(/can be kept again/));
    await vi.waitFor(() => expect(parents(/test blind\d/)).toHaveLength(3));
    expect(parents(/I cannot keep incidents|can be kept again/)).toHaveLength(1);
    // Its people have heard of them.
    for (const one of parents(/test blind\d/)) expect(textOf(one)).not.toContain("S0APPROVERS");
  });
});

it("nobody was told of anything elsewhere", () => {
  expect(operations.messages().filter((one) => /asks for your help/.test(textOf(one)))).toEqual([]);
});
