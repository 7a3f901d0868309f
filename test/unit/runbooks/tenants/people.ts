import { type Plan, planSchema } from "../../../../src/approvals/plan.ts";
import type { TestKitOptions } from "../../../../src/runbooks/test-kit.ts";
import { config, trial, type World } from "./world.ts";

/** What people ask for, and what they do while they are asked. */

export const payments = {
  name: "payments",
  namespace: "payments-prod",
  owner: "C0PAYMENTS",
  purpose: "jobs of the payment service",
  memory: "512Mi",
};
export const access = { namespace: "payments-prod" };
export const policy = `${config.tenants.sharedDirectory}/networkpolicy.yaml`;
export const { botConfig } = config.tenants;
export const approved = { state: "approved" as const, by: ["U0GRACE"] };

/** What people do between being asked and saying yes; only the first time. */
export function meanwhile(act: (world: World, plan: Plan) => void): {
  readonly options: Partial<TestKitOptions>;
  readonly of: { world: World | undefined };
} {
  const of: { world: World | undefined } = { world: undefined };
  let done = false;
  const decide: TestKitOptions["decide"] = ({ plan }) => {
    if (!done && of.world !== undefined) act(of.world, planSchema.parse(plan));
    done = true;
    return approved;
  };
  return { of, options: { decide } };
}

/** Runs a change to its end, with what people do meanwhile. */
export function run(id: string, params: Record<string, unknown>, act: (world: World, plan: Plan) => void) {
  const { of, options } = meanwhile(act);
  const made = trial(id, options);
  of.world = made.world;
  return made.kit.run(params).then((ended) => ({ ...ended, world: made.world }));
}

/** The only thing that counts in the end: what is on main is what somebody approved. */
export function mergedIsApproved(world: World): boolean {
  const [one] = world.git.mergeRequests;
  const last = world.git.did.findLast((name) => name.startsWith("merge "));
  return one?.state === "merged" && last === `merge !1 ${one.frozen?.head}`;
}
