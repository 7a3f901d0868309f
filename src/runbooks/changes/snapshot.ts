import { z } from "zod";
import { BotError } from "../../errors.ts";
import { defineRunbook } from "../define.ts";
import { evidence, finding } from "../instance/findings.ts";
import { instanceParameter } from "../instance/target.ts";
import { approvePlan } from "./approve-plan.ts";
import { addressOf, type ChangeDeps, lockOf, lookAtMembers, targetOf } from "./members.ts";
import { waitFor } from "./wait-for.ts";

/** A server that neither saves nor has saved after so many looks, half a second apart, has failed to. */
const silentLooks = 20;

/** Saves the primary's data now, and tells whether it really was saved: the server's OK says nothing about that. */
export const snapshot = (deps: ChangeDeps) =>
  defineRunbook({
    effect: "change",
    id: "snapshot",
    title: "Save a snapshot",
    description: "Saves the primary's data to its volume now, and checks that it really was saved",
    params: z.strictObject({ instance: instanceParameter }),
    positional: ["instance"],
    lock: ({ instance }) => lockOf(deps.config, instance),
    async run(context) {
      const look = (signal: AbortSignal) => lookAtMembers(context.params.instance, deps, signal);
      const { instance, primary } = await context.step("look", ({ signal }) => look(signal));
      await approvePlan(
        context,
        {
          runbook: "snapshot",
          target: targetOf(instance),
          title: `Save the data of ${primary.pod}`,
          risk: "low",
          effects: [{ key: `snapshot/${primary.uid}`, description: `BGSAVE on ${primary.pod}, the primary` }],
          preconditions: [{ id: "primary", description: `${primary.pod} is the primary`, expected: primary.uid }],
        },
        async ({ signal }) => ({ primary: (await look(signal)).primary.uid }),
      );
      const saved = async (signal: AbortSignal) => {
        const { primary: now } = await look(signal);
        return { ...now, newer: now.savedAt !== null && now.savedAt !== primary.savedAt };
      };
      await context.effect("save", {
        find: async ({ signal }) => {
          const { newer, saving } = await saved(signal);
          return newer || saving ? "already" : undefined;
        },
        apply: async ({ signal }) => {
          await deps.changes.snapshot(addressOf(instance, primary), signal);
          return "asked";
        },
      });
      const outcome = await context.step(
        "wait until it is saved",
        ({ signal }) => {
          let silent = 0;
          return waitFor(signal, async () => {
            const now = await saved(signal);
            if (now.newer && !now.saving) return now;
            const failed = now.saveFailedAt !== null && now.saveFailedAt !== primary.saveFailedAt;
            // Its times are whole seconds: a second failure within one looks like the first.
            silent = now.saving ? 0 : silent + 1;
            if (!failed && silent < silentLooks) return undefined;
            throw new BotError(
              "snapshot.failed",
              `${primary.pod} did not save: ${now.lastError ?? "it does not say why"}`,
              `Look at the volume: kubectl -n ${instance.namespace} exec ${primary.pod} -c dragonfly -- df -h /dragonfly/snapshots`,
            );
          });
        },
        { timeoutMs: 600_000 },
      );
      const command = `kubectl -n ${instance.namespace} exec ${primary.pod} -c dragonfly -- redis-cli -p 9999 INFO persistence`;
      return {
        summary: `${primary.pod} saved its data at ${outcome.savedAt}`,
        findings: [
          finding({
            id: "snapshot.saved",
            section: "Snapshot",
            verdict: "ok",
            title: `Saved at ${outcome.savedAt}`,
            evidence: [
              evidence(
                { ok: true, value: undefined, command, at: outcome.savedAt ?? "", durationMs: 0 },
                `last_success_save ${outcome.savedAt}`,
              ),
            ],
          }),
        ],
        tables: [],
      };
    },
  });
