import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { alertmanagerToken, type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import type { StoredMessage } from "../../../sandbox/slack/workspace.ts";

/** Notifications as Alertmanager sends them, to the threads that people see; the bot as a process of its own. */

let sandbox: Sandbox;
const channel = "C0ALERTS";

beforeAll(async () => {
  sandbox = await startSandbox({ page: false, world: { metrics: false } });
});
afterAll(() => sandbox?.stop());
afterEach(async () => {
  for (const { name, on } of sandbox.faults.states()) if (on) await sandbox.faults.set(name, false);
});

let group = 0;
interface Told {
  readonly alertname?: string;
  readonly status?: "firing" | "resolved";
  readonly pods?: readonly string[];
  readonly group?: string;
  readonly severity?: string;
  readonly startsAt?: string;
}
const payload = ({
  alertname = "DragonflyReplicaLinkDown",
  status = "firing",
  pods = ["dragonfly-1"],
  ...told
}: Told) => {
  const groupLabels = { alertname, namespace: "dragonfly-system", app: "dragonfly", test: told.group ?? "" };
  const labels = { ...groupLabels, severity: told.severity ?? "warning" };
  return {
    version: "4",
    groupKey: `{}:{alertname="${alertname}"}`,
    truncatedAlerts: 0,
    status,
    receiver: "dfbot",
    groupLabels,
    commonLabels: labels,
    commonAnnotations: {},
    externalURL: "http://alertmanager",
    alerts: pods.map((pod, n) => ({
      status,
      labels: { ...labels, pod },
      annotations: { summary: "A replica has lost its primary", runbook_url: "https://git.example.com/runbook.md" },
      startsAt: told.startsAt ?? "2026-01-02T12:00:00Z",
      endsAt: status === "resolved" ? "2026-01-02T12:10:00Z" : "0001-01-01T00:00:00Z",
      generatorURL: "",
      fingerprint: `${Buffer.from(`${told.group}${n}`).toString("hex")}`.slice(0, 16),
    })),
  };
};
const send = (body: unknown, token = alertmanagerToken) =>
  fetch(`${sandbox.bot.url}/webhooks/alertmanager`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const messages = () => sandbox.slack.workspace.messages.filter((message) => message.channel === channel);
const textOf = (message: StoredMessage) => `${message.text} ${JSON.stringify(message.blocks)}`;
const parents = (name: string) => messages().filter((one) => one.thread_ts === undefined && textOf(one).includes(name));
const said = (words: RegExp, inThread?: string) =>
  vi.waitUntil(() => messages().findLast((one) => one.thread_ts === inThread && words.test(textOf(one))), {
    timeout: 20_000,
    interval: 50,
  });
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
    expect(parents(told.group)).toHaveLength(1);

    await sandbox.slack.people.action({
      user: "U0GRACE",
      message: { channel, ts: parent.ts },
      block_id: "",
      action_id: "incident_ack",
    });
    await said(/<@U0GRACE> has it/);

    await send(payload({ ...told, status: "resolved", pods: ["dragonfly-1", "dragonfly-2"] }));
    const over = await said(new RegExp(`Resolved: [\\s\\S]*${told.group}[\\s\\S]*all 2 resolved · after 10 min`));
    expect(over.ts).toBe(parent.ts);
    expect(messages().filter(({ thread_ts }) => thread_ts === parent.ts)).toHaveLength(1);
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
    const message = { channel, ts: triage.ts };
    const card = () => messages().find((one) => /reattach-replica · run/.test(textOf(one)));
    await vi.waitFor(
      async () => {
        await sandbox.slack.people.action({ user: "U0ADA", message, block_id: "", action_id: "report_next_0" });
        await vi.waitFor(() => expect(card()).toBeDefined(), { timeout: 3_000 });
      },
      { timeout: 20_000 },
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
    expect(parents(told.group)).toHaveLength(1);
  });

  it("that was acknowledged is not lost when the bot is killed at once, and is told of once", async () => {
    const groups = Array.from({ length: 5 }, newGroup);
    const answers = await Promise.all(groups.map((name) => send(payload({ group: name }))));
    expect(answers.map(({ status }) => status)).toEqual(groups.map(() => 200));
    await sandbox.restartBot("SIGKILL");
    for (const name of groups) await said(new RegExp(`"[^"]*test ${name}[\\s\\S]*1 firing`));
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(groups.map((name) => parents(`test ${name}`).length)).toEqual(groups.map(() => 1));
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
