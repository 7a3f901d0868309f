import { describe, expect, it } from "vitest";
import { BotError } from "../../../src/errors.ts";
import { read } from "../../../src/platform/reading.ts";

const options = { command: "kubectl get pods", timeoutMs: 50 };

describe("a reading", () => {
  it("carries the value, the command and when it arrived", async () => {
    const reading = await read(options, async () => 7);
    expect(reading).toMatchObject({ ok: true, value: 7, command: "kubectl get pods" });
    expect(Date.parse(reading.at)).not.toBeNaN();
  });

  it("ends at its time limit even when the source ignores the signal", async () => {
    const reading = await read(options, () => new Promise(() => undefined));
    expect(reading).toMatchObject({
      ok: false,
      code: "timeout",
      reason: expect.stringMatching(/no answer within 0\.05 s/),
    });
    expect(reading.durationMs).toBeLessThan(1_000);
  });

  it("tells the source to stop when the time is over", async () => {
    let aborted = false;
    await read(options, (signal) => new Promise(() => signal.addEventListener("abort", () => (aborted = true))));
    expect(aborted).toBe(true);
  });

  it("keeps the code, the message and the next step of an error", async () => {
    const reading = await read(options, async () => {
      throw new BotError("kubernetes.forbidden", "not allowed to list pods", "Grant it");
    });
    expect(reading).toMatchObject({
      ok: false,
      code: "kubernetes.forbidden",
      reason: "not allowed to list pods. Grant it.",
    });
  });

  it("is a failed one when the source throws before it has begun", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const reading = await read(options, () => {
      throw new BotError("config.unknown-cluster", "there is no such cluster", "Correct it");
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("unhandledRejection", note);
    expect(reading).toMatchObject({ ok: false, code: "config.unknown-cluster" });
    expect(unhandled).toEqual([]);
  });

  it("stops at once when it is cancelled from outside, before or during", async () => {
    const stop = new AbortController();
    const running = read({ ...options, timeoutMs: 60_000, signal: stop.signal }, () => new Promise(() => undefined));
    stop.abort(new BotError("cancelled", "cancelled by the user", ""));
    expect(await running).toMatchObject({ ok: false, code: "cancelled" });
    expect(await read({ ...options, signal: stop.signal }, async () => 1)).toMatchObject({
      ok: false,
      code: "cancelled",
    });
  });
});
