import { describe, expect, it } from "vitest";
import { evaluatePolicies } from "../../../src/network-policy/evaluate.ts";
import type { Endpoint, Enforcement, PodEndpoint } from "../../../src/network-policy/model.ts";
import { parsePolicy } from "../../../src/network-policy/parse.ts";
import { clusters } from "./tree.ts";

/** Who may reach whom under the shipped policies, both forms of them: the story's "only approved namespaces". */

const policiesOf = (name: string) =>
  (clusters.find((cluster) => cluster.name === name)?.objects ?? []).flatMap(({ kind, ...object }) =>
    kind === "NetworkPolicy" || kind === "CiliumNetworkPolicy" ? parsePolicy("infra", kind, object) : [],
  );

const pod = (
  namespace: string,
  labels: Record<string, string> = {},
  cluster = "infra",
  more: Record<string, string> = {},
): PodEndpoint => ({
  kind: "pod",
  cluster,
  namespace,
  namespaceLabels: { "kubernetes.io/metadata.name": namespace, ...more },
  labels,
});
const instanceLabels = {
  app: "dragonfly",
  "app.kubernetes.io/name": "dragonfly",
  "app.kubernetes.io/part-of": "dragonfly",
};
const primary = pod("dragonfly-system", { ...instanceLabels, role: "master" });
const replica = pod("dragonfly-system", { ...instanceLabels, role: "replica" });
const gitlab = pod("gitlab-system", { app: "webservice" });
const operator = pod("dragonfly-operator-system", {
  "app.kubernetes.io/name": "dragonfly-operator",
  "control-plane": "controller-manager",
});
const scraper = pod("observability", { app: "vmagent" });
const bot = pod("dragonfly-bot", { "app.kubernetes.io/name": "dfbot" });
const dns = pod("kube-system", { "k8s-app": "kube-dns" });
const stranger = pod("default", { app: "anything" });
const tenants = pod("dragonfly-payments", { app: "dragonfly-payments", "app.kubernetes.io/name": "dragonfly" });
const internet: Endpoint = { kind: "external", ip: "93.184.216.34" };

interface Row {
  readonly why: string;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly port: number;
  readonly udp?: true;
  readonly decision: "allowed" | "denied";
}
const row = (why: string, from: Endpoint, to: Endpoint, port: number, decision: Row["decision"]): Row => ({
  why,
  from,
  to,
  port,
  decision,
});

const rows: readonly Row[] = [
  row("a client's namespace to the data port", gitlab, primary, 6379, "allowed"),
  row("another client's", pod("harbor"), primary, 6379, "allowed"),
  row("a client to a replica's data port", gitlab, replica, 6379, "allowed"),
  row("a client to the admin port, which asks for no password", gitlab, primary, 9999, "denied"),
  row(
    "a namespace that carries the label",
    pod("shop", {}, "infra", { "access.platform/dragonfly": "true" }),
    primary,
    6379,
    "allowed",
  ),
  row(
    "a namespace whose label says no",
    pod("shop", {}, "infra", { "access.platform/dragonfly": "false" }),
    primary,
    6379,
    "denied",
  ),
  row("a stranger to the data port", stranger, primary, 6379, "denied"),
  row("a stranger to the admin port", stranger, primary, 9999, "denied"),
  row(
    "a pod of the instance's own namespace that is not of the instance",
    pod("dragonfly-system", { app: "debug" }),
    primary,
    6379,
    "denied",
  ),
  row("the operator to the admin port", operator, primary, 9999, "allowed"),
  row("the operator to the data port, which it does not need", operator, primary, 6379, "denied"),
  row(
    "another pod of the operator's namespace",
    pod("dragonfly-operator-system", { app: "x" }),
    primary,
    9999,
    "denied",
  ),
  row("the scraper to the admin port", scraper, replica, 9999, "allowed"),
  row("the scraper to the data port", scraper, primary, 6379, "denied"),
  row("the bot to the data port: its queue", bot, primary, 6379, "allowed"),
  row("the bot to the admin port", bot, replica, 9999, "allowed"),
  row("another pod of the bot's namespace", pod("dragonfly-bot", { app: "x" }), primary, 6379, "denied"),
  row(
    "a probe pod of the bot's own namespace",
    pod("dragonfly-bot", { "app.kubernetes.io/name": "dfbot-probe" }),
    primary,
    9999,
    "denied",
  ),
  row("replica to primary, for replication", replica, primary, 9999, "allowed"),
  row("peer to peer on the data port, which replication does not use", replica, primary, 6379, "denied"),
  { ...row("the instance to DNS", primary, dns, 53, "allowed"), udp: true },
  row("the instance to DNS over TCP", primary, dns, 53, "allowed"),
  row("the instance to something else in kube-system", primary, pod("kube-system", { app: "x" }), 53, "denied"),
  row("the instance to the Internet", primary, internet, 443, "denied"),
  row("the instance to a client", primary, gitlab, 8080, "denied"),
  row("the Internet to the instance", internet, primary, 6379, "denied"),
  row("the kubelet's probes", { kind: "host" }, primary, 9999, "allowed"),
  row("Alertmanager to the bot", pod("observability", { app: "alertmanager" }), bot, 8080, "allowed"),
  row("GitLab's webhook to the bot", gitlab, bot, 8080, "allowed"),
  row("a stranger to the bot", stranger, bot, 8080, "denied"),
  row("the bot to a tenant's instance, whose own policy is not here", bot, tenants, 9999, "allowed"),
  row("the bot to a tenant's other pods", bot, pod("dragonfly-payments", { app: "x" }), 9999, "denied"),
  row("the bot to the metrics", bot, pod("observability", { app: "vmsingle" }), 8428, "allowed"),
  { ...row("the bot to DNS", bot, dns, 53, "allowed"), udp: true },
  row("the bot to Slack and GitLab", bot, internet, 443, "allowed"),
  row("the bot to some other port outside", bot, internet, 22, "denied"),
];

