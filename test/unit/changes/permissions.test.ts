import { describe, expect, it } from "vitest";
import type { Membership } from "../../../src/approvals/membership.ts";
import { declaredGroups, mayRun } from "../../../src/changes/permissions.ts";
import { configSchema } from "../../../src/config/file.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";

const people = (...ids: string[]): Membership => ({ known: true, people: new Set(ids) });
const memberships = new Map<string, Membership>([
  ["ops", people("U1")],
  ["owners", people("U2")],
  ["lost", { known: false, reason: "S1 has not been read" }],
]);
const asked = (permissions: Record<string, string[]>, declared: readonly string[] | undefined, person = "U1") =>
  mayRun({ config: configSchema.parse({ permissions }), runbook: "snapshot", person, declared, memberships })?.message;

describe("who may do what a runbook needs beside", () => {
  const groups = (policies: object) =>
    declaredGroups("connectivity-from", catalog, configSchema.parse({ approvals: { groups: approvers, policies } }));
  const approvers = { ops: { people: ["U1"] }, owners: { people: ["U2"] } };

  it("is for those who could approve a change of that name, and for nobody where that is nobody", () => {
    expect(groups({ "*": { groups: ["ops"] } })).toEqual(["ops"]);
    expect(groups({ "*": { groups: ["ops"] }, "connectivity-from": { groups: ["owners"] } })).toEqual(["owners"]);
    expect(groups({})).toEqual([]);
    expect(asked({}, [])).toBe("snapshot is for nobody so far");
    expect(asked({ snapshot: ["ops"] }, [])).toBeUndefined();
  });

  it("leaves a runbook to what it says itself", () => {
    expect(declaredGroups("connectivity", catalog, configSchema.parse({}))).toBeUndefined();
  });
});

describe("who may run a runbook", () => {
  it("is everybody when nobody says otherwise", () => {
    expect(asked({}, undefined)).toBeUndefined();
  });

  it("is said by dfbot.yaml for the runbook, before the runbook itself, before dfbot.yaml for all", () => {
    expect(asked({ snapshot: ["ops"], "*": ["owners"] }, ["owners"])).toBeUndefined();
    expect(asked({ "*": ["ops"] }, ["owners"])).toBe("snapshot is for members of owners");
    expect(asked({ "*": ["ops"] }, undefined)).toBeUndefined();
    expect(asked({ "*": ["owners"] }, undefined)).toBe("snapshot is for members of owners");
  });

  it("is nobody of a group that could not be read, and the reason is said", () => {
    expect(asked({ snapshot: ["lost"] }, undefined)).toBe(
      "snapshot is for members of lost; who they are is not known just now: S1 has not been read",
    );
    expect(asked({ snapshot: ["lost", "ops"] }, undefined)).toBeUndefined();
  });
});
