import type { ChangeRunbook, DurableContext } from "../../../src/runbooks/durable/definition.ts";
import type { KeptRun } from "../../../src/runbooks/durable/store.ts";
import type { Rule } from "./judge.ts";
import type { Mutant } from "./process.ts";

/** The engine with one thing wrong each, and the rule that a story must then report as broken. */
export interface NamedMutant extends Mutant {
  readonly name: string;
  readonly breaks: Rule;
}

const inContext =
  (change: (context: DurableContext<Record<string, unknown>>) => DurableContext<Record<string, unknown>>) =>
  (runbook: ChangeRunbook): ChangeRunbook => ({ ...runbook, run: (context) => runbook.run(change(context)) });

const withoutOwner = ({ record: { owner: _, ...record }, revision }: KeptRun): KeptRun => ({ record, revision });

export const mutants: readonly NamedMutant[] = [
  {
    name: "an effect that does not look whether it was done before",
    breaks: "effect applied twice",
    runbook: inContext((context) => ({
      ...context,
      effect: (name, { apply }, options) => context.effect(name, { find: async () => undefined, apply }, options),
    })),
  },
  {
    name: "an effect that takes itself for done",
    breaks: "effect lost",
    runbook: inContext((context) => ({
      ...context,
      effect: (name, _, options) => context.step(name, async () => "found" as never, options),
    })),
  },
  {
    name: "a store in which the last writer wins",
    breaks: "record rewritten",
    store: (store) => ({
      ...store,
      update: async (kept, record) => await store.update((await store.get(record.id)) ?? kept, record),
    }),
  },
  {
    name: "a driver that takes runs that another process is at work on",
    breaks: "effect applied twice",
    store: (store) => ({ ...store, list: async () => (await store.list()).map(withoutOwner) }),
  },
  {
    name: "a driver that leaves the runs of dead processes alone",
    breaks: "run not ended",
    store: (store) => ({
      ...store,
      list: async () => (await store.list()).filter(({ record }) => record.owner === undefined),
    }),
  },
  {
    name: "a lock that everybody gets",
    breaks: "locks overlap",
    store: (store) => ({ ...store, claim: async (_, id) => id }),
  },
  {
    name: "a decision that is always yes",
    breaks: "decided by strangers",
    deps: (deps) => ({
      ...deps,
      decisionContext: (record) => {
        const context = deps.decisionContext(record);
        const everyone = { known: true as const, people: new Set(["ann", "ben", "cat", "dan", "eve", "fay"]) };
        const policy = context.policy && { ...context.policy, quorum: 0, fromEachGroup: false };
        return { ...context, policy, memberships: new Map([["ops", everyone]]) };
      },
    }),
  },
  {
    name: "a plan that nobody needs to approve",
    breaks: "effect not approved",
    runbook: inContext((context) => ({
      ...context,
      approve: async (name, plan) => {
        await context.step(name, async () => "approved");
        return { plan, outcome: { state: "approved", at: context.runId, by: [], reason: "" } };
      },
    })),
  },
  {
    name: "a vote that counts after its time",
    breaks: "decided too late",
    deps: (deps) => ({
      ...deps,
      decisionContext: (record) => ({ ...deps.decisionContext(record), now: new Date(record.requestedAt) }),
    }),
  },
  {
    name: "an approval that comes before a rejection",
    breaks: "rejection did not win",
    store: (store) => ({
      ...store,
      update: (kept, record) =>
        store.update(kept, {
          ...record,
          checkpoints: record.checkpoints.map((one) =>
            one.kind === "approval" && one.outcome?.state === "rejected"
              ? { ...one, outcome: { ...one.outcome, state: "approved" } }
              : one,
          ),
        }),
    }),
  },
  {
    name: "a run that is acknowledged before it is kept",
    breaks: "accepted run lost",
    driver: (driver) => ({
      ...driver,
      submit: async (wanted) => {
        driver.submit(wanted).catch(() => undefined);
        return { ...wanted, version: 1, requestedAt: "", state: "queued", checkpoints: [], conclusion: null };
      },
    }),
  },
  {
    name: "a refused run that is kept all the same",
    breaks: "refused run left something",
    store: (store) => ({ ...store, remove: async () => {} }),
  },
  {
    name: "a step that is done again in every pass",
    breaks: "result changed",
    runbook: inContext((context) => ({
      ...context,
      step: async (name, fn, options) => {
        await context.step(name, fn, options);
        return await fn({ signal: new AbortController().signal, now: () => new Date(), interrupted: false });
      },
    })),
  },
  {
    name: "a vote that is thanked for and forgotten",
    breaks: "vote lost",
    driver: (driver, store) => ({
      ...driver,
      vote: async (id) => {
        const kept = await store.get(id);
        if (kept === undefined) throw new Error("no such run");
        return kept.record;
      },
    }),
  },
  {
    name: "a cancel that is only looked at between passes",
    breaks: "effect after a cancel",
    store: (store) => ({
      ...store,
      update: async (kept, record) => {
        const written = await store.update(kept, record);
        const { cancel: _, ...rest } = written.record;
        return written.record.owner === undefined ? written : { ...written, record: rest };
      },
      get: async (id) => {
        const kept = await store.get(id);
        if (kept?.record.owner === undefined) return kept;
        const { cancel: _, ...record } = kept.record;
        return { ...kept, record };
      },
    }),
  },
];
