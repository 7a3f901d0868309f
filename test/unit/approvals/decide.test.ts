import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ApprovalRequest,
  type Ballot,
  type DecisionContext,
  decide,
  expire,
  missingOf,
  voidRequest,
} from "../../../src/approvals/decide.ts";
import { type Delegation, type Membership, membershipsOf } from "../../../src/approvals/membership.ts";
import { type ApprovalPolicy, policyFor } from "../../../src/approvals/policy.ts";
import { configSchema, crossCheck } from "../../../src/config/file.ts";

const start = Date.parse("2026-01-02T12:00:00Z");
const minute = 60_000;
const request: ApprovalRequest = {
  runId: "r1",
  digest: "d1",
  requester: "asker",
  authors: [],
  requestedAt: new Date(start).toISOString(),
  expiresAt: new Date(start + 60 * minute).toISOString(),
  votes: [],
};
const policy: ApprovalPolicy = {
  groups: ["ops", "security"],
  quorum: 1,
  fromEachGroup: false,
  expiresAfterMinutes: 60,
  remindAfterMinutes: [30],
  breakGlass: ["captains"],
};
const members = (...people: readonly string[]): Membership => ({ known: true, people: new Set(people) });
const context = (more: Partial<DecisionContext> = {}, minutes = 1): DecisionContext => ({
  now: new Date(start + minutes * minute),
  policy,
  memberships: new Map([
    ["ops", members("ann", "ben", "asker", "both")],
    ["security", members("sue", "both")],
    ["captains", members("cap", "asker")],
  ]),
  delegations: [],
  ...more,
});
const ballot = (person: string, choice: Ballot["choice"] = "approve", more: Partial<Ballot> = {}): Ballot => ({
  person,
  choice,
  digest: "d1",
  reason: choice === "approve" ? "" : "because",
  ...more,
});
/** All the clicks in their order; refused ones change nothing. */
const voted = (ballots: readonly Ballot[], given = context()) =>
  ballots.reduce((before, one) => decide(before, one, given).request, request);
const stateAfter = (ballots: readonly Ballot[], given = context()) => voted(ballots, given).outcome?.state;

describe("an approval", () => {
  it("by somebody entitled is enough for a quorum of one", () => {
    expect(voted([ballot("ann")]).outcome).toMatchObject({ state: "approved", by: ["ann"] });
  });

  it.each<[string, Ballot, Partial<DecisionContext>, number, string]>([
    ["the one who asked, who is in the group", ballot("asker"), {}, 1, "own-request"],
    ["somebody in no group", ballot("eve"), {}, 1, "not-entitled"],
    ["somebody about another plan", ballot("ann", "approve", { digest: "d2" }), {}, 1, "other-plan"],
    ["somebody too late", ballot("ann"), {}, 60, "expired"],
    ["somebody where no policy is", ballot("ann"), { policy: undefined }, 1, "not-entitled"],
    ["a rejection without a reason", ballot("ann", "reject", { reason: " " }), {}, 1, "reason-missing"],
    ["going ahead alone without the right", ballot("ann", "break-glass"), {}, 1, "not-entitled"],
    ["going ahead alone without a reason", ballot("cap", "break-glass", { reason: "" }), {}, 1, "reason-missing"],
    [
      "somebody whose group could not be read",
      ballot("ann"),
      {
        memberships: new Map([
          ["ops", { known: false, reason: "Slack is away" }],
          ["security", members("sue")],
        ]),
      },
      1,
      "membership-unknown",
    ],
  ])("of %s is refused", (_, one, more, minutes, code) => {
    const decision = decide(request, one, context(more, minutes));
    expect(decision.refused).toMatchObject({ code, sentence: expect.stringMatching(/\.$/) });
    expect(decision.request.votes).toEqual([]);
    expect(decision.request.outcome?.state).toBe(code === "expired" ? "expired" : undefined);
  });

  it("after the end is refused with how it ended", () => {
    const ended = voted([ballot("ann")]);
    expect(decide(ended, ballot("ben", "reject"), context())).toMatchObject({
      request: ended,
      refused: { code: "closed", sentence: "This was approved already." },
    });
  });
});

