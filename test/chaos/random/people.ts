import type { Ballot, DecisionContext } from "../../../src/approvals/decide.ts";
import type { ApprovalPolicy } from "../../../src/approvals/policy.ts";
import type { ApprovalOutcome, RunRecord, Vote } from "../../../src/runbooks/durable/record.ts";
import type { Dice } from "./dice.ts";
import type { Judge } from "./judge.ts";

/** `ann`, `ben` and `cat` are in ops, `dan` in security, `eve` may go ahead alone, `fay` is nobody in particular. */
export const everybody = ["ann", "ben", "cat", "dan", "eve", "fay"] as const;
/** Who asks for runs; `ann` could approve other people's. */
export const requesters = ["ann", "fay"] as const;

export interface People {
  readonly policy: ApprovalPolicy;
  /** One who was in a group is not any more. */
  leave(person: string): void;
  /** The context of a decision as a process with this clock sees it; remembered, to judge by it what the process makes of it. */
  contextFor(process: string, now: Date): DecisionContext;
  /** Looks at what a process has just written about an approval. */
  check(process: string, before: RunRecord | undefined, after: RunRecord): void;
}

export function createPeople(dice: Dice, judge: Judge): People {
  const both = dice.chance(0.3);
  const policy: ApprovalPolicy = {
    groups: both ? ["ops", "security"] : ["ops"],
    quorum: dice.between(1, 2),
    fromEachGroup: both,
    expiresAfterMinutes: 60,
    remindAfterMinutes: [],
    breakGlass: ["chiefs"],
  };
  const groups = {
    ops: new Set<string>(["ann", "ben", "cat"]),
    security: new Set<string>(["dan"]),
    chiefs: new Set<string>(["eve"]),
  };
  const seen = new Map<string, ReadonlySet<string>[]>();
  const keyOf = (process: string, at: string) => `${process} ${at}`;

  /** Whether one of the moments at which the process looked entitles all of these to decide. */
  const wereEntitled = (process: string, at: string, by: readonly string[]) =>
    (seen.get(keyOf(process, at)) ?? []).some((members) => by.every((person) => members.has(person)));

  const checkVote = (process: string, { id, requester }: RunRecord, { person, choice, at, reason }: Vote) => {
    const isAllowed =
      choice === "break-glass"
        ? person === "eve" && reason !== "" && seen.has(keyOf(process, at))
        : person !== requester.id && wereEntitled(process, at, [person]);
    if (!isAllowed) judge.broke("decided by strangers", `${person} says ${choice} about ${id}`);
  };

  const checkOutcome = (
    process: string,
    record: RunRecord,
    { state, by, at }: ApprovalOutcome,
    votes: readonly Vote[],
    expiresAt: string,
  ) => {
    const { id, requester } = record;
    if (state === "approved" || state === "rejected") {
      if (Date.parse(at) >= Date.parse(expiresAt)) judge.broke("decided too late", `${id} ${state} at ${at}`);
      if (!seen.has(keyOf(process, at))) judge.broke("decided too late", `${id} ${state} at a time that nobody had`);
    }
    if (state !== "rejected" && votes.some(({ choice }) => choice === "reject")) {
      judge.broke("rejection did not win", `${id} is ${state}`);
    }
    if (state !== "approved" || votes.some(({ choice }) => choice === "break-glass")) return;
    const counted = new Set(by);
    const isEnough =
      counted.size >= policy.quorum &&
      !counted.has(requester.id) &&
      wereEntitled(process, at, by) &&
      by.every((person) => votes.some((vote) => vote.person === person && vote.choice === "approve")) &&
      (!both || (counted.has("dan") && counted.size > 1));
    if (!isEnough) judge.broke("decided by strangers", `${id} was approved by ${by.join(", ") || "nobody"}`);
  };

  return {
    policy,
    leave: (person) => {
      judge.tell(`${person} leaves every group`);
      for (const members of Object.values(groups)) members.delete(person);
    },
    contextFor: (process, now) => {
      const members = new Set(policy.groups.flatMap((name) => [...groups[name as keyof typeof groups]]));
      const key = keyOf(process, now.toISOString());
      seen.set(key, [...(seen.get(key) ?? []), members]);
      const memberships = Object.entries(groups).map(
        ([name, people]) => [name, { known: true as const, people: new Set(people) }] as const,
      );
      return { now, policy, memberships: new Map(memberships), delegations: [] };
    },
    check: (process, before, after) => {
      for (const [at, is] of after.checkpoints.entries()) {
        const was = before?.checkpoints[at];
        if (is.kind !== "approval") continue;
        const known = was?.kind === "approval" ? was : undefined;
        for (const vote of is.votes.slice(known?.votes.length ?? 0)) checkVote(process, after, vote);
        if (is.outcome !== undefined && known?.outcome === undefined) {
          checkOutcome(process, after, is.outcome, is.votes, is.expiresAt);
        }
      }
    },
  };
}

/** What somebody might say about a run as they see it: mostly sensible, sometimes not. */
export function randomBallot(dice: Dice, record: RunRecord): Ballot {
  const asked = record.checkpoints.findLast((one) => one.kind === "approval");
  const digest = asked?.kind === "approval" && !dice.chance(0.1) ? asked.digest : "a plan of yesterday";
  const choice = dice.pick(["approve", "approve", "approve", "approve", "reject", "break-glass"] as const);
  return { person: dice.pick(everybody), choice, digest, reason: dice.chance(0.9) ? "because" : " " };
}
