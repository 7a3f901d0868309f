import { describe, expect, it } from "vitest";
import { conclusionOf, trial, type World } from "./world.ts";

/** What a namespace's labels could change is not known: they are not looked at. */
async function policyOf(id: string, namespace: string, prepare: (world: World) => void = () => {}) {
  const { kit } = trial(id, { decide: () => ({ state: "approved", by: ["U0GRACE"] }) }, prepare);
  const { record } = await kit.run({ namespace });
  const found = conclusionOf(record).findings.find((one) => one.id === `policy.infra.${namespace}`);
  const sleeps = record.checkpoints.filter(({ kind }) => kind === "sleep").length;
  return { found, sleeps };
}

describe("a namespace", () => {
  it("that was let in by its name is let in, whatever its labels", async () => {
    const { found } = await policyOf("access-allow", "payments-prod");
    expect(found).toMatchObject({ verdict: "ok", title: expect.stringContaining("let namespace payments-prod") });
  });

  it("that was shut out may still be let in by a label: so it is said, with how to look, and nothing is waited for", async () => {
    const { found, sleeps } = await policyOf("access-revoke", "harbor");
    expect(found).toMatchObject({
      verdict: "unknown",
      title: "No rule names namespace harbor of infra any more; a label on it could still let it in",
      detail: expect.stringContaining("kubectl --context=infra get namespace harbor --show-labels"),
    });
    // Only the second look that everything gets.
    expect(sleeps).toBe(1);
  });

  it("that a rule still names is not shut out", async () => {
    const { found } = await policyOf("access-revoke", "harbor", ({ cluster, git }) => {
      cluster.fluxAt = git.branches.get("main");
    });
    expect(found).toMatchObject({
      verdict: "fail",
      title: expect.stringContaining("let namespace harbor of infra in"),
    });
  });
});
