import { z } from "zod";
import { BotError } from "../../errors.ts";
import { defineRunbook } from "../define.ts";
import { finding } from "../instance/findings.ts";
import { instanceParameter } from "../instance/target.ts";
import { approvePlan } from "./approve-plan.ts";
import { elected, follows } from "./election.ts";
import { eviction } from "./evict.ts";
import { type ChangeDeps, lockOf, lookAtMembers, type Members, replicaNamed, targetOf } from "./members.ts";
import { waitFor } from "./wait-for.ts";

/**
 * A planned switch of the primary, by the operator's own way: the primary's pod is evicted, and the operator makes a replica the
 * primary. The bot promotes nobody itself: a promotion behind the operator's back makes it see two primaries, and elect again.
 */
export const failover = (deps: ChangeDeps) =>
  defineRunbook({
    effect: "change",
    id: "failover",
    title: "Fail over to a replica",
    description:
      "Evicts the primary's pod when every replica is in sync, so that the operator makes this replica the primary",
    params: z.strictObject({
      to: z
        .string()
        .regex(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/, "must be a pod's name")
        .describe("The replica's pod that is to become the primary"),
      instance: instanceParameter,
    }),
    positional: ["to", "instance"],
    lock: ({ instance }) => lockOf(deps.config, instance),
    async run(context) {
      const look = (signal: AbortSignal) => lookAtMembers(context.params.instance, deps, signal);
      const { instance, primary, replicas } = await context.step("look", async ({ signal }) => {
        const members = await look(signal);
        refuseUnlessReady(members, context.params.to);
        return members;
      });
      const { to } = context.params;
      const lag = Math.max(0, ...replicas.map(({ pod, behind }) => (pod === to ? (behind ?? 0) : 0)));
      await approvePlan(
        context,
        {
          runbook: "failover",
          target: targetOf(instance),
          title: `Fail over from ${primary.pod} to ${to}`,
          risk: "high",
          effects: [
            {
              key: `pod/${primary.uid}/evict`,
              description: `Evict ${primary.pod}, the primary; the operator then makes ${to} the primary. Clients are cut off and refused for some seconds, and a write that ${to} has not got by then is lost (it is ${lag} records behind now)`,
            },
          ],
          preconditions: [
            { id: "primary", description: `${primary.pod} is the primary`, expected: primary.uid },
            { id: "ready", description: `every replica is in sync, and the operator would choose ${to}`, expected: [] },
            {
              id: "members",
              description: "the pods are the same ones",
              expected: replicas.map(({ uid }) => uid).toSorted(),
            },
          ],
        },
        async ({ signal }) => {
          const now = await look(signal);
          return {
            primary: now.primary.uid,
            ready: [...obstacles(now, to)],
            members: now.replicas.map(({ uid }) => uid).toSorted(),
          };
        },
      );
      await context.effect("evict the primary's pod", eviction(deps, instance, primary));
      const after = await context.step(
        "wait until there is a new primary that everybody follows",
        ({ signal }) =>
          waitFor(signal, async () => {
            // While pods are on their way the picture is not whole.
            const now = await look(signal).catch(() => undefined);
            if (now === undefined || now.primary.uid === primary.uid) return undefined;
            const whole =
              now.replicas.length === replicas.length && now.replicas.every((one) => follows(one, now.primary));
            return whole ? { primary: now.primary.pod } : undefined;
          }),
        { timeoutMs: 600_000 },
      );
      const asPlanned = after.primary === to;
      const title = asPlanned
        ? `${to} is the primary; ${replicas.length} replicas follow it`
        : `The operator made ${after.primary} the primary, not ${to}; ${replicas.length} replicas follow it`;
      return {
        summary: title,
        findings: [finding({ id: "failover.primary", section: "Roles", verdict: asPlanned ? "ok" : "warn", title })],
        tables: [],
      };
    },
  });

function refuseUnlessReady(members: Members, to: string): void {
  replicaNamed(members, to);
  const [first, ...more] = obstacles(members, to);
  if (first === undefined) return;
  throw new BotError(
    "change.refused",
    `A switch to ${to} is not safe now: ${[first, ...more].join("; ")}`,
    "Mend that first, or name the replica that the operator would choose",
  );
}

/** What speaks against a switch to this replica, in words that stay the same while nothing changes. */
function obstacles({ primary, replicas }: Members, to: string): readonly string[] {
  const lost = replicas.filter((one) => !follows(one, primary)).map(({ pod }) => `${pod} is not in sync`);
  const chosen = elected(replicas);
  return chosen === undefined || chosen.pod === to ? lost : [...lost, `the operator would choose ${chosen.pod}`];
}
