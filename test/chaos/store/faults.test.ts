import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hasEnded } from "../../../src/runbooks/durable/record.ts";
import { createDice } from "../random/dice.ts";
import { faults } from "./catalog.ts";
import { asks, startTrial, type Trial } from "./trial.ts";

/**
 * Two processes of the bot carry on runs, while the store that their queue is on dies in every way we know of: no run is lost, no
 * effect comes twice, the audit chains hold, the fault is noticed and named, and nobody has to restart a bot.
 */

let trial: Trial;
afterEach(() => trial?.stop());

describe.each(faults)("a store that is $name", (fault) => {
  it("costs no run, doubles no effect, is named, and is used again without a restart", {
    timeout: 240_000,
  }, async () => {
    trial = await startTrial();
    const { store, records, submit, submitUntilAccepted } = trial;
    if (fault.name.includes("older snapshot")) {
      // What ends after this comes back as if it had not, with its old numbers.
      await Promise.all(["old-1", "old-2"].map((id) => submitUntilAccepted(id)));
      await store.command("SAVE");
      await trial.approveUntilEnded();
    }
    const before = (await records()).map(({ id }) => id);
    const asked = ["r-1", "r-2", "r-3", "r-4"];
    await Promise.all(asked.map((id, n) => submitUntilAccepted(id, { sleepMs: n * 700 })));
    await vi.waitUntil(async () => (await records()).every((record) => hasEnded(record.state) || asks(record)));
    const voteSome = trial.approve(asked.slice(0, 2));
    await fault.break(store);
    await voteSome;
    await trial.seenAs("degraded", fault.words);

    // No new change is taken on; what was decided about goes on without the queue.
    await expect(submit("refused")).rejects.toMatchObject({ code: "store.unavailable" });
    await trial.approve(asked.slice(2));
    const succeeded = async () => (await records()).filter(({ state }) => state === "succeeded").length;
    await vi.waitUntil(async () => (await succeeded()) > before.length);

    await fault.heal(store);
    await trial.seenAs("ok");
    await submitUntilAccepted("after", { sleepMs: 100 });
    await trial.approveUntilEnded();
    await trial.expectWell([...before, ...asked, "after"]);
    await trial.expectTidyQueue();
  });
});

const seed = Number(process.env["CHAOS_SEED"] ?? 1);
const rounds = Number(process.env["CHAOS_ROUNDS"] ?? 4);

describe("a store that dies again and again, at random moments", () => {
  it(`costs nothing that was accepted (seed ${seed}, ${rounds} rounds)`, {
    timeout: 120_000 + rounds * 30_000,
  }, async () => {
    trial = await startTrial();
    const { store, submit } = trial;
    const dice = createDice(seed);
    const accepted: string[] = [];
    let asking = true;
    const people = (async () => {
      // On a slow machine people have come to little by the time that the store is well again.
      for (let n = 0; asking || accepted.length < 4; n++) {
        const id = `r-${n}`;
        await submit(id, { sleepMs: dice.between(0, 3_000), bot: dice.between(0, 1) }).then(
          () => accepted.push(id),
          // Refused, plainly: nothing of it may be left.
          (error: { readonly code?: string }) => expect(error.code).toBe("store.unavailable"),
        );
        await trial.approve(accepted.filter(() => dice.chance(0.7)));
        await sleep(dice.between(50, 500));
      }
    })();
    for (let round = 0; round < rounds; round++) {
      await sleep(dice.between(200, 1_500));
      if (dice.chance(0.3)) await store.command("SAVE").catch(() => undefined);
      const fault = dice.pick(faults);
      await fault.break(store);
      await sleep(dice.between(100, 4_000));
      await fault.heal(store);
    }
    asking = false;
    await people;
    await trial.seenAs("ok");
    await trial.approveUntilEnded();
    await trial.expectWell(accepted);
    await trial.expectTidyQueue();
  });
});
