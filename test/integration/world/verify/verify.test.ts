import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { troubles } from "../status.ts";
import { type Ground, layGround } from "./ground.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await layGround();
}, 60_000);
afterAll(() => ground?.stop());

/** What only a probe from those namespaces can tell. */
const probes = ["unknown ac3.apps.connects", "unknown ac4.enforced"];

describe("verify on the shipped manifests", () => {
  it("finds every check to hold, and says of two that only a probe can tell", async () => {
    let last: readonly string[] = [];
    await vi
      .waitUntil(async () => {
        last = troubles(await ground.verify()).toSorted();
        return last.length === probes.length;
      }, { timeout: 30_000, interval: 500 })
      .catch(() => undefined);
    expect(last).toEqual(probes);
  }, 60_000);
});
