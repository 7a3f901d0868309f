import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { z } from "zod";
import { makePlan } from "../../../src/approvals/plan.ts";
import { verifyChain } from "../../../src/audit/chain.ts";
import { composeChanges } from "../../../src/changes/compose.ts";
import { type DependencyState, watchDependencies } from "../../../src/checks.ts";
import { configSchema } from "../../../src/config/file.ts";
import { noGitChanges } from "../../../src/git/not-configured.ts";
import { readAuditJournal } from "../../../src/journal/audit-journal.ts";
import { defineRunbook } from "../../../src/runbooks/define.ts";
import type { ChangeRunbook } from "../../../src/runbooks/durable/definition.ts";
import type { RunRecord } from "../../../src/runbooks/durable/record.ts";
import type { RunStore } from "../../../src/runbooks/durable/store.ts";
import { openStore } from "../../../src/store/store.ts";
import { fakePlatform } from "../../fakes/platform.ts";

/** What effects did, by their key: the world that must be changed once. */
export type Deeds = Map<string, number>;

const params = z.strictObject({ key: z.string(), sleepMs: z.coerce.number().default(200) });

/** Looks, asks, acts, sleeps, acts again. */
function twoEffects(deeds: Deeds): ChangeRunbook {
  const once = (key: string) => ({
    find: async () => (deeds.has(key) ? ("there" as const) : undefined),
    apply: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      deeds.set(key, (deeds.get(key) ?? 0) + 1);
      return "there" as const;
    },
  });
  return defineRunbook({
    effect: "change",
    id: "two-effects",
    title: "Two effects",
    description: "Two effects with a sleep between them",
    params,
    lock: ({ key }) => key,
    run: async ({ step, effect, sleep, approve, params: { key, sleepMs } }) => {
      await step("look", async () => "seen");
      const contents = { runbook: "two-effects", target: key, title: key, risk: "low" as const, preconditions: [] };
      await approve("approval", makePlan({ ...contents, effects: [{ key, description: key }] }));
      await effect("first", once(`${key}/1`));
      await sleep("pause", sleepMs);
      await effect("second", once(`${key}/2`));
      return { summary: "done", findings: [], tables: [] };
    },
  }) as unknown as ChangeRunbook;
}

export interface Bot {
  readonly changes: ReturnType<typeof composeChanges>;
  /** What the store was last seen to be like. */
  seen(): { readonly state: DependencyState; readonly detail: string };
  readonly reminders: string[];
  queueCounts(): Promise<string>;
  auditProblems(): readonly string[];
  stop(): Promise<void>;
}

/** The composition of the service, on a store of the test's, with runs in memory in place of the cluster. */
export function startBot(options: {
  readonly runs: RunStore;
  readonly deeds: Deeds;
  readonly url: () => string;
  readonly onChange?: (record: RunRecord) => void;
  readonly approvals?: object;
}): Bot {
  const dataDir = mkdtempSync(join(tmpdir(), "dfbot-data-"));
  const config = configSchema.parse({
    approvals: {
      groups: { ops: { people: ["U0OPS", "U0TWO"] } },
      policies: { "*": { groups: ["ops"] } },
      ...options.approvals,
    },
    runs: { leaseSeconds: 2, concurrency: 8 },
  });
  const logger = pino({ level: process.env["CHAOS_LOG"] ?? "silent" });
  const reminders: string[] = [];
  const store = openStore({
    url: options.url,
    prefix: "{dfbot}",
    onOutage: () => undefined,
    onRecovery: () => undefined,
    onReconnect: () => changes.reconnect(),
  });
  const refused = async (): Promise<never> => {
    throw new Error("nothing is changed here");
  };
  const changes = composeChanges({
    config,
    platform: fakePlatform(),
    changes: { snapshot: refused, follow: refused, loadAccessList: refused, evictPod: refused },
    git: noGitChanges,
    tell: refused,
    runs: options.runs,
    store,
    storeUrl: options.url,
    storePrefix: "{dfbot}",
    dataDir,
    logger,
    own: { changes: [twoEffects(options.deeds)], reads: [] },
    readGroup: async () => [],
    onChange: (record) => options.onChange?.(record),
    onProgress: () => undefined,
    onCardMissing: () => undefined,
    sayInThread: async (_, text) => void reminders.push(text),
  });
  const dependencies = watchDependencies(
    [{ name: "store", whenFailing: "degraded", check: () => store.checkQueue() }],
    {
      everyMs: 500,
      afterMs: 0,
      timeoutMs: 3_000,
      onChange: ({ state }) => {
        if (state === "ok") changes.storeIsBack();
      },
    },
  );
  dependencies.start();
  changes.start();
  return {
    changes,
    seen: () => dependencies.current()[0] ?? { state: "unknown", detail: "" },
    reminders,
    queueCounts: () => store.checkQueue(),
    auditProblems: () => verifyChain(readAuditJournal(dataDir)).problems,
    stop: async () => {
      dependencies.stop();
      await changes.stop();
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
