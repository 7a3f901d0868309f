import { describe, expect, it } from "vitest";
import type { Actual } from "../../../../src/runbooks/connectivity/actual.ts";
import { compare, type Wanted } from "../../../../src/runbooks/connectivity/compare.ts";
import type { Expectation } from "../../../../src/runbooks/connectivity/expectation.ts";
import { dropped, result, through } from "./ground.ts";

describe("expected against actual", () => {
  const expectation = (decision: Expectation["decision"]): Expectation => ({
    decision,
    because: "NetworkPolicy db/primary ingress[0] decides",
    keptOutByInstance: decision === "denied",
    openToAll: false,
    evidence: [],
  });
  const actual = {
    through: { kind: "reached", by: "server", result: through },
    port: { kind: "reached", by: "port", result: result("port", { ping: "timeout" }) },
    dropped: { kind: "dropped", result: dropped },
    refused: { kind: "not-reached", code: "tcp.refused", detail: "", result: result("nothing", { tcp: "refused" }) },
    nameless: { kind: "not-reached", code: "dns.timeout", detail: "", result: result("nothing", { dns: "timeout" }) },
    untried: { kind: "not-tried", why: "quota", detail: "full" },
  } as const satisfies Record<string, Actual>;

  it.each<[Wanted, Expectation["decision"], keyof typeof actual, string, RegExp]>([
    [undefined, "allowed", "through", "ok", /gets through, as it should/],
    [undefined, "denied", "dropped", "ok", /is blocked, as it should be/],
    [undefined, "allowed", "dropped", "fail", /blocked although the policies allow/],
    [undefined, "denied", "through", "fail", /gets through although the policies deny/],
    [undefined, "unknown", "through", "unknown", /whether it should cannot be said/],
    [undefined, "unknown", "dropped", "unknown", /whether it should be cannot be said/],
    ["allowed", "denied", "dropped", "fail", /should get through/],
    ["allowed", "allowed", "dropped", "fail", /blocked although the policies allow/],
    ["allowed", "unknown", "dropped", "fail", /should get through/],
    ["allowed", "unknown", "through", "ok", /gets through, as it should/],
    ["allowed", "denied", "through", "fail", /although the policies deny/],
    ["denied", "allowed", "through", "fail", /should be blocked/],
    ["denied", "unknown", "through", "fail", /should be blocked/],
    ["denied", "denied", "through", "fail", /although the policies deny/],
    ["denied", "denied", "dropped", "ok", /blocked, as it should be/],
    ["denied", "unknown", "dropped", "ok", /blocked, as it should be/],
    ["denied", "allowed", "dropped", "fail", /blocked although the policies allow/],
    ["unlisted", "allowed", "through", "ok", /gets through, as it should/],
    ["unlisted", "denied", "through", "fail", /although the policies deny/],
    ["unlisted", "unknown", "through", "unknown", /whether it should cannot be said/],
    ["unlisted", "denied", "dropped", "ok", /blocked, as it should be/],
    ["unlisted", "allowed", "dropped", "fail", /blocked although the policies allow/],
    ["unlisted", "allowed", "port", "fail", /no server answers/],
    [undefined, "allowed", "port", "fail", /no server answers/],
    [undefined, "denied", "port", "fail", /gets through although/],
    [undefined, "allowed", "refused", "fail", /tcp\.refused/],
    [undefined, "denied", "refused", "unknown", /does not get as far as the policies/],
    [undefined, "unknown", "refused", "unknown", /does not get as far/],
    [undefined, "denied", "nameless", "ok", /cannot even ask for the name/],
    ["denied", "allowed", "nameless", "unknown", /does not get as far/],
    ["allowed", "denied", "nameless", "fail", /dns\.timeout/],
    [undefined, "allowed", "untried", "unknown", /was not tried: quota/],
    ["denied", "denied", "untried", "unknown", /was not tried: quota/],
  ])("wanted %s, by the policies %s, and in truth %s: %s", (wanted, decision, found, verdict, title) => {
    const comparison = compare(wanted, expectation(decision), actual[found]);
    expect(comparison.verdict).toBe(verdict);
    expect(comparison.title).toMatch(title);
    if (found !== "port") expect(comparison.detail).toContain("NetworkPolicy db/primary ingress[0] decides");
  });

  it("takes policies that let everybody in for nobody's decision, and those that let in just this one for somebody's", () => {
    const open = { ...expectation("allowed"), openToAll: true };
    const titleOf = (wanted: Wanted, policy: Expectation, found: keyof typeof actual) => {
      const { verdict, title } = compare(wanted, policy, actual[found]);
      return `${verdict}: ${title}`;
    };
    expect(titleOf("unlisted", open, "through")).toBe("fail: gets through, as any namespace does");
    expect(titleOf("allowed", open, "through")).toBe("ok: gets through, as it should");
    expect(titleOf(undefined, open, "through")).toBe("ok: gets through, as it should");
    const detailOf = (wanted: Wanted, policy: Expectation) => compare(wanted, policy, actual.through).detail;
    expect(detailOf("unlisted", expectation("allowed"))).toMatch(/does not list it/);
    expect(detailOf("denied", expectation("allowed"))).toMatch(/let in just this one/);
    expect(detailOf("denied", open)).toMatch(/Any namespace gets in/);
    expect(detailOf("denied", expectation("unknown"))).toBe("NetworkPolicy db/primary ingress[0] decides.");
  });

  it("says once why neither a probe was made nor the policies could be read", () => {
    const away = "The API server of cluster apps cannot be reached. Check the network.";
    const policy = { ...expectation("unknown"), because: `the policies of one end could not be read: ${away}` };
    const { detail } = compare(undefined, policy, { kind: "not-tried", why: "no probe could be made", detail: away });
    expect(detail).toBe(`${away} The policies could not be read either.`);
  });

  it("offers access only where the instance's own policies are in the way of somebody who is blocked", () => {
    const offers = (wanted: Wanted, decision: Expectation["decision"], found: keyof typeof actual) =>
      compare(wanted, expectation(decision), actual[found]).offerAccess;
    expect(offers(undefined, "denied", "dropped")).toBe(true);
    expect(offers("allowed", "denied", "dropped")).toBe(true);
    expect(offers("denied", "denied", "dropped")).toBe(false);
    expect(offers("unlisted", "denied", "dropped")).toBe(true);
    expect(offers(undefined, "denied", "through")).toBe(false);
    expect(compare(undefined, { ...expectation("denied"), keptOutByInstance: false }, actual.dropped).offerAccess).toBe(
      false,
    );
  });
});
