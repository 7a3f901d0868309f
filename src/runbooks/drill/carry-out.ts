import { setTimeout as sleep } from "node:timers/promises";
import { approvePlan } from "../changes/approve-plan.ts";
import type { ChangeDeps } from "../changes/members.ts";
import type { Conclusion } from "../definition.ts";
import type { DurableContext } from "../durable/definition.ts";
import { contextOf } from "../instance/observe.ts";
import { disruption, disruptionTakesAtMost } from "./disrupt.ts";
import type { Synced } from "./judge.ts";
import { contentsOf, foundNow, refuseUnlessSafe } from "./plan.ts";
import { prepare } from "./prepare.ts";
import { concludeDrill } from "./report.ts";
import { syncState } from "./synced.ts";
import { watchAlerts } from "./watch-alerts.ts";

/** A drill from the plan to the report. Everything it measures is in the run's record, step by step. */
export async function carryOutDrill(
  context: DurableContext<{ readonly instance?: string | undefined }>,
  deps: ChangeDeps,
): Promise<Conclusion> {
  const { config } = deps;
  const { drill } = config;
  const given = context.params.instance;
  const prepared = await context.step("look", async ({ signal, now }) => {
    const seen = await prepare(given, deps, signal, now);
    refuseUnlessSafe(seen);
    return seen;
  });
  const { instance, primary, replicas } = prepared.members;
  await approvePlan(context, contentsOf(prepared, drill), async ({ signal, now }) =>
    foundNow(await prepare(given, deps, signal, now)),
  );
  const { before } = await context.step("note when it begins", async ({ now }) => ({ before: now().toISOString() }));
  context.progress(`A canary writes and reads; ${primary.pod} is evicted in a moment`);
  const disrupted = await context.effect(
    "evict the primary's pod, and measure",
    disruption(deps, prepared.members, before),
    { timeoutMs: disruptionTakesAtMost(drill) },
  );
  context.progress("Waits until every replica follows the new primary");
  const synced = await context.step(
    "wait until everybody follows the new primary",
    async ({ signal, now }): Promise<Synced> => {
      const deadline = Date.parse(disrupted.at) + drill.syncedWithinMs;
      for (;;) {
        const seen = await syncState(deps, given, primary, replicas.length, signal);
        const at = now().toISOString();
        if (seen.missing === "" || now().getTime() >= deadline) return { at, ...seen };
        await sleep(lookEveryMs, undefined, { signal });
      }
    },
    { timeoutMs: drill.syncedWithinMs + spareMs },
  );
  const alerts = await watchAlerts(context, deps, instance, disrupted.measurement === null ? before : disrupted.at);
  const subject = {
    runId: context.runId,
    instance,
    primary: primary.pod,
    context: contextOf(config, instance.cluster),
  };
  return concludeDrill(subject, { disruption: disrupted, before, synced, alerts }, drill);
}

const lookEveryMs = 500;
const spareMs = 60_000;
