import { describe, expect, it } from "vitest";
import type { RecordedCall } from "../../../sandbox/kubernetes/call-record.ts";
import { platformObjects } from "../../../sandbox/world/platform/platform.ts";
import { grantsOf, roleUse, sentences, withTenantsFolded } from "../../../script/role-use.ts";

const account = "dragonfly-bot/dfbot";
const objects = (cluster: "infra" | "apps") => platformObjects(cluster).flatMap((applied) => applied.objects);
const grants = grantsOf("infra", objects("infra"), account);
const callOf = (grant: (typeof grants)[number]): RecordedCall => {
  const [resource = "", subresource] = grant.resource.split("/");
  const { cluster, verb, group, namespace, name } = grant;
  return { cluster, verb, group, resource, subresource, namespace, name };
};
const calls = grants.map(callOf);
const listOf = (resource: string) =>
  calls.find((call) => call.verb === "list" && call.resource === resource) as RecordedCall;

describe("the bot's roles", () => {
  it("grant no wildcard, no secret, and of changes only an eviction, probe pods, the bot's own records and a dry-run", () => {
    for (const grant of [...grants, ...grantsOf("apps", objects("apps"), account)]) {
      expect([grant.verb, grant.group, grant.resource]).not.toContain("*");
      expect(["secrets", "pods/exec"]).not.toContain(grant.resource);
      if (["get", "list"].includes(grant.verb)) continue;
      expect([
        // `create` is how a port-forward is asked for.
        "dragonfly-system create pods/portforward",
        "dragonfly-system create pods/eviction",
        "dragonfly-bot create configmaps",
        "dragonfly-bot update configmaps",
        "dragonfly-bot delete configmaps",
        // Held to probes by the admission policy dfbot-probe-pods.
        "undefined create pods",
        "undefined delete pods",
        "undefined patch pods/ephemeralcontainers",
        // Held to a dry-run by the admission policy dfbot-dry-run.
        "dragonfly-bot create dragonflies",
      ]).toContain(`${grant.namespace} ${grant.verb} ${grant.resource}`);
    }
  });

  it("are equal to the calls when each is used", () => {
    expect(grants.length).toBeGreaterThan(10);
    expect(roleUse(calls, grants)).toEqual({ missing: [], unused: [] });
  });

  it("are found lacking by a call that none of them grants", () => {
    const elsewhere = { ...listOf("services"), namespace: "harbor" };
    expect(sentences(roleUse([...calls, elsewhere], grants))).toEqual([
      "infra: no shipped role grants list services  in harbor, which the bot called",
    ]);
  });

  it("cover a tenant's namespace, where its folder binds the same role, and no namespace that only looks like one", () => {
    const claims = listOf("persistentvolumeclaims");
    const shipped = ["dragonfly-system", "dragonfly-bot"];
    const missing = (namespace: string) =>
      roleUse(withTenantsFolded([{ ...claims, namespace }], shipped, "dragonfly-system"), grants).missing;
    expect(missing("dragonfly-payments")).toEqual([]);
    expect(missing("dragonfly-bot")).toHaveLength(1);
    expect(missing("payments")).toHaveLength(1);
  });

  it("are found too wide by a grant that no call uses", () => {
    const without = calls.filter(({ resource }) => resource !== "nodes");
    expect(sentences(roleUse(without, grants))).toEqual([
      "infra: role dfbot-reader grants list nodes, which the bot never called",
    ]);
  });
});
