import { describe, expect, it } from "vitest";
import { BotError } from "../../../../src/errors.ts";
import { parsePolicy } from "../../../../src/network-policy/parse.ts";
import { conclusionOf, trial, type World } from "./world.ts";

async function policyOf(id: string, namespace: string, prepare: (world: World) => void = () => {}) {
  const { kit } = trial(id, { decide: () => ({ state: "approved", by: ["U0GRACE"] }) }, prepare);
  const { record } = await kit.run({ namespace });
  const found = conclusionOf(record).findings.find((one) => one.id === `policy.infra.${namespace}`);
  const sleeps = record.checkpoints.filter(({ kind }) => kind === "sleep").length;
  return { found, sleeps };
}
/** Only the second look that everything gets. */
const waitsForNothing = 1;
const letIn = { "access.platform/dragonfly": "true" };

describe("a namespace", () => {
  it("that was let in by its name is let in, whatever its labels", async () => {
    const { found } = await policyOf("access-allow", "payments-prod");
    expect(found).toMatchObject({ verdict: "ok", title: expect.stringContaining("let namespace payments-prod") });
  });

  it("that was let in by its name is let in, also when its labels cannot be read", async () => {
    const { found } = await policyOf("access-allow", "payments-prod", ({ cluster }) => {
      cluster.failing.namespace = new BotError("kubernetes.not-found", "there is no such namespace", "");
    });
    expect(found).toMatchObject({ verdict: "ok" });
  });

  it("that was let in by its name, and that a label shuts out, is a failure; nothing is waited for", async () => {
    const { found, sleeps } = await policyOf("access-allow", "payments-prod", ({ cluster, platform }) => {
      cluster.labels.set("payments-prod", { quarantine: "yes" });
      const real = platform.cluster;
      const quarantine = parsePolicy("infra", "CiliumClusterwideNetworkPolicy", {
        metadata: { name: "quarantine" },
        spec: {
          endpointSelector: {},
          ingressDeny: [
            { fromEndpoints: [{ matchLabels: { "k8s:io.cilium.k8s.namespace.labels.quarantine": "yes" } }] },
          ],
        },
      });
      Object.assign(platform, {
        cluster: (name: string) => ({ ...real(name), ciliumClusterwidePolicies: async () => quarantine }),
      });
    });
    expect(found).toMatchObject({
      verdict: "fail",
      title: "The policies name namespace payments-prod of infra, and a label on it shuts it out",
      detail: expect.stringContaining("quarantine ingressDeny[0]"),
    });
    expect(sleeps).toBe(waitsForNothing);
  });

  it("that was shut out, and has no label that lets it in, is kept out", async () => {
    const { found, sleeps } = await policyOf("access-revoke", "harbor", ({ cluster }) => {
      cluster.labels.set("harbor", { team: "registry" });
    });
    expect(found).toMatchObject({ verdict: "ok", title: "The policies keep namespace harbor of infra out" });
    expect(sleeps).toBe(waitsForNothing);
  });

  it("that was shut out, and that a label still lets in, is a failure that names the rule; nothing is waited for", async () => {
    const { found, sleeps } = await policyOf("access-revoke", "harbor", ({ cluster }) => {
      cluster.labels.set("harbor", letIn);
    });
    expect(found).toMatchObject({
      verdict: "fail",
      title: "No rule names namespace harbor of infra any more, and a label on it still lets it in",
      detail: expect.stringMatching(/CiliumNetworkPolicy dragonfly-system\/\S+ ingress\[\d+\]/),
      evidence: [
        {
          command: "kubectl --context=infra get namespace harbor --show-labels",
          output: "kubernetes.io/metadata.name=harbor access.platform/dragonfly=true",
        },
      ],
    });
    expect(sleeps).toBe(waitsForNothing);
  });

  it("that was shut out, and whose labels cannot be read, may still be let in by one: so it is said, with how to look", async () => {
    const { found, sleeps } = await policyOf("access-revoke", "harbor", ({ cluster }) => {
      cluster.failing.namespace = new BotError("kubernetes.forbidden", "dfbot may not get namespaces", "Grant it");
    });
    expect(found).toMatchObject({
      verdict: "unknown",
      title: "No rule names namespace harbor of infra any more; a label on it could still let it in",
      detail: expect.stringContaining("dfbot may not get namespaces"),
      evidence: [{ command: "kubectl --context=infra get namespace harbor --show-labels" }],
    });
    expect(sleeps).toBe(waitsForNothing);
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