describe("a quorum", () => {
  const two = context({ policy: { ...policy, quorum: 2 } });
  const each = context({ policy: { ...policy, quorum: 2, fromEachGroup: true } });

  it("of two needs two people, however often one of them clicks", () => {
    expect(stateAfter([ballot("ann"), ballot("ann"), ballot("ann")], two)).toBeUndefined();
    expect(voted([ballot("ann"), ballot("ann")], two).votes).toHaveLength(1);
    expect(stateAfter([ballot("ann"), ballot("ben")], two)).toBe("approved");
  });

  it("with one from each group needs different people for them", () => {
    expect(stateAfter([ballot("ann"), ballot("ben")], each)).toBeUndefined();
    expect(stateAfter([ballot("ann"), ballot("sue")], each)).toBe("approved");
    expect(stateAfter([ballot("both"), ballot("ann")], each)).toBe("approved");
    expect(stateAfter([ballot("both"), ballot("both")], each)).toBeUndefined();
    expect(missingOf(voted([ballot("ann")], each), each)).toEqual({ people: 1, groups: ["security"] });
  });

  it("does not count somebody who has left the group since, nor anybody under a policy that got stricter", () => {
    const first = voted([ballot("ann")], two);
    const left = context({ policy: { ...policy, quorum: 2 }, memberships: new Map([["ops", members("ben")]]) });
    expect(decide(first, ballot("ben"), left).request.outcome).toBeUndefined();
    const stricter = context({ policy: { ...policy, quorum: 3 } });
    expect(decide(first, ballot("ben"), stricter).request.outcome).toBeUndefined();
  });
});

describe("a rejection", () => {
  it("wins at once, whatever was said before", () => {
    const three = context({ policy: { ...policy, quorum: 3 } });
    expect(voted([ballot("ann"), ballot("sue"), ballot("ben", "reject")], three).outcome).toMatchObject({
      state: "rejected",
      by: ["ben"],
      reason: "because",
    });
  });
});

describe("going ahead alone", () => {
  it("is possible for who may, also about one's own request, and says so for ever", () => {
    expect(voted([ballot("asker", "break-glass", { reason: "cluster is down" })]).outcome).toMatchObject({
      state: "approved",
      by: ["asker"],
      reason: "break-glass: cluster is down",
    });
  });
});

describe("a delegation", () => {
  const away = (from: string, to: string, minutes = 60): Delegation => ({
    from,
    to,
    since: new Date(start),
    until: new Date(start + minutes * minute),
  });
  it("lets another person decide in one's place, while it lasts", () => {
    expect(stateAfter([ballot("eve")], context({ delegations: [away("ann", "eve")] }))).toBe("approved");
    expect(stateAfter([ballot("eve")], context({ delegations: [away("ann", "eve", 1)] }, 1))).toBeUndefined();
  });

  it("does not let the one who asked decide through somebody, nor in somebody's place", () => {
    expect(stateAfter([ballot("eve")], context({ delegations: [away("asker", "eve")] }))).toBeUndefined();
    expect(stateAfter([ballot("asker")], context({ delegations: [away("ann", "asker")] }))).toBeUndefined();
  });

  it("does not make two of one: a place counts once", () => {
    const two = { policy: { ...policy, quorum: 2 } };
    const given = context({ ...two, delegations: [away("ann", "eve"), away("ann", "ivy")] });
    expect(stateAfter([ballot("ann"), ballot("eve")], given)).toBeUndefined();
    expect(stateAfter([ballot("eve"), ballot("ivy")], given)).toBeUndefined();
    expect(stateAfter([ballot("eve"), ballot("ben")], given)).toBe("approved");
  });
});

describe("time", () => {
  it("ends a request that nobody decided, and is told at the moment it ended", () => {
    expect(expire(request, new Date(start + 59 * minute)).outcome).toBeUndefined();
    expect(expire(request, new Date(start + 90 * minute)).outcome).toMatchObject({
      state: "expired",
      at: request.expiresAt,
    });
  });

  it("does not take back what was decided before", () => {
    const approved = voted([ballot("ann")]);
    expect(expire(approved, new Date(start + 90 * minute))).toBe(approved);
    expect(voidRequest(approved, "new plan", new Date(start))).toBe(approved);
  });
});

