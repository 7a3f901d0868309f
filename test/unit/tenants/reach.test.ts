import { describe, expect, it } from "vitest";
import { renderTemplate } from "../../../sandbox/world/platform/secret-template.ts";
import { evaluatePolicies } from "../../../src/network-policy/evaluate.ts";
import type { Endpoint, Enforcement, PodEndpoint } from "../../../src/network-policy/model.ts";
import { parsePolicy } from "../../../src/network-policy/parse.ts";
import type { Tree } from "../../../src/tenants/draft.ts";
import { draftChange } from "../../../src/tenants/drafting.ts";
import { objectsOf } from "../../../src/tenants/objects.ts";
import { folderOf } from "../../../src/tenants/places.ts";
import { settingsOf } from "../../../src/tenants/settings.ts";
import { applied } from "../../../src/tenants/tree.ts";
import { accessListSpot } from "../../../src/tenants/users.ts";
import { blockLines } from "../../../src/tenants/yaml/block.ts";
import { config, own, plainProject, project, shared } from "./project.ts";

/** Who really gets through to what was rendered: by the policies' evaluator, and by the access list as External Secrets makes it. */

const pod = (namespace: string, labels: Record<string, string> = {}, cluster = "infra"): PodEndpoint => ({
  kind: "pod",
  cluster,
  namespace,
  namespaceLabels: { "kubernetes.io/metadata.name": namespace },
  labels,
});
const labels = { app: "dragonfly-payments", "app.kubernetes.io/name": "dragonfly" };
const primary = pod("dragonfly-payments", { ...labels, role: "master" });
const bot = pod("dragonfly-bot", { "app.kubernetes.io/name": "dfbot" });
const operator = pod("dragonfly-operator-system", { "app.kubernetes.io/name": "dragonfly-operator" });
const dns = pod("kube-system", { "k8s-app": "kube-dns" });
const internet: Endpoint = { kind: "external", ip: "93.184.216.34" };

const rows: readonly (readonly [why: string, from: Endpoint, to: Endpoint, port: number, decision: string])[] = [
  ["the tenant's pods to the data port", pod("payments-prod"), primary, 6379, "allowed"],
  ["the tenant's pods to the admin port", pod("payments-prod"), primary, 9999, "denied"],
  ["another namespace", pod("harbor"), primary, 6379, "denied"],
  ["a namespace of the tenant's that was not named", pod("payments-test"), primary, 6379, "denied"],
  ["a pod beside the instance", pod("dragonfly-payments", { app: "debug" }), primary, 6379, "denied"],
  ["the bot to the admin port", bot, primary, 9999, "allowed"],
  ["another pod of the bot's namespace", pod("dragonfly-bot"), primary, 9999, "denied"],
  ["the operator to the admin port", operator, primary, 9999, "allowed"],
  ["the scraper to the admin port", pod("observability"), primary, 9999, "allowed"],
  ["a peer to the admin port", pod("dragonfly-payments", labels), primary, 9999, "allowed"],
  ["the shared instance", pod("dragonfly-system", { app: "dragonfly" }), primary, 9999, "denied"],
  ["the instance to DNS", primary, dns, 53, "allowed"],
  ["the instance to the Internet", primary, internet, 443, "denied"],
  ["the Internet to the instance", internet, primary, 6379, "denied"],
];

const forms: readonly (readonly [string, Tree, Enforcement])[] = [
  ["Cilium's", project, { kind: "cilium", defaultLocalCluster: true }],
  ["plain", plainProject, { kind: "plain" }],
];

describe.each(forms)("under %s policies of an own instance", (name, from, enforcement) => {
  const tree = applied(from, draftChange({ kind: "propose", tenant: own() }, from, config).edits);
  const policies = objectsOf(tree, folderOf("payments", config), settingsOf(tree, config)).flatMap(
    ({ kind, ...object }) =>
      kind === "NetworkPolicy" || kind === "CiliumNetworkPolicy" ? parsePolicy("infra", kind, object) : [],
  );
  const ask = (source: Endpoint, to: Endpoint, port: number) =>
    evaluatePolicies({ from: source, to, port, policies, enforcement }).decision;

  it.each(rows)("%s", (_, source, to, port, decision) => {
    expect(ask(source, to, port)).toBe(decision);
  });

  it("the tenant's pods in the other cluster get through by Cilium's form only", () => {
    expect(ask(pod("payments-prod", {}, "apps"), primary, 6379)).toBe(name === "plain" ? "denied" : "allowed");
    expect(ask(pod("harbor", {}, "apps"), primary, 6379)).toBe("denied");
  });
});

describe("the access list of the shared instance with a tenant", () => {
  const passwords = Object.fromEntries(
    ["default", "dfbot", "gitlab", "harbor"].map((name) => [name, `${name}-${"x".repeat(30)}`]),
  );
  const listFor = (name: string) => {
    const tree = applied(project, draftChange({ kind: "propose", tenant: shared({ name }) }, project, config).edits);
    return `${blockLines(accessListSpot(tree, config)).join("\n")}\n`;
  };

  it.each(["shop", "shop-web", "4you"])("%s has its line, with its own password", (name) => {
    const password = "p".repeat(32);
    const made = renderTemplate(listFor(name), { ...passwords, [name]: password });
    expect(made.trim().split("\n").at(-1)).toBe(
      `USER ${name} on >${password} ~{${name}}* &{${name}}* -@all +@read +@write +@connection +@transaction -KEYS -SCAN -DBSIZE -FLUSHDB -FLUSHALL`,
    );
  });

  it.each(["shop", "shop-web"])("is not made while %s has no password, or one that the server cannot read", (name) => {
    expect(() => renderTemplate(listFor(name), passwords)).toThrow(name);
    expect(() => renderTemplate(listFor(name), { ...passwords, [name]: "short" })).toThrow(`${name}: 24 to 128`);
  });
});
