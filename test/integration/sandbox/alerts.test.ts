import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { alertmanagerToken, type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { textOf, watchChannel } from "../../fakes/channel.ts";
import { notification } from "../../fakes/notification.ts";

/** Notifications as Alertmanager sends them, to the threads that people see; the bot as a process of its own. */

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ page: false, world: { metrics: false } });
});
afterAll(() => sandbox?.stop());
afterEach(async () => {
  for (const { name, on } of sandbox.faults.states()) if (on) await sandbox.faults.set(name, false);
});

const { messages, parents, replies, said, press } = watchChannel(() => sandbox.slack, "C0ALERTS");
const payload = notification;
const send = (body: unknown, token = alertmanagerToken) =>
  fetch(`${sandbox.bot.url}/webhooks/alertmanager`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
let group = 0;
const newGroup = () => `g${++group}`;

describe("an alert", () => {
  it("opens one thread with the most likely cause and the next step, and closes it when it is over", async () => {
    await sandbox.faults.set("stuck-replica", true);
    const told = { group: newGroup() };
    expect((await send(payload(told))).status).toBe(200);
    const parent = await said(new RegExp(`DragonflyReplicaLinkDown[\\s\\S]*${told.group}[\\s\\S]*1 firing`));
    const triage = await said(/Most likely: [\s\S]*Replica dragonfly-\d/, parent.ts);
    expect(textOf(triage)).toMatch(/Reattach dragonfly-\d/);

    // Both Alertmanagers of a pair tell of it, and one of them again.
    await Promise.all([
      send(payload(told)),
      send(payload(told)),
      send(payload({ ...told, pods: ["dragonfly-1", "dragonfly-2"] })),
    ]);
    await said(new RegExp(`${told.group}[\\s\\S]*2 firing`));
    expect(parents(new RegExp(told.group))).toHaveLength(1);

    await press("incident_ack", parent, "U0GRACE");
    await said(/<@U0GRACE> has it/);

    await send(payload({ ...told, status: "resolved", pods: ["dragonfly-1", "dragonfly-2"] }));
    const over = await said(new RegExp(`Resolved: [\\s\\S]*${told.group}[\\s\\S]*all 2 resolved · after 10 min`));
    expect(over.ts).toBe(parent.ts);
    // What the triage said, and the last word.
    await said(/Over after 10 min[\s\S]*2 alerts[\s\S]*<@U0GRACE> acknowledged it[\s\S]*Most likely/, parent.ts);
    expect(replies(parent.ts)).toHaveLength(2);
  });

  it("is looked into by the runbook that dfbot.yaml names for it", async () => {
    const told = { group: newGroup(), alertname: "SandboxRole" };
    await send(payload(told));
    const parent = await said(new RegExp(`SandboxRole[\\s\\S]*${told.group}`));
    await said(/labels and Services agree/, parent.ts);
  });

  it("leads to the change that helps by its button", async () => {
    await sandbox.faults.set("stuck-replica", true);
    const told = { group: newGroup() };
    await send(payload(told));
    const parent = await said(new RegExp(`${told.group}[\\s\\S]*1 firing`));
    const triage = await said(/Most likely: /, parent.ts);
    // The fault restarts the primary, on which the bot's queue is: a change is refused until it is seen to be back.
    const card = () => messages().find((one) => /reattach-replica · run/.test(textOf(one)));
    await vi.waitFor(
      async () => {
        await press("report_next_0", triage, "U0ADA");
        await vi.waitFor(() => expect(card()).toBeDefined(), { timeout: 5_000 });
      },
      { timeout: 40_000 },
    );
    await said(/reattach-replica · run[\s\S]*"Approve"/);
  });

  it("is told of, triaged and closed while the bot's own store is away", async () => {
    await sandbox.faults.set("no-primary-operator-down", true);
    const told = { group: newGroup(), alertname: "DragonflyNoPrimary", severity: "critical" };
    expect((await send(payload(told))).status).toBe(200);
    const parent = await said(new RegExp(`DragonflyNoPrimary[\\s\\S]*${told.group}[\\s\\S]*1 firing`));
    await said(/Most likely: There is no primary, and the operator that would make one is down too/, parent.ts);
    await sandbox.faults.set("no-primary-operator-down", false);
    await send(payload({ ...told, status: "resolved" }));
    const over = await said(new RegExp(`Resolved: [\\s\\S]*${told.group}`));
    expect(over.ts).toBe(parent.ts);
    expect(parents(new RegExp(told.group))).toHaveLength(1);
  });

  it("that was acknowledged is not lost when the bot is killed at once, and is told of once", async () => {
    const groups = Array.from({ length: 5 }, newGroup);
    const answers = await Promise.all(groups.map((name) => send(payload({ group: name }))));
    expect(answers.map(({ status }) => status)).toEqual(groups.map(() => 200));
    await sandbox.restartBot("SIGKILL");
    for (const name of groups) await said(new RegExp(`"[^"]*test ${name}[\\s\\S]*1 firing`));
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(groups.map((name) => parents(new RegExp(`test ${name}\\W`)).length)).toEqual(groups.map(() => 1));
  });
});

describe("the webhook", () => {
  it.each([
    ["without the token", payload({}), "wrong", 401],
    ["with nonsense", "{", alertmanagerToken, 400],
    ["of another version", { ...payload({}), version: "5" }, alertmanagerToken, 400],
  ])("%s is refused", async (_, body, token, status) => {
    const answer = await send(body, token);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ message: expect.any(String) });
  });
});