describe("whatever people click, in whatever order", () => {
  const people = ["asker", "ann", "ben", "sue", "both", "cap", "eve", "mallory"];
  const click = fc.record({
    person: fc.constantFrom(...people),
    choice: fc.constantFrom<Ballot["choice"]>("approve", "approve", "approve", "reject"),
    digest: fc.constantFrom("d1", "d1", "d1", "d2"),
    reason: fc.constantFrom("", "because"),
  });
  const clicks = fc.array(fc.tuple(click, fc.integer({ min: 0, max: 80 })), { maxLength: 12 });
  const anyPolicy = fc.record({
    groups: fc.constant(["ops", "security"]),
    quorum: fc.integer({ min: 1, max: 3 }),
    fromEachGroup: fc.boolean(),
    expiresAfterMinutes: fc.constant(60),
    remindAfterMinutes: fc.constant([]),
    breakGlass: fc.constant([]),
  });
  const run = (all: readonly (readonly [Ballot, number])[], given: ApprovalPolicy) =>
    all.reduce((before, [one, minutes]) => decide(before, one, context({ policy: given }, minutes)).request, request);

  it("those who are not entitled, and the one who asked, never get it approved or rejected", () => {
    fc.assert(
      fc.property(clicks, anyPolicy, (all, given) => {
        const outsiders = all.filter(([{ person }]) => ["asker", "eve", "mallory", "cap"].includes(person));
        const { outcome, votes } = run(outsiders, given);
        expect(votes).toEqual([]);
        expect([undefined, "expired"]).toContain(outcome?.state);
      }),
    );
  });

  it("approved means: enough different entitled people, of the groups demanded, in time, about this plan, and no rejection", () => {
    fc.assert(
      fc.property(clicks, anyPolicy, (all, given) => {
        const { outcome, votes } = run(all, given);
        if (outcome?.state !== "approved") return;
        const entitled = ["ann", "ben", "sue", "both"];
        expect(new Set(outcome.by).size).toBe(outcome.by.length);
        expect(outcome.by.length).toBeGreaterThanOrEqual(given.quorum);
        expect(outcome.by.filter((person) => !entitled.includes(person))).toEqual([]);
        expect(votes.some(({ choice }) => choice === "reject")).toBe(false);
        expect(Date.parse(outcome.at)).toBeLessThan(Date.parse(request.expiresAt));
        if (given.fromEachGroup) {
          expect(outcome.by.some((person) => ["sue", "both"].includes(person))).toBe(true);
          expect(outcome.by.some((person) => ["ann", "ben", "both"].includes(person))).toBe(true);
          expect(outcome.by.length).toBeGreaterThanOrEqual(2);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("an outcome never changes again", () => {
    fc.assert(
      fc.property(clicks, clicks, anyPolicy, (first, more, given) => {
        const before = run(first, given);
        if (before.outcome === undefined) return;
        const later = more.reduce(
          (one, [next, minutes]) => decide(one, next, context({ policy: given }, minutes)).request,
          before,
        );
        expect(later).toEqual(before);
      }),
    );
  });

  it("doubled clicks change nothing", () => {
    fc.assert(
      fc.property(clicks, anyPolicy, (all, given) => {
        const doubled = all.flatMap((one) => [one, one]);
        expect(run(doubled, given)).toEqual(run(all, given));
      }),
    );
  });

  it("the same approvals in another order come to the same end", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(people), anyPolicy, (order, given) => {
        const state = (list: readonly string[]) =>
          run(
            list.map((person) => [ballot(person), 1] as const),
            given,
          ).outcome?.state;
        expect(state(order.toReversed())).toBe(state(order));
      }),
    );
  });
});

describe("the configuration", () => {
  const config = configSchema.parse({
    approvals: {
      groups: { ops: { people: ["U1"], slackUserGroup: "S1" }, listed: { people: ["U2"] } },
      policies: {
        failover: {
          groups: ["ops"],
          quorum: 2,
          targets: [
            { match: "prod/*", quorum: 3 },
            { match: "*", quorum: 1 },
          ],
        },
        "*": { groups: ["listed"] },
      },
    },
  });

  it("gives a runbook its own policy, the first target that matches, or that for all others", () => {
    expect(policyFor(config, "failover", "prod/dragonfly")).toMatchObject({ quorum: 3, groups: ["ops"] });
    expect(policyFor(config, "failover", "test/x")).toMatchObject({ quorum: 1 });
    expect(policyFor(config, "snapshot", "prod/dragonfly")).toMatchObject({
      groups: ["listed"],
      quorum: 1,
      expiresAfterMinutes: 60,
    });
    expect(policyFor(configSchema.parse({}), "failover", "x")).toBeUndefined();
  });

  it("is refused with a group that it does not define, under targets too", () => {
    const wrong = configSchema.parse({
      approvals: {
        policies: { failover: { groups: ["a"], breakGlass: ["b"], targets: [{ match: "*", groups: ["c"] }] } },
      },
    });
    expect(crossCheck(wrong).map((problem) => /found "(\w)"/.exec(problem)?.[1])).toEqual(["a", "b", "c"]);
  });

  it("fails closed: a group whose Slack members were not read, or not lately, has none", () => {
    const now = new Date(start);
    const read = (ageMs: number) => new Map([["S1", { people: ["U9"], readAt: new Date(start - ageMs) }]]);
    expect(membershipsOf(config, read(1_000), now, 60_000).get("ops")).toEqual({
      known: true,
      people: new Set(["U1", "U9"]),
    });
    expect(membershipsOf(config, read(61_000), now, 60_000).get("ops")).toMatchObject({ known: false });
    expect(membershipsOf(config, new Map(), now, 60_000).get("ops")).toMatchObject({ known: false });
    expect(membershipsOf(config, new Map(), now, 60_000).get("listed")).toMatchObject({ known: true });
  });
});
