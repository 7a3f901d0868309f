import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { primaryOf, replicasOf } from "../../../sandbox/faults/instance-pods.ts";
import { type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import type { StoredMessage } from "../../../sandbox/slack/workspace.ts";
import { textOf, watchChannel } from "../../fakes/channel.ts";

/** What people meet around a change: details, break glass, going on after a failure, the audit log, and a store that dies. */

let sandbox: Sandbox;
const channel = "C0OPS";
const runbooks = mkdtempSync(join(tmpdir(), "dfbot-runbooks-"));
const page = readFileSync(join(import.meta.dirname, "../../../docs/write-a-runbook.md"), "utf8");

beforeAll(async () => {
  writeFileSync(join(runbooks, "save-replica.mjs"), /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? "");
  // Fails in its second step until a file is there: something outside that somebody mends.
  writeFileSync(
    join(runbooks, "needs-mending.mjs"),
    `import { existsSync } from "node:fs";
     export default ({ defineRunbook, z, approvePlan }) => defineRunbook({
       id: "needs-mending", title: "Needs mending", description: "Fails until somebody mends it", effect: "change",
       params: z.strictObject({}),
       async run(ctx) {
         ctx.progress("looking around");
         await ctx.step("first", async () => 1);
         const effects = [{ key: "none", description: "Nothing", diff: "- a\\n+ b\\n".repeat(400) }];
         await approvePlan(ctx, { runbook: "needs-mending", target: "here", title: "Mend", risk: "low", effects, preconditions: [] }, async () => ({}));
         await ctx.step("second", async () => {
           if (!existsSync(${JSON.stringify(join(runbooks, "mended"))})) throw new Error("nobody has mended it");
         });
         return { summary: "it was mended", findings: [], tables: [] };
       },
     });`,
  );
  sandbox = await startSandbox({ page: false, world: { metrics: false }, env: { RUNBOOKS_DIR: runbooks } });
});
afterAll(async () => {
  await sandbox?.stop();
  rmSync(runbooks, { recursive: true, force: true });
});

const { messages, toldTo, ask, press, said, dialog: viewFor } = watchChannel(() => sandbox.slack, channel);
const idOf = (card: StoredMessage) => /run (r-[\d-]+-[0-9a-f]+)/.exec(textOf(card))?.[1] ?? "";

describe("a change in Slack", () => {
  it("waits as jobs of the queue that anybody can look at, and says who and until when in its details", async () => {
    await ask("snapshot");
    const card = await said(/Save the data of[\s\S]*Waiting for approval/);
    const redis = new Redis(sandbox.world.storeUrl("dfbot"), { protocol: 2, maxRetriesPerRequest: null });
    const queue = new Queue("runs", { connection: redis, prefix: "{dfbot}", skipVersionCheck: true });
    const jobs = await vi.waitUntil(async () => {
      const delayed = await queue.getDelayed();
      return delayed.length === 2 ? delayed : undefined;
    });
    expect(jobs.map(({ name, data }) => [name, data.run]).toSorted()).toEqual([
      ["expire", idOf(card)],
      ["remind", idOf(card)],
    ]);
    await press("run_details", card, "U0GRACE");
    const view = await viewFor("U0GRACE", /Digest that is approved/);
    expect(JSON.stringify(view)).toMatch(/BGSAVE on/);
    expect(JSON.stringify(view)).toMatch(/is the primary: /);
    await press("run_approve", card, "U0GRACE");
    await said(/:white_check_mark: Done[\s\S]*saved its data/);
    await vi.waitFor(async () => expect(await queue.getDelayed()).toEqual([]));
    await queue.close();
    redis.disconnect();
  });

  it("can be gone ahead with alone, with a reason, and everybody hears of it", async () => {
    await ask("snapshot");
    const card = await said(/Save the data of[\s\S]*Waiting for approval/);
    const glass = async (user: string, reason: string) => {
      await press("run_break_glass", card, user);
      const view = await viewFor(user, /Go ahead alone/);
      await sandbox.slack.people.submitView({
        user,
        view_id: view.id,
        values: { reason: { reason: { type: "plain_text_input", value: reason } } },
      });
    };
    await glass("U0MALLORY", "because I can");
    await vi.waitFor(() => expect(toldTo("U0MALLORY").at(-1)).toMatch(/Going ahead alone is for the groups/));
    await glass("U0LINUS", "the volume fills in an hour");
    const loud = await said(/\*Break glass\*/);
    expect(loud.text).toMatch(/<!here>[\s\S]*<@U0LINUS>[\s\S]*Save a snapshot[\s\S]*the volume fills in an hour/);
    const done = await said(/:white_check_mark: Done[\s\S]*break-glass: the volume fills/);
    expect(done.ts).toBe(card.ts);

    await ask(`audit ${idOf(card)}`);
    const log = await vi.waitUntil(() => toldTo("U0ADA").findLast((text) => /entries/.test(text)));
    expect(log).toMatch(
      /<@U0ADA> \*run\.requested\*[\s\S]*<@U0MALLORY> \*approval\.refused\*[\s\S]*<@U0LINUS> \*approval\.break-glass\*[\s\S]*\*effect\.begun\*[\s\S]*“save”[\s\S]*\*effect\.done\*[\s\S]*\*run\.succeeded\*/,
    );
    await ask("audit person=@U0LINUS from=2026-99-01");
    await vi.waitFor(() => expect(toldTo("U0ADA").at(-1)).toMatch(/from: [\s\S]*Usage: `\/dragonfly audit/));
  });

  it("shows a long diff in the thread, fails, and goes on from the failed step when that was mended", async () => {
    await ask("needs-mending");
    const card = await said(/\*Mend\*[\s\S]*Waiting for approval/);
    expect(textOf(card)).toContain("the diff is a file in the thread");
    await vi.waitFor(() =>
      expect(messages().find(({ thread_ts, files }) => thread_ts === card.ts && files.length > 0)).toBeDefined(),
    );
    await press("run_approve", card, "U0GRACE");
    const failed = await said(/:x: Failed[\s\S]*nobody has mended it/);
    writeFileSync(join(runbooks, "mended"), "");
    await press("run_rerun", failed, "U0ADA");
    const done = await said(/:white_check_mark: Done[\s\S]*it was mended/);
    expect(done.ts).toBe(card.ts);
    expect(textOf(done)).toMatch(/went on from “second” by <@U0ADA>/);
  });

  it("is in the App Home of whoever may decide, with the state of the platform, and gone from it afterwards", async () => {
    await ask("snapshot");
    const card = await said(/Save the data of[\s\S]*Waiting for approval/);
    const homeOf = async (user: string, words: RegExp) => {
      await sandbox.slack.people.openHome({ user });
      const view = await vi.waitUntil(() =>
        sandbox.slack.workspace.views.findLast(
          (one) => one.type === "home" && one.user === user && words.test(JSON.stringify(one.definition)),
        ),
      );
      return JSON.stringify(view.definition);
    };
    const approver = await homeOf("U0GRACE", /volume df-/);
    expect(approver).toMatch(/Waiting for your decision[\s\S]*Save the data of[\s\S]*You asked for[\s\S]*Nothing yet/);
    expect(approver).toContain("Open the card");
    const requester = await homeOf("U0ADA", /volume df-/);
    expect(requester).toMatch(/Nothing waits for you[\s\S]*You asked for[\s\S]*Save the data of/);
    await press("run_reject", card, "U0GRACE");
    const view = await viewFor("U0GRACE", /"Reject"/);
    const values = { reason: { reason: { type: "plain_text_input", value: "not now" } } };
    await sandbox.slack.people.submitView({ user: "U0GRACE", view_id: view.id, values });
    await said(/:no_entry: Rejected[\s\S]*not now/);
    expect(await homeOf("U0GRACE", /Nothing waits for you/)).toBeDefined();
  });

  it("may be one of the team's own, which asks and acts like the others", async () => {
    const [replica] = replicasOf(sandbox.world);
    await ask(`save-replica ${replica.name}`);
    const card = await said(new RegExp(`\\*Save ${replica.name}\\*[\\s\\S]*Waiting for approval`));
    await press("run_approve", card, "U0LINUS");
    await said(new RegExp(`:white_check_mark: Done[\\s\\S]*${replica.name}: asked`));
  });

  it("moves the primary, on which the bot's own queue is, and the run comes to its end all the same", async () => {
    const before = primaryOf(sandbox.world).name;
    const [to] = replicasOf(sandbox.world)
      .map(({ name }) => name)
      .toSorted();
    await ask(`failover ${to}`);
    const card = await said(/Fail over from[\s\S]*Waiting for approval/);
    await press("run_approve", card, "U0GRACE");
    const done = await said(/:white_check_mark: Done[\s\S]*replicas follow it/);
    expect(done.ts).toBe(card.ts);
    expect(primaryOf(sandbox.world).name).toBe(to);
    expect(to).not.toBe(before);
    await sandbox.world.whenHealthy();
  });
});

describe("the store that the bot's queue is on dies", () => {
  it("is said once and in /readyz, changes are refused plainly, decisions still count, and all goes on when it is back", async () => {
    await ask("snapshot");
    const card = await said(/Save the data of[\s\S]*Waiting for approval/);
    await sandbox.faults.set("no-primary-operator-down", true);
    const told = await said(/bot's own store is not usable/);
    expect(told.text).toMatch(/New changes are refused until it is back/);
    const ready = await fetch(`${sandbox.bot.url}/readyz`);
    expect(ready.status).toBe(200);
    expect(JSON.stringify(await ready.json())).toMatch(/"name":"store","state":"degraded"/);

    await ask("restart-replica dragonfly-1", "U0GRACE");
    await vi.waitFor(() =>
      expect(toldTo("U0GRACE").at(-1)).toMatch(/No change is taken on while the bot's queue is away/),
    );
    await ask("role", "U0GRACE");
    await vi.waitFor(() => expect(toldTo("U0GRACE").at(-1)).toMatch(/primary/i));

    // Its plan relied on a primary that is gone: the decision counts, and the run says that things have changed.
    await press("run_approve", card, "U0GRACE");
    const ended = await said(/:x: Failed[\s\S]*(could not be asked|Nothing was done)/);
    expect(ended.ts).toBe(card.ts);

    await sandbox.faults.set("no-primary-operator-down", false);
    const over = await said(/bot's own store is back/);
    expect(over.ts).toBe(told.ts);
    await press("run_again", ended, "U0ADA");
    const next = await said(/Save the data of[\s\S]*Waiting for approval/);
    expect(next.ts).not.toBe(card.ts);
    await press("run_approve", next, "U0GRACE");
    await said(/:white_check_mark: Done[\s\S]*saved its data/);
    expect(messages().filter(({ text }) => /bot's own store/.test(text))).toHaveLength(1);
  });
});
