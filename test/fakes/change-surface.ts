import type { ChangeSurface } from "../../src/commands/changes/surface.ts";
import type { ChangeRunbook } from "../../src/runbooks/durable/definition.ts";
import { createRunDriver } from "../../src/runbooks/durable/driver.ts";
import type { RunRecord } from "../../src/runbooks/durable/record.ts";
import { groupDecides } from "./decisions.ts";
import { memoryRunStore } from "./run-store.ts";

/** The real driver over runs in memory, and Grace and Linus as those who decide. */
export function changeSurface(runbooks: readonly ChangeRunbook[], more: Partial<ChangeSurface> = {}) {
  const store = memoryRunStore();
  let shown: (record: RunRecord) => void = () => undefined;
  const context = groupDecides("operators", ["U0GRACE", "U0LINUS"], { quorum: 2 });
  const driver = createRunDriver({
    store,
    runbooks,
    process: "test",
    now: () => new Date(),
    leaseMs: 10_000,
    concurrency: 4,
    pause: async () => undefined,
    approvalLifeMs: () => 3_600_000,
    decisionContext: context,
    onChange: (record) => shown(record),
    onStep: (record) => shown(record),
  });
  const timer = setInterval(() => void driver.sweep(), 20);
  const surface: ChangeSurface = {
    runbooks,
    driver,
    runs: async () => (await store.list()).map(({ record }) => record),
    run: async (id) => (await store.get(id))?.record,
    knownContext: context,
    decisionContext: async () => context(),
    permit: async () => undefined,
    audit: async () => ({ entries: [], complete: true }),
    auditChannel: undefined,
    operationsChannel: undefined,
    choices: { clusters: ["infra", "apps"] },
    now: () => new Date(),
    ...more,
  };
  return {
    surface,
    driver,
    /** Told of every new form of a run. */
    onChange(told: (record: RunRecord) => void) {
      shown = told;
    },
    async stop() {
      clearInterval(timer);
      await driver.stop();
    },
  };
}
