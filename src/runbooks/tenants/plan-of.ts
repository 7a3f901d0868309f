import { makePlan, type Plan, type PlanContents } from "../../approvals/plan.ts";
import { flatten } from "./markdown.ts";
import { mergeKey } from "./merge-key.ts";
import { shortSha } from "./sha.ts";
import type { Current } from "./situation.ts";

/** Ids of preconditions by which others find what an open question is about. */
export const headPrecondition = "head";

export interface PlanAbout {
  readonly runbook: string;
  readonly target: string;
  readonly branch: string;
  /** Effects that come before the merge, such as a last snapshot. */
  readonly first: PlanContents["effects"];
  /** What is done once it is merged, to servers. */
  readonly after: PlanContents["effects"];
  /** Why people are asked once more; empty the first time. */
  readonly again: string;
}

/** What people approve: this head of this merge request, with every change of it, and what it relied on. */
export function planOf(current: Current, about: PlanAbout): Plan {
  const { iid, url, head, prepared } = current;
  const { title, risk, files, effects, checks, base, digest, authors } = prepared;
  const again =
    about.again === "" ? [] : [{ id: "plan.again", verdict: "warn" as const, title: askedAgain(about.again) }];
  return makePlan({
    runbook: about.runbook,
    target: about.target,
    title: flatten(title, 200),
    risk,
    effects: [
      ...about.first,
      {
        key: mergeKey(iid, head),
        description: `Merge !${iid} at ${shortSha(head)} into ${about.branch}`,
      },
      ...files.map(({ path, what, diff }) => ({ key: `file/${path}`, description: `${what}: ${path}`, diff })),
      ...about.after,
      ...effects.map((line, index) => ({ key: `outcome/${index + 1}`, description: flatten(line, 500) })),
    ],
    preconditions: [
      { id: headPrecondition, description: `nobody has pushed to !${iid}`, expected: head },
      {
        id: "files",
        description: `${about.branch} has not changed what it touches since ${shortSha(base)}`,
        expected: digest,
      },
    ],
    checks: [
      ...again,
      ...checks.map(({ id, verdict, title: what, detail }) => ({
        id,
        verdict,
        title: flatten(verdict === "ok" || detail === "" ? what : `${what}. ${detail}`, 500),
      })),
    ],
    authors: [...authors],
    url,
  });
}

function askedAgain(why: string): string {
  return flatten(`Asked again: ${why}`, 500);
}
