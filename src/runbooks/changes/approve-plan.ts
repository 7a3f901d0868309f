import { driftOf, type Json, makePlan, type Plan, type PlanContents } from "../../approvals/plan.ts";
import { BotError } from "../../errors.ts";
import type { DurableContext, StepContext } from "../durable/definition.ts";

/**
 * Parks the run until the plan is approved, then looks again whether what it relied on still holds. Returns the plan that was
 * approved, which is what may be carried out.
 *
 * @throws BotError `plan.drifted` with every difference, when something changed meanwhile
 */
export async function approvePlan<Params>(
  context: DurableContext<Params>,
  contents: PlanContents,
  lookAgain: (step: StepContext) => Promise<Readonly<Record<string, Json>>>,
): Promise<Plan> {
  const { plan } = await context.approve("approval", makePlan(contents));
  const drift = await context.step("check the preconditions again", async (step) =>
    driftOf(plan, await lookAgain(step)),
  );
  if (drift.length === 0) return plan;
  throw new BotError(
    "plan.drifted",
    `Nothing was done, because things have changed since the plan was made. ${drift.map(({ sentence }) => sentence).join("; ")}`,
    "Run it again for a new plan",
  );
}
