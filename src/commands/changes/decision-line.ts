import type { Missing } from "../../approvals/decide.ts";
import { shortDigest } from "../../approvals/plan.ts";
import type { ApprovalPolicy } from "../../approvals/policy.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import type { ApprovalCheckpoint, RunRecord } from "../../runbooks/durable/record.ts";
import { mention, slackTime } from "./words.ts";

/** A line holds 2,000 characters. */
const mostVotes = 8;

/** What people said about a plan, what is still missing, and until when. */
export function decisionLine(
  { votes, outcome, expiresAt }: ApprovalCheckpoint,
  policy: ApprovalPolicy | undefined,
  missing: Missing | undefined,
): string {
  const said = votes.slice(-mostVotes).map(({ person: who, choice, reason }) => {
    const why = escapedUpTo(reason, votes.length > 3 ? 120 : 300);
    return `${choice === "reject" ? "✖" : "✔"} ${mention(who)}${why === "" ? "" : ` “${why}”`}`;
  });
  if (outcome !== undefined) return [outcome.state, ...said, ...reasonOf(outcome)].join(" · ");
  const needed =
    policy === undefined
      ? "nobody may approve this: dfbot.yaml has no policy for it"
      : `${policy.quorum} of ${policy.groups.join(", ")}${policy.fromEachGroup ? ", one from each" : ""}`;
  const still = missing === undefined || votes.length === 0 ? [] : [stillMissing(missing)];
  return [`needs ${needed}`, ...said, ...still, `until ${slackTime(expiresAt, "{time}")}`].join(" · ");
}

/** The questions before the newest one that ended without a decision, with why. */
export function voidedLines({ checkpoints }: RunRecord, newest: ApprovalCheckpoint | undefined): readonly string[] {
  return checkpoints.flatMap((one) => {
    if (one.kind !== "approval" || one === newest || one.outcome?.state !== "voided") return [];
    const { at, reason } = one.outcome;
    const lost =
      one.votes.length === 0
        ? ""
        : `, nor does what ${one.votes
            .slice(-mostVotes)
            .map(({ person }) => mention(person))
            .join(", ")} said`;
    return [
      `:leftwards_arrow_with_hook: plan ${shortDigest(one.digest)} does not count any more${lost} (${slackTime(at, "{time}")}): ${escapedUpTo(reason, 300)}`,
    ];
  });
}

function reasonOf({ state, reason }: NonNullable<ApprovalCheckpoint["outcome"]>): readonly string[] {
  if (reason.startsWith("break-glass")) return [`:rotating_light: ${escapedUpTo(reason, 300)}`];
  return state === "voided" ? [escapedUpTo(reason, 300)] : [];
}

function stillMissing({ people, groups }: Missing): string {
  const from = groups.length === 0 ? "" : ` (one from ${groups.join(", ")})`;
  return `*${people === 0 ? "still missing" : `${people} more`}${from}*`;
}
