import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { BotError } from "../../../src/errors.ts";
import { defineRunbook } from "../../../src/runbooks/define.ts";
import { createRunner } from "../../../src/runbooks/runner.ts";
import { config, fakePlatform } from "../../fakes/platform.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function counting(outcome: () => Promise<void> = async () => undefined) {
  let runs = 0;
  const count = defineRunbook({
    id: "count",
    title: "Count",
    description: "Counts its runs",
    params: z.strictObject({ of: z.string().optional() }),
    positional: ["of"],
    effect: "read",
    async run() {
      runs += 1;
      await outcome();
      return { summary: "the password is fake-secret", findings: [], tables: [] };
    },
  });
  const finished: string[] = [];
  const runner = createRunner({
    runbooks: [count],
    config,
    platform: fakePlatform(),
    scrub: (text) => text.replaceAll("fake-secret", "[redacted]"),
    now: () => new Date(),
    onFinished: (_report, request) => finished.push(request.requester.id),
  });
  const ask = (id = "a", params = {}) => runner.run({ runbook: "count", params, requester: { surface: "slack", id } });
  return { ask, runner, finished, runs: () => runs };
}

describe("the runner", () => {
  it("takes secrets out of a report before anybody sees it", async () => {
    expect((await counting().ask()).summary).toBe("the password is [redacted]");
  });

  it("makes one run of what several people ask within a second, and tells of each of them", async () => {
    const { ask, runs, finished } = counting();
    const [first, second] = await Promise.all([ask("ada"), ask("grace")]);
    expect(first.runId).toBe(second.runId);
    expect(runs()).toBe(1);
    expect(finished).toEqual(["ada", "grace"]);
  });

  it("reads again a second later, and for other parameters at once", async () => {
    const { ask, runs } = counting();
    await ask();
    await ask("a", { of: "other" });
    expect(runs()).toBe(2);
    vi.advanceTimersByTime(1_001);
    await ask();
    expect(runs()).toBe(3);
  });

  it("does not share a failure", async () => {
    let fail = true;
    const { ask, runs } = counting(async () => {
      if (fail) throw new BotError("x", "did not work", "Try again");
    });
    await expect(ask()).rejects.toMatchObject({ code: "x" });
    fail = false;
    await ask();
    expect(runs()).toBe(2);
  });

  it("refuses a runbook that it does not know, and parameters that are wrong, before anything runs", async () => {
    const { ask, runner, runs } = counting();
    await expect(
      runner.run({ runbook: "cuont", params: {}, requester: { surface: "cli", id: "a" } }),
    ).rejects.toMatchObject({
      code: "runbook.unknown",
      next: "Did you mean count?",
    });
    await expect(ask("a", { of: 3 })).rejects.toMatchObject({ code: "runbook.parameters" });
    expect(runs()).toBe(0);
  });
});
