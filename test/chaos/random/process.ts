import { defineRunbook } from "../../../src/runbooks/define.ts";
import type { ChangeRunbook } from "../../../src/runbooks/durable/definition.ts";
import { createRunDriver, type RunDriver, type RunDriverDeps } from "../../../src/runbooks/durable/driver.ts";
import type { RunStore } from "../../../src/runbooks/durable/store.ts";
import type { VirtualClock } from "./clock.ts";
import type { Dice } from "./dice.ts";
import { type Effects, keyOf } from "./effects.ts";
import type { Judge } from "./judge.ts";
import type { Ledger } from "./ledger.ts";
import { createLink, type Link } from "./link.ts";
import type { People } from "./people.ts";
import { digestOf, nameOf, type Params, paramsSchema } from "./program.ts";

/** Twice the longest time that a step's requests can be on their way before it changes something, and then some. */
export const leaseMs = 8_000;
const sweepEveryMs = 1_000;
/** Kubernetes ends a process that does not stop by itself. */
const graceMs = 10_000;
const epoch = Date.parse("2026-01-02T12:00:00Z");

/** One process of the bot. */
export interface Bot {
  readonly name: string;
  readonly driver: RunDriver;
  readonly link: Link;
  /** Takes requests: neither dead nor told to stop. */
  readonly isUp: () => boolean;
  /** Its clock is wrong by this much. */
  skewMs: number;
  /** As kill -9. */
  kill(): void;
  /** As SIGTERM, and SIGKILL when that takes too long. */
  stop(): Promise<void>;
}

/** Where a test may put something wrong, to see that the judge finds it. */
export interface Mutant {
  readonly store?: (store: RunStore) => RunStore;
  readonly runbook?: (runbook: ChangeRunbook) => ChangeRunbook;
  readonly deps?: (deps: RunDriverDeps) => RunDriverDeps;
  readonly driver?: (driver: RunDriver, store: RunStore) => RunDriver;
}

export interface World {
  readonly clock: VirtualClock;
  readonly dice: Dice;
  readonly judge: Judge;
  readonly ledger: Ledger;
  readonly effects: Effects;
  readonly people: People;
  readonly approvalLifeMs: number;
  readonly mutant: Mutant;
}

export function startProcess(name: string, world: World): Bot {
  const { clock, dice, judge, ledger, people, mutant } = world;
  const link = createLink(clock, dice);
  const now = () => new Date(epoch + clock.now() + bot.skewMs);
  const honest = ledger.behind(link, name);
  const store = mutant.store?.(honest) ?? honest;
  const runbook = programRunner(link, world);
  const deps: RunDriverDeps = {
    store,
    runbooks: [mutant.runbook?.(runbook) ?? runbook],
    process: name,
    now,
    leaseMs,
    concurrency: 3,
    pause: (ms) => clock.sleep(ms),
    approvalLifeMs: () => world.approvalLifeMs,
    decisionContext: () => people.contextFor(name, now()),
    onTrouble: (id, error) => judge.tell(`${name} has trouble with ${id}: ${String(error)}`),
  };
  const driver = createRunDriver(mutant.deps?.(deps) ?? deps);
  let up = true;
  const sweep = () => {
    driver.sweep().catch((error: unknown) => judge.tell(`${name} cannot sweep: ${String(error)}`));
  };
  const timer = setInterval(sweep, sweepEveryMs);
  const bot: Bot = {
    name,
    driver: mutant.driver?.(driver, store) ?? driver,
    link,
    isUp: () => up,
    skewMs: 0,
    kill: () => {
      judge.tell(`${name} is killed`);
      up = false;
      clearInterval(timer);
      link.cut();
    },
    stop: async () => {
      judge.tell(`${name} is stopped`);
      up = false;
      clearInterval(timer);
      await Promise.race([driver.stop(), clock.sleep(graceMs)]);
      judge.tell(`${name} is gone`);
      link.cut();
    },
  };
  judge.tell(`${name} starts`);
  return bot;
}

/** The one runbook of these stories: does what its parameters say. */
function programRunner(link: Link, { clock, judge, effects }: World): ChangeRunbook {
  const failures = new Map<string, number>();
  return defineRunbook({
    effect: "change",
    id: "program",
    title: "Program",
    description: "",
    params: paramsSchema,
    lock: ({ target }: Params) => target,
    run: async ({ runId, params, step, effect, sleep, approve }) => {
      const results: string[] = [];
      for (const [at, op] of params.program.entries()) {
        const name = nameOf(op, at);
        const key = keyOf(runId, at);
        const options = { retries: "retries" in op ? op.retries : 0 };
        switch (op.kind) {
          case "step":
            results.push(
              await step(
                name,
                async () => {
                  const before = failures.get(key) ?? 0;
                  failures.set(key, before + 1);
                  await link.call(name, () => undefined);
                  if (before < op.fails) throw new Error("scripted failure");
                  // Different each time: a result that is not given back as it was recorded shows.
                  return `${key} at ${clock.now()}`;
                },
                options,
              ),
            );
            break;
          case "effect":
            results.push(
              await effect(
                name,
                {
                  find: () => link.call(`find ${key}`, () => effects.find(key)),
                  apply: () => link.call(`apply ${key}`, () => effects.apply(key, runId, at), true),
                },
                options,
              ),
            );
            break;
          case "sleep":
            await sleep(name, op.ms);
            break;
          case "approve":
            await approve(name, { digest: digestOf(runId, at) });
        }
      }
      judge.tell(`${runId} concludes`);
      return { summary: results.join("; "), findings: [], tables: [] };
    },
  }) as unknown as ChangeRunbook;
}
