import { z } from "zod";
import type { ApprovalCheckpoint, ApprovalOutcome, RunRecord, Vote } from "../runbooks/durable/record.ts";
import type { Delegation, Memberships } from "./membership.ts";
import type { ApprovalPolicy } from "./policy.ts";

/** A question put to people about one plan, with what they said. Plain data; time and membership come from outside. */
export interface ApprovalRequest {
  readonly runId: string;
  readonly digest: string;
  /** Canonical id of who asked, the same whether they come from Slack or GitLab. */
  readonly requester: string;
  /** Further people who had a hand in what is asked about. */
  readonly authors: readonly string[];
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly votes: readonly Vote[];
  readonly outcome?: ApprovalOutcome;
}

export interface DecisionContext {
  readonly now: Date;
  /** As it is now, not as it was when the request was made: a policy that got stricter holds at once. */
  readonly policy: ApprovalPolicy | undefined;
  readonly memberships: Memberships;
  readonly delegations: readonly Delegation[];
}

export type Refusal =
  | "closed"
  | "expired"
  | "other-plan"
  | "own-request"
  | "not-entitled"
  | "membership-unknown"
  | "reason-missing";

export interface Decision {
  readonly request: ApprovalRequest;
  /** Undefined: the vote counts, or changes nothing because it was there already. */
  readonly refused?: { readonly code: Refusal; readonly sentence: string };
}

export interface Ballot {
  readonly person: string;
  readonly choice: Vote["choice"];
  /** Of the plan that the person saw. */
  readonly digest: string;
  readonly reason?: string;
}

/**
 * What one click makes of a request. Rules: nobody decides about what they asked for; a rejection by anybody entitled ends it
 * at once; after the end of its time nothing but expiry happens, in whatever order the clicks and the clock arrive; a vote
 * about another plan is none; the same vote twice is one.
 */
export function decide(request: ApprovalRequest, ballot: Ballot, context: DecisionContext): Decision {
  const refuse = (code: Refusal, sentence: string): Decision => ({ request, refused: { code, sentence } });
  if (request.outcome !== undefined) return refuse("closed", `This was ${request.outcome.state} already.`);
  if (hasExpired(request, context.now)) {
    const lapsed = expire(request, context.now);
    return { request: lapsed, refused: { code: "expired", sentence: "The time for this decision is over." } };
  }
  if (ballot.digest !== request.digest) {
    return refuse("other-plan", "The plan has changed since you saw it. Look at the new one.");
  }
  const reason = ballot.reason?.trim() ?? "";
  if (ballot.choice === "break-glass") return breakGlass(request, ballot, reason, context, refuse);
  if (ballot.person === request.requester)
    return refuse("own-request", "You asked for this, so others decide about it.");
  if (request.authors.includes(ballot.person))
    return refuse("own-request", "You have a hand in this change, so others decide about it.");
  const seats = seatsOf(ballot.person, request, context);
  if (seats.length === 0) return refuse(...notEntitled(context));
  if (ballot.choice === "reject" && reason === "")
    return refuse("reason-missing", "Say why: the one who asked wants to know.");

  const at = context.now.toISOString();
  const vote: Vote = { person: ballot.person, choice: ballot.choice, at, reason };
  if (ballot.choice === "reject") {
    const outcome = { state: "rejected" as const, at, by: [ballot.person], reason };
    return { request: { ...request, votes: [...request.votes, vote], outcome } };
  }
  const known = request.votes.some(({ person, choice }) => person === ballot.person && choice === "approve");
  const voted: ApprovalRequest = known ? request : { ...request, votes: [...request.votes, vote] };
  return { request: settle(voted, context) };
}

/** The request as the clock has it: expired when its time is over and nothing else happened before. */
export function expire(request: ApprovalRequest, now: Date): ApprovalRequest {
  if (request.outcome !== undefined || !hasExpired(request, now)) return request;
  return { ...request, outcome: { state: "expired", at: request.expiresAt, by: [], reason: "" } };
}

/** Another plan took its place: what was said about this one means nothing any more. */
export function voidRequest(request: ApprovalRequest, reason: string, now: Date): ApprovalRequest {
  if (request.outcome !== undefined) return request;
  return { ...request, outcome: { state: "voided", at: now.toISOString(), by: [], reason } };
}

/** What is still missing, for the card: how many more, and from which groups. */
export interface Missing {
  readonly people: number;
  readonly groups: readonly string[];
}

export function missingOf(request: ApprovalRequest, context: DecisionContext): Missing {
  const { policy } = context;
  if (policy === undefined) return { people: 1, groups: [] };
  const seats = approvals(request, context);
  const covered = coveredGroups(policy.groups, seats);
  return {
    people: Math.max(0, policy.quorum - seats.length),
    groups: policy.fromEachGroup ? policy.groups.filter((group) => !covered.has(group)) : [],
  };
}

const authored = z.object({ authors: z.array(z.string()) });

function authorsOf(plan: unknown): readonly string[] {
  return authored.safeParse(plan).data?.authors ?? [];
}

