import { describe, expect, it } from "vitest";
import { evaluatePolicies } from "../../../src/network-policy/evaluate.ts";
import type { Policy } from "../../../src/network-policy/model.ts";
import { ruleName } from "../../../src/network-policy/wording.ts";
import { enforcements, type Group, type Row, readTable } from "./table.ts";

const table = readTable();
const sides = ["ingress", "egress"] as const;

function ask(row: Row, policies: readonly Policy[], on: Group["on"][number]) {
  return evaluatePolicies({ ...row, policies, enforcement: enforcements[on] });
}

function together(decisions: readonly string[]): string {
  return ["denied", "unknown", "allowed"].find((one) => decisions.includes(one)) ?? "";
}

describe.each(table.map((group, index) => ({ title: `${group.chapter} (${index})`, ...group })))("$title", (group) => {
  const cases = group.on.flatMap((on) =>
    group.rows.map((row) => ({ title: `${row.why}: ${row.ask}, ${on}`, row, on })),
  );

  it.each(cases)("$title", ({ row, on }) => {
    const answer = ask(row, group.policies, on);
    for (const side of sides) {
      const { decision, because, rule, nearest } = answer[side];
      const named = row[side].nearest ? nearest : rule;
      expect({ side, decision, ref: named && ruleName(named), because }).toEqual({
        side,
        decision: row[side].decision,
        ref: row[side].ref,
        because: expect.any(String),
      });
      // A denial that names no rule and no nearest one is by policies without rules.
      if (decision === "denied" && row[side].ref === undefined) expect(nearest).toBeUndefined();
      expect(because).toContain(row[side].says);
    }
    expect(answer.decision).toBe(together(sides.map((side) => row[side].decision)));
  });
});

describe("the table", () => {
  const rows = table.flatMap((group) => group.rows.map((row) => ({ group, row })));
  const named = rows.flatMap(({ group, row }) =>
    sides.flatMap((side) => {
      const { ref, nearest } = row[side];
      return ref === undefined ? [] : [{ group, row, side, ref, nearest }];
    }),
  );

  it("has at least 200 cases, each asked once of its policies", () => {
    expect(rows.length).toBeGreaterThanOrEqual(200);
    for (const { rows: asked } of table) {
      const questions = asked.map((row) => row.ask);
      expect(questions).toEqual([...new Set(questions)]);
    }
  });

  it("has every decision for both directions, by a rule and without one", () => {
    for (const side of sides) {
      for (const decision of ["allowed", "denied", "unknown"]) {
        for (const byRule of [true, false]) {
          const found = rows.some(
            ({ row }) => row[side].decision === decision && (row[side].ref !== undefined) === byRule,
          );
          expect(found || (decision === "unknown" && !byRule), `${side} ${decision} by a rule: ${byRule}`).toBe(true);
        }
      }
    }
  });

  it("names places that are hit: each is what the evaluator says of its row", () => {
    for (const { group, row, side, ref, nearest } of named) {
      for (const on of group.on) {
        const said = ask(row, group.policies, on)[side];
        const hit = nearest ? said.nearest : said.rule;
        expect(hit && ruleName(hit), `${row.why}: ${row.ask}`).toBe(ref);
      }
    }
    const places = new Set(named.map(({ ref }) => ref.replace(/^\S+ \S+ ?/, "").replaceAll(/\d+/g, "n")));
    expect([...places].toSorted()).toEqual(
      expect.arrayContaining([
        "",
        "egress[n]",
        "egress[n].to[n]",
        "egress[n].toEndpoints[n]",
        "egressDeny[n].toEndpoints[n]",
        "ingress[n]",
        "ingress[n].fromCIDRSet[n]",
        "ingress[n].fromCIDR[n]",
        "ingress[n].fromEndpoints[n]",
        "ingress[n].fromEntities[n]",
        "ingress[n].from[n]",
        "ingressDeny[n].fromEndpoints[n]",
        "specs[n].ingress[n].fromEndpoints[n]",
      ]),
    );
  });

  it("notices when a rule that it names is taken away", () => {
    const decisive = named.filter(({ row, side, nearest }) => !nearest && row[side].decision !== "unknown");
    const rules = new Map(decisive.map((one) => [`${table.indexOf(one.group)} ${one.ref}`, one]));
    expect(rules.size).toBeGreaterThan(100);
    for (const { group, ref } of rules.values()) {
      const less = group.policies.map((policy) => without(policy, ref));
      const changed = decisive.filter(
        (one) =>
          one.group === group &&
          one.ref === ref &&
          group.on.some(
            (on) => ask(one.row, less, on)[one.side].decision !== ask(one.row, group.policies, on)[one.side].decision,
          ),
      );
      expect(changed.length, `${group.chapter}: ${ref}`).toBeGreaterThan(0);
    }
  });
});

/** The policy without the peer of that name; without the rule when it is about the whole rule or its only peer. */
function without(policy: Policy, ref: string): Policy {
  const less = (rules: Policy["ingress"]["allow"]) =>
    rules.flatMap((rule) => {
      const here = { kind: policy.kind, namespace: policy.namespace, name: policy.name };
      const peers = rule.peers?.filter((peer) => ruleName({ ...here, place: `${rule.place}.${peer.place}` }) !== ref);
      const whole = ruleName({ ...here, place: rule.place }) === ref;
      if (whole || (peers?.length === 0 && rule.peers?.length !== 0)) return [];
      return [{ ...rule, peers }];
    });
  const direction = (one: Policy["ingress"]) => ({ ...one, allow: less(one.allow), deny: less(one.deny) });
  return { ...policy, ingress: direction(policy.ingress), egress: direction(policy.egress) };
}
