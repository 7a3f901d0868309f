import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { primaryOf, replicasOf } from "../../../sandbox/faults/instance-pods.ts";
import { type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { podNamed } from "../../../sandbox/world/kubelet/kubelet.ts";
import { instance } from "../../../sandbox/world/world.ts";
import { textOf, watchChannel } from "../../fakes/channel.ts";

/** A change from the command in Slack to the pod that was restarted: the bot as a process of its own, with its shipped role. */

let sandbox: Sandbox;
const channel = "C0OPS";

beforeAll(async () => {
  sandbox = await startSandbox({ page: false, world: { metrics: false } });
});
afterAll(() => sandbox?.stop());

const { toldTo, ask, press, said: cardThatSays, dialog } = watchChannel(() => sandbox.slack, channel);
const uidOf = (pod: string) => podNamed(sandbox.world.infra.objects, instance.namespace, pod)?.metadata.uid;

describe("a change that is asked for in Slack", () => {
  it("waits for somebody entitled, tells the others why not, is done once, and is all in the audit log", async () => {
    const [replica] = replicasOf(sandbox.world);
    const before = { replica: uidOf(replica.name), primary: uidOf(primaryOf(sandbox.world).name) };
    await ask(`restart-replica ${replica.name}`);
    const card = await cardThatSays(/Waiting for approval/);
    expect(textOf(card)).toContain(`Evict pod ${replica.name}`);
    expect(textOf(card)).toContain("needs 1 of approvers");

    await press("run_approve", card, "U0ADA");
    await vi.waitFor(() => expect(toldTo("U0ADA").at(-1)).toMatch(/You asked for this, so others decide/));
    await press("run_approve", card, "U0MALLORY");
    await vi.waitFor(() => expect(toldTo("U0MALLORY").at(-1)).toMatch(/Members of approvers decide/));
    expect(uidOf(replica.name)).toBe(before.replica);

    // Two people at the same moment, one of them twice.
    await Promise.all([
      press("run_approve", card, "U0GRACE"),
      press("run_approve", card, "U0LINUS"),
      press("run_approve", card, "U0GRACE"),
    ]);
    const done = await cardThatSays(/:white_check_mark: Done/);
    expect(done.ts).toBe(card.ts);
    expect(textOf(done)).toContain(`${replica.name} is new and in sync`);
    expect(uidOf(replica.name)).not.toBe(before.replica);
    expect(uidOf(primaryOf(sandbox.world).name)).toBe(before.primary);

    const env = { PATH: process.env["PATH"], ...sandbox.world.env() };
    const main = join(import.meta.dirname, "../../../src/main.ts");
    // Not execFileSync: the cluster that it asks lives in this process.
    const dfbot = async (...words: string[]) =>
      (await promisify(execFile)(process.execPath, [main, ...words], { env })).stdout;
    expect(await dfbot("audit", "verify")).toMatch(/^\d+ entries; the chain holds/);
    const [id = ""] = /r-\S+/.exec(await dfbot("runs")) ?? [];
    expect(await dfbot("runs", id)).toMatch(
      /succeeded {2}restart-replica[\s\S]*U0(?:GRACE|LINUS) approve[\s\S]*\+ evict the pod/,
    );
    const log = sandbox.bot.output();
    for (const action of ["run.requested", "approval.refused", "approval.approve", "run.succeeded"]) {
      expect(log).toContain(`"action":"${action}"`);
    }
  });

  it("ends at once when it is rejected, with the reason on its card", async () => {
    const [replica] = replicasOf(sandbox.world);
    const before = uidOf(replica.name);
    await ask(`restart-replica ${replica.name}`);
    const card = await cardThatSays(/Waiting for approval/);
    await press("run_reject", card, "U0LINUS");
    const view = await dialog("U0LINUS");
    await sandbox.slack.people.submitView({
      user: "U0LINUS",
      view_id: view.id,
      values: { reason: { reason: { type: "plain_text_input", value: "not during the release" } } },
    });
    const ended = await cardThatSays(/:no_entry: Rejected/);
    expect(textOf(ended)).toContain("not during the release");
    expect(uidOf(replica.name)).toBe(before);
  });

  it("is refused while another one is changing the same instance, and can be cancelled by whoever asked", async () => {
    const [first, second] = replicasOf(sandbox.world);
    await ask(`restart-replica ${first.name}`);
    const card = await cardThatSays(/Waiting for approval/);
    await ask(`restart-replica ${second?.name}`);
    await vi.waitFor(() => expect(toldTo("U0ADA").at(-1)).toMatch(/is already changing dragonfly-system\/dragonfly/));
    await ask("approvals", "U0GRACE");
    await vi.waitFor(() => expect(toldTo("U0GRACE").at(-1)).toMatch(/restart-replica: \*waiting\*/));
    await press("run_cancel", card, "U0GRACE");
    await vi.waitFor(() => expect(toldTo("U0GRACE").at(-1)).toMatch(/Whoever asked for it can cancel it/));
    await press("run_cancel", card, "U0ADA");
    await cardThatSays(/:black_square_for_stop: Cancelled/);
    await ask("runs");
    await vi.waitFor(() =>
      expect(toldTo("U0ADA").at(-1)).toMatch(/\*cancelled\*[\s\S]*\*rejected\*[\s\S]*\*succeeded\*/),
    );
  });

  it("is refused with the reason for the primary", async () => {
    const { name } = primaryOf(sandbox.world);
    await ask(`restart-replica ${name}`);
    await cardThatSays(new RegExp(`:x: Failed[\\s\\S]*${name} is the primary`));
  });

  it("is carried on by the next process when this one is killed at work, and done once", async () => {
    const [replica] = replicasOf(sandbox.world);
    const before = uidOf(replica.name);
    await ask(`restart-replica ${replica.name}`);
    const card = await cardThatSays(/Waiting for approval/);
    // The pod is deleted, the new one not yet in sync: the run is at work.
    await press("run_approve", card, "U0GRACE");
    await vi.waitUntil(() => uidOf(replica.name) !== undefined && uidOf(replica.name) !== before, {
      timeout: 10_000,
      interval: 5,
    });
    const after = uidOf(replica.name);
    await sandbox.restartBot("SIGKILL");
    await cardThatSays(new RegExp(`:white_check_mark: Done[\\s\\S]*${replica.name}`));
    expect(uidOf(replica.name)).toBe(after);
  });
});