/** The question that a run asks. */
export function requestOf({ id, requester }: RunRecord, asked: ApprovalCheckpoint): ApprovalRequest {
  const { digest, askedAt: requestedAt, expiresAt, votes, outcome, plan } = asked;
  const authors = authorsOf(plan);
  const request = { runId: id, digest, requester: requester.id, authors, requestedAt, expiresAt, votes };
  return outcome === undefined ? request : { ...request, outcome };
}

/** Whether what this person says would count: entitled, or standing in for somebody who is, and not the one who asked. */
export function mayDecide(person: string, request: ApprovalRequest, context: DecisionContext): boolean {
  return seatsOf(person, request, context).length > 0;
}

function hasExpired({ expiresAt }: ApprovalRequest, now: Date): boolean {
  return now.getTime() >= Date.parse(expiresAt);
}

function settle(request: ApprovalRequest, context: DecisionContext): ApprovalRequest {
  const missing = missingOf(request, context);
  if (missing.people > 0 || missing.groups.length > 0) return request;
  const by = approvals(request, context).map(({ voter }) => voter);
  return { ...request, outcome: { state: "approved", at: context.now.toISOString(), by, reason: "" } };
}

/** One approval that counts: who gave it, in whose place, for which groups. */
interface Seat {
  readonly voter: string;
  readonly principal: string;
  readonly groups: readonly string[];
}

/** The approvals that count now: each person once, each place once, and only of people who are still entitled. */
function approvals(request: ApprovalRequest, context: DecisionContext): readonly Seat[] {
  const voters = request.votes.filter(({ choice }) => choice === "approve").map(({ person }) => person);
  const counted: Seat[] = [];
  for (const voter of new Set(voters)) {
    const seat = seatsOf(voter, request, context).find(
      ({ principal }) =>
        // Whoever voted in person is not voted for by another one as well.
        !counted.some((other) => other.principal === principal) && (principal === voter || !voters.includes(principal)),
    );
    if (seat !== undefined) counted.push(seat);
  }
  return counted;
}

/** In whose place a person may decide: the own one first, then those who delegated to them and did not ask themselves. */
function seatsOf(person: string, request: ApprovalRequest, context: DecisionContext): readonly Seat[] {
  const own = [request.requester, ...request.authors];
  if (context.policy === undefined || own.includes(person)) return [];
  const { groups } = context.policy;
  const time = context.now.getTime();
  const principals = context.delegations
    .filter(
      ({ to, from, since, until }) =>
        to === person && !own.includes(from) && since.getTime() <= time && time < until.getTime(),
    )
    .map(({ from }) => from);
  return [person, ...principals].flatMap((principal) => {
    const entitled = groups.filter((group) => isMember(group, principal, context.memberships));
    return entitled.length === 0 ? [] : [{ voter: person, principal, groups: entitled }];
  });
}

function isMember(group: string, person: string, memberships: Memberships): boolean {
  const membership = memberships.get(group);
  return membership?.known === true && membership.people.has(person);
}

/** As many groups as can be given a different approver each (a matching, found by augmenting paths). */
function coveredGroups(groups: readonly string[], seats: readonly Seat[]): ReadonlySet<string> {
  const holder = new Map<Seat, string>();
  const assign = (group: string, tried: Set<Seat>): boolean =>
    seats.some((seat) => {
      if (!seat.groups.includes(group) || tried.has(seat)) return false;
      tried.add(seat);
      const other = holder.get(seat);
      if (other !== undefined && !assign(other, tried)) return false;
      holder.set(seat, group);
      return true;
    });
  return new Set(groups.filter((group) => assign(group, new Set())));
}

function notEntitled({ policy, memberships }: DecisionContext): [Refusal, string] {
  if (policy === undefined) return ["not-entitled", "No policy says who may approve this; dfbot.yaml has none for it."];
  const unknown = policy.groups.flatMap((group) => {
    const membership = memberships.get(group);
    return membership === undefined || membership.known ? [] : [`${group} (${membership.reason})`];
  });
  const who = `Members of ${policy.groups.join(", ")} decide about this.`;
  return unknown.length === 0
    ? ["not-entitled", who]
    : ["membership-unknown", `${who} Who they are is not known just now: ${unknown.join("; ")}.`];
}

function breakGlass(
  request: ApprovalRequest,
  { person }: Ballot,
  reason: string,
  { now, policy, memberships }: DecisionContext,
  refuse: (code: Refusal, sentence: string) => Decision,
): Decision {
  if (!(policy?.breakGlass ?? []).some((group) => isMember(group, person, memberships))) {
    return refuse("not-entitled", "Going ahead alone is for the groups that the policy names for it.");
  }
  if (reason === "") return refuse("reason-missing", "Going ahead alone needs a reason; everybody will read it.");
  const at = now.toISOString();
  const vote: Vote = { person, choice: "break-glass", at, reason };
  const outcome = { state: "approved" as const, at, by: [person], reason: `break-glass: ${reason}` };
  return { request: { ...request, votes: [...request.votes, vote], outcome } };
}
