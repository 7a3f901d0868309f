import { z } from "zod";
import { BotError } from "../../errors.ts";
import { defineRunbook } from "../define.ts";
import { finding } from "../instance/findings.ts";
import { instanceParameter } from "../instance/target.ts";
import { approvePlan } from "./approve-plan.ts";
import { addressOf, type ChangeDeps, lockOf, lookAtMembers, replicaNamed, targetOf } from "./members.ts";
import { waitFor } from "./wait-for.ts";

const podName = z
  .string()
  .regex(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/, "must be a pod's name")
  .describe("The replica's pod");

/**
 * Attaches a replica that was left behind: a primary that restarted at the same address is not noticed by the operator, and
 * nobody tells its replicas (facts: stuck replica gap).
 */
export const reattachReplica = (deps: ChangeDeps) =>
  defineRunbook({
    effect: "change",
    id: "reattach-replica",
    title: "Attach a replica again",
    description: "Tells a replica that has lost its primary to follow it again, with a full sync",
    params: z.strictObject({ pod: podName, instance: instanceParameter }),
    positional: ["pod", "instance"],
    lock: ({ instance }) => lockOf(deps.config, instance),
    async run(context) {
      const look = (signal: AbortSignal) => lookAtMembers(context.params.instance, deps, signal);
      const { instance, primary, replica } = await context.step("look", async ({ signal }) => {
        const members = await look(signal);
        const found = replicaNamed(members, context.params.pod);
        if (found.link?.inSync && found.link.host === members.primary.ip) {
          throw new BotError(
            "change.needless",
            `${found.pod} follows ${members.primary.pod} and is in sync`,
            "There is nothing to do",
          );
        }
        return { ...members, replica: found };
      });
      await approvePlan(
        context,
        {
          runbook: "reattach-replica",
          target: targetOf(instance),
          title: `Attach ${replica.pod} to ${primary.pod}`,
          // What the replica has and the primary has not is thrown away by the full sync.
          risk: "medium",
          effects: [
            {
              key: `follow/${replica.uid}/${primary.uid}`,
              description: `SLAVEOF ${primary.ip} 9999 on ${replica.pod}: its data is replaced by that of ${primary.pod}`,
            },
          ],
          preconditions: [
            { id: "primary", description: `${primary.pod} is the primary`, expected: primary.uid },
            { id: "replica", description: `${replica.pod} is a replica`, expected: replica.uid },
          ],
        },
        async ({ signal }) => {
          const now = await look(signal);
          return { primary: now.primary.uid, replica: replicaNamed(now, replica.pod).uid };
        },
      );
      const inSync = async (signal: AbortSignal) => {
        const { link } = replicaNamed(await look(signal), replica.pod);
        return link?.host === primary.ip && link.inSync;
      };
      await context.effect("attach", {
        find: async ({ signal }) => ((await inSync(signal)) ? "already" : undefined),
        apply: async ({ signal }) => {
          await deps.changes.follow(addressOf(instance, replica), primary.ip, signal);
          return "asked";
        },
      });
      await context.step(
        "wait until it is in sync",
        ({ signal }) => waitFor(signal, async () => ((await inSync(signal)) ? true : undefined)),
        {
          timeoutMs: 600_000,
        },
      );
      const title = `${replica.pod} follows ${primary.pod} and is in sync`;
      return {
        summary: title,
        findings: [finding({ id: "replica.attached", section: "Replication", verdict: "ok", title })],
        tables: [],
      };
    },
  });
