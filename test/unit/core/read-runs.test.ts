import { pino } from "pino";
import { expect, it, vi } from "vitest";
import { BotError } from "../../../src/errors.ts";
import { composeReadRuns } from "../../../src/read-runs.ts";
import { keptResultSchema } from "../../../src/records/kept-result.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createTelemetry } from "../../../src/telemetry.ts";
import { config, fakePlatform } from "../../fakes/platform.ts";
import { memoryRecordStore } from "../../fakes/record-store.ts";

const results = memoryRecordStore({ kind: "result", schema: keptResultSchema, isOpen: () => false });
const telemetry = createTelemetry();
const runs = composeReadRuns({
  runbooks: catalog,
  config,
  platform: fakePlatform(),
  results,
  scrub: (text) => text,
  logger: pino({ level: "silent" }),
  telemetry,
  permit: async () => {
    throw new BotError("permission.denied", "verify is for members of nobody", "Ask one of them");
  },
});

it("a schedule needs nobody's leave, people do; its run is counted and kept as any, and compared with what it says", async () => {
  const asked = { runbook: "verify", params: {} };
  const person = runs.runner.run({ ...asked, requester: { surface: "slack", id: "U0ADA" } });
  await expect(person).rejects.toMatchObject({ code: "permission.denied" });
  const scheduled = { ...asked, requester: { surface: "schedule", id: "verify" } } as const;
  const first = await runs.comparedWith(undefined).run(scheduled);
  expect(first.summary).not.toMatch(/ than on | as on /);
  await vi.waitFor(async () =>
    expect((await results.get("verify.dragonfly-system.dragonfly"))?.record.runId).toBe(first.runId),
  );
  expect(await telemetry.text()).toMatch(/dfbot_runs_total\{runbook="verify",verdict="\w+"\} 1/);
  const last = { at: "2026-01-01T02:00:00.000Z", runId: "1", verdicts: { "ac9.retired": "ok" } };
  const second = await runs.comparedWith(last).run(scheduled);
  expect(second.summary).toMatch(/worse than on 2026-01-01 02:00 UTC/);
});
