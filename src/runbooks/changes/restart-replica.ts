import { z } from "zod";
import { BotError } from "../../errors.ts";
import { defineRunbook } from "../define.ts";
import { finding } from "../instance/findings.ts";
import { instanceParameter } from "../instance/target.ts";
import { approvePlan } from "./approve-plan.ts";
import { eviction } from "./evict.ts";
import { type ChangeDeps, lockOf, lookAtMembers, type Members, replicaNamed, targetOf } from "./members.ts";
import { waitFor } from "./wait-for.ts";

/** Evicts a replica's pod, when the others can do without it, and waits until the new one is in sync. */
export const restartReplica = (deps: ChangeDeps) =>
  defineRunbook({
    effect: "change",
    id: "restart-replica",
    title: "Restart a replica",
    description: "Evicts a replica's pod and waits until the new one is in sync; never the primary's",
    params: z.strictObject({
      pod: z
        .string()
        .regex(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/, "must be a pod's name")
        .describe("The replica's pod"),
      instance: instanceParameter,
    }),
    positional: ["pod", "instance"],
    lock: ({ instance }) => lockOf(deps.config, instance),
    async run(context) {
      const look = (signal: AbortSignal) => lookAtMembers(context.params.instance, deps, signal);
      const { instance, primary, replicas, replica } = await context.step("look", async ({ signal }) => {
        const members = await look(signal);
        const found = replicaNamed(members, context.params.pod);
        const missing = othersNotInSync(members, found.pod);
        if (missing.length > 0) {
          throw new BotError(
            "change.refused",
            `Without ${found.pod} the primary would have no replica in sync that it should have: ${missing.join(", ")}`,
            "Bring that one back first",
          );
        }
        return { ...members, replica: found };
      });
      await approvePlan(
        context,
        {
          runbook: "restart-replica",
          target: targetOf(instance),
          title: `Restart ${replica.pod}`,
          risk: "low",
          effects: [
            {
              key: `pod/${replica.uid}/evict`,
              description: `Evict pod ${replica.pod}; it comes back with its volume`,
            },
          ],
          preconditions: [
            { id: "primary", description: `${primary.pod} is the primary`, expected: primary.uid },
            { id: "replica", description: `${replica.pod} is a replica`, expected: replica.uid },
            { id: "others", description: "every other replica is in sync", expected: [] },
          ],
        },
        async ({ signal }) => {
          const now = await look(signal);
          return {
            primary: now.primary.uid,
            replica: replicaNamed(now, replica.pod).uid,
            others: [...othersNotInSync(now, replica.pod)],
          };
        },
      );
      await context.effect("evict the pod", eviction(deps, instance, replica));
      await context.step(
        "wait until the new pod is in sync",
        ({ signal }) =>
          waitFor(signal, async () => {
            // While the pod is on its way the picture is not whole.
            const now = await look(signal).catch(() => undefined);
            const fresh = now?.replicas.find(({ pod }) => pod === replica.pod);
            return fresh !== undefined && fresh.uid !== replica.uid && fresh.ready && fresh.link?.inSync
              ? true
              : undefined;
          }),
        { timeoutMs: 600_000 },
      );
      const title = `${replica.pod} is new and in sync; ${replicas.length} replicas`;
      return {
        summary: title,
        findings: [finding({ id: "replica.restarted", section: "Pods", verdict: "ok", title })],
        tables: [],
      };
    },
  });

/** Replicas besides this one that do not follow the primary, or are not through with their sync. */
function othersNotInSync({ primary, replicas }: Members, pod: string): readonly string[] {
  return replicas
    .filter((one) => one.pod !== pod && !(one.ready && one.link?.inSync && one.link.host === primary.ip))
    .map((one) => one.pod);
}
