import { z } from "zod";
import { defineRunbook } from "../define.ts";
import { evidence, finding } from "../instance/findings.ts";
import { instanceParameter } from "../instance/target.ts";
import { approvePlan } from "./approve-plan.ts";
import { type ChangeDeps, lockOf, lookAtMembers, targetOf } from "./members.ts";
import { saveData } from "./save-data.ts";

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
      const outcome = await saveData(context, deps, { instance, primary });
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
