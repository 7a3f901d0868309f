import type { z } from "zod";
import type { Config } from "../../config/file.ts";
import { read } from "../../platform/reading.ts";
import type { Draft } from "../../tenants/draft.ts";
import { defineRunbook } from "../define.ts";
import type { Runbook } from "../definition.ts";
import type { ChangeRunbook, DurableContext } from "../durable/definition.ts";
import { fromReading } from "../instance/findings.ts";
import type { PlanDeps, TenantDeps } from "./deps.ts";
import type { First } from "./merge-flow.ts";
import type { Proposal } from "./plan-change.ts";

/**
 * A change of the Git project that the bot drafts: what differs from one to the next. What it works with is loaded when it is asked for:
 * the rules about tenants are a fifth of the time that the service would take to start.
 */
export interface ChangeDeclaration<Schema extends z.ZodObject> {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly params: Schema;
  readonly positional: readonly string[];
  /** In the name of its branch. */
  subject(params: z.infer<Schema>): string;
  /** What policies know it by. */
  target(params: z.infer<Schema>, config: Config): string;
  /** What it alone may change at a time; as `target` when left out. */
  lock?(params: z.infer<Schema>, config: Config): string;
  propose(deps: PlanDeps, params: z.infer<Schema>, signal: AbortSignal): Promise<Proposal>;
  draftOn(deps: PlanDeps, params: z.infer<Schema>, sha: string, signal: AbortSignal): Promise<Draft>;
  /** What is done after the approval and before the merge. */
  first?(deps: TenantDeps, context: DurableContext<z.infer<Schema>>): Promise<First>;
}

/** The runbook that makes the change, by a merge request that people approve. */
export function changeRunbookOf<Schema extends z.ZodObject>(
  declared: ChangeDeclaration<Schema>,
  deps: TenantDeps,
): ChangeRunbook<Schema> {
  const { id, title, description, params, positional } = declared;
  return defineRunbook<Schema>({
    ...{ id, title, description, params, positional, effect: "change" },
    lock: (given) => (declared.lock ?? declared.target)(given, deps.config),
    async run(context) {
      const { params: given, runId, requester } = context;
      const { carryThrough } = await import("./merge-flow.ts");
      const about = { runId, runbook: id, requester: requester.id };
      const first = await declared.first?.(deps, context);
      const change = {
        kind: "own" as const,
        runbook: id,
        subject: declared.subject(given),
        target: declared.target(given, deps.config),
        propose: (signal: AbortSignal) => declared.propose(deps, given, signal),
        draftOn: (sha: string, signal: AbortSignal) => declared.draftOn(deps, given, sha, signal),
      };
      return await carryThrough(context, deps, change, about, first);
    },
  });
}

/** The read runbook that shows the plan of a change before anything is written: its preview in Slack, and `--dry-run` of the CLI. */
export function previewOf<Schema extends z.ZodObject>(declared: ChangeDeclaration<Schema>): Runbook<Schema> {
  const { id, title, params, positional, description } = declared;
  return defineRunbook<Schema>({
    ...{ id: `plan-${id}`, title: `Plan: ${title}`, description, params, positional, effect: "read", listed: false },
    async run({ params: given, config, platform, signal }) {
      const plan = await read({ command: "git diff", timeoutMs: planWithinMs, signal }, async (inner) => ({
        proposal: await declared.propose({ config, platform }, given, inner),
      }));
      const { proposalConclusion } = await import("./proposal-report.ts");
      if (plan.ok) return proposalConclusion(plan.value.proposal, plan.at);
      const findings = fromReading({ id: "plan", section: "Plan", what: `The plan of ${id}` }, plan, () => []);
      return { summary: `There is no plan: ${plan.reason}`, findings, tables: [] };
    },
  });
}

const planWithinMs = 60_000;
