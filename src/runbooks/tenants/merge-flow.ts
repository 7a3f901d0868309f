import type { Plan } from "../../approvals/plan.ts";
import type { Config } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import { read } from "../../platform/reading.ts";
import type { Finding } from "../../reports/model.ts";
import { sharedFilesOf } from "../../tenants/places.ts";
import { targetOf } from "../changes/members.ts";
import type { Conclusion } from "../definition.ts";
import type { DurableContext } from "../durable/definition.ts";
import type { ApprovalOutcome } from "../durable/record.ts";
import type { FileChange } from "./change-of-files.ts";
import { concludeClosed, concludeMerged } from "./conclude.ts";
import { type TenantDeps, threadOf } from "./deps.ts";
import type { About, Approved } from "./describe.ts";
import { mergeApproved } from "./merge.ts";
import { draftAndOpen } from "./open-merge-request.ts";
import { type PlanAbout, planOf } from "./plan-of.ts";
import { readMergeRequest } from "./read-merge-request.ts";
import { shortSha } from "./sha.ts";
import { type Current, lookAt, type Situation } from "./situation.ts";

/** What a runbook does between the approval and the merge, such as a last snapshot; once, however often people are asked. */
export interface First {
  readonly effects: PlanAbout["first"];
  run(): Promise<readonly Finding[]>;
}

/** Each asks people once more; when it does not end, somebody should look why. */
const mostRounds = 8;
const sayWithinMs = 15_000;
/** Diffs of all rounds together, in characters: a run's record holds each twice. */
const longestRounds = 300_000;

/**
 * The way of every change of the Git project: draft, merge request, approval, another look, merge, follow. Whenever what people were
 * asked about is no longer what there is, it goes round once more with what there is now, in the same merge request. So what is merged
 * is exactly what was approved, or nothing.
 *
 * @throws BotError of the step that failed; `merge-request.too-often`
 */
export async function carryThrough(
  context: DurableContext<unknown>,
  deps: TenantDeps,
  change: FileChange,
  about: About,
  first?: First,
): Promise<Conclusion> {
  const own = new Set<string>();
  const findings: Finding[] = [];
  let drafting = change.kind === "own";
  let iid = change.kind === "theirs" ? change.iid : 0;
  let again = "";
  let size = 0;
  let firstDone = first === undefined;
  for (let round = 1; round <= mostRounds && size <= longestRounds; round++) {
    const named = (step: string) => (round === 1 ? step : `${step} (${round})`);
    let current: Current;
    if (drafting && change.kind === "own") {
      current = await draftAndOpen(context, deps, change, about, named);
      own.add(current.head);
    } else {
      const wanted = iid;
      const read = await context.step(
        named("read the merge request"),
        ({ signal }) => readMergeRequest(deps, wanted, own, signal),
        { timeoutMs: 60_000 },
      );
      if (read.kind === "closed") return concludeClosed(wanted, read);
      if (read.kind === "merged") return await concludeMerged(context, deps, { iid, about, findings }, read);
      current = read;
    }
    const asked = current;
    iid = asked.iid;
    size += asked.prepared.files.reduce((sum, { diff }) => sum + diff.length, 0);
    if (again !== "") await sayAgain(context, deps, again, `${about.runId}/again-${round}`);
    const { runbook, target } = change;
    const { branch } = deps.config.tenants;
    const plan = planOf(asked, {
      runbook,
      target,
      again,
      branch,
      first: first?.effects ?? [],
      after: afterMerge(asked, deps.config),
    });
    const answer = await ask(context, named("approval"), plan);
    let now: Situation = await context.step(
      named("look at the merge request"),
      ({ signal }) => lookAt(deps, change, asked, asked.prepared.base, signal),
      { retries: 3, backoffMs: 2_000 },
    );
    let approved: Approved | undefined;
    if (answer.outcome !== undefined && now.kind === "same") {
      const { by, reason } = answer.outcome;
      approved = { digest: answer.digest, head: asked.head, by, reason };
      if (first !== undefined && !firstDone) findings.push(...(await first.run()));
      firstDone = true;
      now = await mergeApproved(context, deps, { change, current: asked, about, approved, holdsOn: now.holdsOn });
    }
    switch (now.kind) {
      case "closed":
        return concludeClosed(iid, now);
      case "merged":
        return await concludeMerged(context, deps, { iid, about, findings, current: asked, approved }, now);
      case "pushed":
        drafting = false;
        again = `somebody pushed ${shortSha(now.head)} to !${iid}`;
        break;
      case "moved":
        // What somebody pushed cannot be drafted again: it is read again, and refused until they have rebased it.
        drafting = asked.drafted;
        again = now.why;
        break;
      case "same":
        again = answer.voided;
    }
  }
  throw new BotError(
    "merge-request.too-often",
    `Merge request !${iid} kept changing while it was being decided about`,
    "Agree who changes it, then ask again",
  );
}

/** Rules of users on the shared instance are in force only when its servers have read them anew. */
function afterMerge({ prepared }: Current, config: Config): PlanAbout["after"] {
  const { shared } = config;
  const { acl } = sharedFilesOf(config);
  const changed = prepared.files.some(({ path, diff }) => path === acl && /^[+-] *USER /m.test(diff));
  if (!changed) return [];
  const target = targetOf(shared);
  const description = `ACL LOAD on each pod of ${target}, the one that serves last: the access list is loaded anew. Its users are disconnected for a moment, and passwords that were changed in the secret store count from then on`;
  return [{ key: `access-list/${target}/load`, description }];
}

/**
 * What people say to a plan; `voided`, with why, when it is no longer what there is. The digest is that of the plan that they saw: another
 * version of the bot, which goes on with the run, may word it differently.
 */
async function ask(
  context: DurableContext<unknown>,
  name: string,
  plan: Plan,
): Promise<{ readonly outcome: ApprovalOutcome | undefined; readonly digest: string; readonly voided: string }> {
  try {
    const { outcome, plan: seen } = await context.approve(name, plan);
    return { outcome, digest: seen.digest, voided: "" };
  } catch (error) {
    if (!(error instanceof BotError && error.code === "approval.voided")) throw error;
    return { outcome: undefined, digest: plan.digest, voided: error.message };
  }
}

/** Below the card, where those who have decided already will see it. A message that cannot be sent is no reason to stop. */
async function sayAgain(context: DurableContext<unknown>, deps: TenantDeps, why: string, key: string): Promise<void> {
  const text = `What was asked about has changed: ${why}. What was said about it does not count any more; the card has the new plan.`;
  await context.effect("say that it is asked about again", {
    find: async () => undefined,
    apply: async ({ signal }) => {
      const note = { key, to: threadOf(context.runId), text };
      const said = await read({ command: "Slack", timeoutMs: sayWithinMs, signal }, (inner) => deps.tell(note, inner));
      return said.ok ? "said" : `not said: ${said.reason}`;
    },
  });
}