const forms: readonly (readonly [string, string, Enforcement])[] = [
  ["plain", "infra without Cilium", { kind: "plain" }],
  ["plain, on Cilium", "infra without Cilium", { kind: "cilium", defaultLocalCluster: true }],
  ["Cilium's", "infra", { kind: "cilium", defaultLocalCluster: true }],
  ["Cilium's, before 1.18", "infra", { kind: "cilium", defaultLocalCluster: false }],
];

describe.each(forms)("under the %s policies", (_, tree, enforcement) => {
  const policies = policiesOf(tree);

  it.each(rows)("$why: $decision", ({ from, to, port, udp, decision }) => {
    const answer = evaluatePolicies({ from, to, port, protocol: udp ? "UDP" : "TCP", policies, enforcement });
    expect([answer.decision, answer.ingress.because, answer.egress.because]).toEqual([
      decision,
      expect.any(String),
      expect.any(String),
    ]);
  });
});

describe("clients in the apps cluster", () => {
  const remote = pod("gitlab-system", { app: "sidekiq" }, "apps");
  const ask = (from: Endpoint, tree: string, enforcement: Enforcement, port = 6379) =>
    evaluatePolicies({ from, to: primary, port, policies: policiesOf(tree), enforcement }).decision;

  it("get in by Cilium's form whatever the setting is", () => {
    for (const defaultLocalCluster of [true, false]) {
      expect(ask(remote, "infra", { kind: "cilium", defaultLocalCluster })).toBe("allowed");
    }
  });

  it("get in by the plain form only where selectors match the other cluster: before 1.18, or with the setting off", () => {
    expect(ask(remote, "infra without Cilium", { kind: "cilium", defaultLocalCluster: false })).toBe("allowed");
    expect(ask(remote, "infra without Cilium", { kind: "cilium", defaultLocalCluster: true })).toBe("denied");
    expect(ask(remote, "infra without Cilium", { kind: "plain" })).toBe("denied");
  });

  it("never reach the admin port, and other namespaces and other clusters reach nothing", () => {
    const enforcement: Enforcement = { kind: "cilium", defaultLocalCluster: false };
    expect(ask(remote, "infra", enforcement, 9999)).toBe("denied");
    expect(ask(pod("default", {}, "apps"), "infra", enforcement)).toBe("denied");
    expect(ask(pod("observability", {}, "apps"), "infra", enforcement, 9999)).toBe("denied");
    expect(ask(pod("gitlab-system", {}, "elsewhere"), "infra", enforcement)).toBe("denied");
  });
});

describe("the table", () => {
  it("notices every rule that is taken away", () => {
    const enforcement: Enforcement = { kind: "cilium", defaultLocalCluster: true };
    const all = policiesOf("infra");
    const verdicts = (policies: typeof all) =>
      rows
        .map(
          ({ from, to, port, udp }) =>
            evaluatePolicies({ from, to, port, protocol: udp ? "UDP" : "TCP", policies, enforcement }).decision,
        )
        .join();
    const whole = verdicts(all);
    for (const [index, policy] of all.entries()) {
      for (const direction of ["ingress", "egress"] as const) {
        for (const rule of policy[direction].allow) {
          const less = { ...policy[direction], allow: policy[direction].allow.filter((other) => other !== rule) };
          const changed = verdicts(all.with(index, { ...policy, [direction]: less }));
          expect(changed, `${policy.name} ${rule.place}`).not.toBe(whole);
        }
      }
    }
  });
});
