import { describe, expect, it } from "vitest";
import { BotError } from "../../../src/errors.ts";
import type { LiveObject } from "../../../src/platform/live-object.ts";
import type { KubernetesReader, Platform } from "../../../src/platform/ports.ts";
import type { Reading } from "../../../src/platform/reading.ts";
import type { ServerUser } from "../../../src/platform/server.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createRunner } from "../../../src/runbooks/runner.ts";
import { verifyExtras } from "../../../src/runbooks/verify/drift/extra.ts";
import type { DriftObservation } from "../../../src/runbooks/verify/drift/observe.ts";
import { config, fakePlatform, meta, policy } from "../../fakes/platform.ts";

/** What verify says of what is there beside what was agreed on. That it finds it in a world: test/integration/world/verify. */

const at = "2026-01-02T12:00:00.000Z";

async function report(platform: Platform) {
  const runner = createRunner({ runbooks: catalog, config, platform, scrub: (text) => text, now: () => new Date(at) });
  return await runner.run({
    runbook: "verify",
    params: { probes: false },
    requester: { surface: "cli", id: "ada" },
  });
}

const find = async (id: string, platform: Platform) =>
  (await report(platform)).findings.find((finding) => finding.id === id);

/** The platform with one of a cluster's answers made anew. */
function withCluster(platform: Platform, name: string, change: Partial<KubernetesReader>): Platform {
  return {
    ...platform,
    cluster: (asked) => (asked === name ? { ...platform.cluster(asked), ...change } : platform.cluster(asked)),
  };
}

const away = new BotError("kubernetes.unreachable", "The API server cannot be reached", "Look at the network");

describe("a namespace that is let in by its label", () => {
  const key = "access.platform/dragonfly";
  const live = (writer: string | undefined): LiveObject => ({
    name: "team-x",
    namespace: undefined,
    labels: { [key]: "true" },
    owned: false,
    managers:
      writer === undefined
        ? []
        : [{ name: writer, at, subresource: "", fields: { "f:metadata": { "f:labels": { [`f:${key}`]: {} } } } }],
    content: { metadata: { labels: { [key]: "true" } } },
  });
  const labelled = (answer: () => Promise<LiveObject | undefined>) =>
    withCluster(fakePlatform(), "apps", {
      namespaces: async () => [meta("default"), meta("team-x", { labels: { [key]: "true" } })],
      object: answer,
    });

  it.each([
    ["by Flux", "kustomize-controller", "ok", /team-x, by Flux$/],
    ["by hand", "kubectl-label", "fail", /team-x in apps, by kubectl-label$/],
    ["by nobody knows whom", undefined, "unknown", /team-x in apps, nobody says by whom$/],
  ])("%s", async (_, writer, verdict, title) => {
    const found = await find(
      "ac4.policy.labelled",
      labelled(async () => live(writer)),
    );
    expect(found).toMatchObject({ verdict });
    expect(found?.title).toMatch(title);
  });

  it("is not known when it cannot be read", async () => {
    const found = await find(
      "ac4.policy.labelled",
      labelled(async () => {
        throw away;
      }),
    );
    expect(found).toMatchObject({ verdict: "unknown" });
    expect(found?.detail).toContain("The API server cannot be reached");
  });
});

describe("namespaces on no list", () => {
  const open = {
    ...policy("dragonfly", { matchLabels: { app: "dragonfly" } }, 0),
    ingress: { isolates: true, allow: [], deny: [] },
  };
  const letting = (team: string) => ({
    ...open,
    ingress: {
      ...open.ingress,
      allow: [
        {
          place: "ingress[0]",
          ports: undefined,
          peers: [{ place: "from[0]", kind: "pods", namespaces: { matchLabels: { team } }, pods: {} } as const],
        },
      ],
    },
  });
  const names = [meta("default"), meta("team-x", { labels: { team: "x" } })];

  it("are all looked at, with their labels", async () => {
    const of = (team: string) =>
      find(
        "ac4.policy.others.denied",
        withCluster(fakePlatform(), "infra", {
          namespaces: async () => names,
          networkPolicies: async () => [letting(team)],
        }),
      );
    expect(await of("y")).toMatchObject({ verdict: "ok" });
    const found = await of("x");
    expect(found).toMatchObject({ verdict: "fail" });
    expect(found?.title).toContain("allowed on the way in from team-x in infra to 6379");
  });

  it("are not known when nobody says which there are", async () => {
    const found = await find(
      "ac4.policy.others.denied",
      withCluster(fakePlatform(), "infra", {
        networkPolicies: async () => [letting("y")],
        namespaces: async () => {
          throw away;
        },
      }),
    );
    expect(found).toMatchObject({ verdict: "unknown" });
  });
});

describe("what Git has never had", () => {
  const kind = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    plural: "networkpolicies",
    by: "list",
    namespaced: true,
  } as const;
  const stamp = { command: "kubectl --context=infra get networkpolicies -o yaml", at, durationMs: 1 };
  const one = (name: string, more: Partial<LiveObject> = {}): LiveObject => ({
    name,
    namespace: "dragonfly-system",
    labels: {},
    owned: false,
    managers: [],
    content: {},
    ...more,
  });
  const failed = (reason: string): Reading<never> => ({ ok: false, reason, code: "git.unreachable", ...stamp });
  const kept = {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: { name: "default-deny", namespace: "dragonfly-system" },
  };
  const observed = (more: Partial<DriftObservation>): DriftObservation => ({
    cluster: "infra",
    name: "infra-databases-dragonfly",
    kustomization: failed(""),
    built: { ok: true, value: { sha: "a", folder: "f", objects: [kept] }, ...stamp },
    objects: [],
    leftOut: [],
    lists: [],
    ...more,
  });
  const listOf = (found: Reading<readonly LiveObject[]>) => [{ kind, namespace: "dragonfly-system", found }];
  const there = (...objects: readonly LiveObject[]) => listOf({ ok: true, value: objects, ...stamp });
  const extras = (...all: readonly DriftObservation[]) => verifyExtras(all, "infra", config.shared, config);

  it.each([
    ["nothing more than Git has", there(one("default-deny")), "ok"],
    ["one more", there(one("default-deny"), one("team-x")), "fail"],
    ["one more, which another object made", there(one("made", { owned: true })), "ok"],
    [
      "one more with the label of a Kustomization that is compared: its leftover",
      there(one("old", { labels: { "kustomize.toolkit.fluxcd.io/name": "infra-databases-dragonfly" } })),
      "ok",
    ],
    [
      "one more with the label of a Kustomization that is not",
      there(one("more", { labels: { "kustomize.toolkit.fluxcd.io/name": "baseline" } })),
      "fail",
    ],
    ["a list that could not be read", listOf(failed("may not")), "unknown"],
    ["nothing of Git", [], "unknown"],
  ])("%s", (_, lists, verdict) => {
    expect(extras(observed({ lists }))).toMatchObject({ id: "drift.infra.extra", verdict });
  });

  it("is not what Kubernetes puts into every namespace, nor what the configuration names", () => {
    const configMap = { ...kind, apiVersion: "v1", kind: "ConfigMap", plural: "configmaps" } as const;
    const lists = (...names: readonly string[]) => [
      {
        kind: configMap,
        namespace: "dragonfly-system",
        found: { ok: true as const, value: names.map((name) => one(name)), ...stamp },
      },
    ];
    const mesh = observed({ lists: lists("kube-root-ca.crt", "istio-ca-root-cert") });
    expect(extras(observed({ lists: lists("kube-root-ca.crt") }))).toMatchObject({ verdict: "ok" });
    expect(extras(mesh)).toMatchObject({ verdict: "fail" });
    const named = { ...config, verify: { ...config.verify, besideGit: ["ConfigMap istio-ca-root-cert"] } };
    expect(verifyExtras([mesh], "infra", config.shared, named)).toMatchObject({ verdict: "ok" });
    const other = { ...config, verify: { ...config.verify, besideGit: ["NetworkPolicy istio-ca-root-cert"] } };
    expect(verifyExtras([mesh], "infra", config.shared, other)).toMatchObject({ verdict: "fail" });
  });

  it("is not known while another folder of Git, which may have it, could not be built", () => {
    const other = observed({ name: "baseline", built: failed("Git is away.") });
    expect(extras(observed({ lists: there(one("default-deny")) }), other)).toMatchObject({ verdict: "ok" });
    const found = extras(observed({ lists: there(one("team-x")) }), other);
    expect(found).toMatchObject({ verdict: "unknown" });
    expect(found.detail).toContain("Git is away.");
  });
});

describe("the users of a pod that are wrong", () => {
  const good: readonly ServerUser[] = [{ name: "default", enabled: false, rules: [] }];
  const bad: readonly ServerUser[] = [{ name: "default", enabled: true, rules: [] }];
  const platform = (of: Readonly<Record<string, readonly ServerUser[]>>): Platform => {
    const healthy = fakePlatform();
    return {
      ...healthy,
      servers: {
        ...healthy.servers,
        users: async ({ pod }) => {
          const users = of[pod];
          if (users === undefined) throw new BotError("server.unreachable", `${pod} refused the connection`, "Look");
          return users;
        },
      },
    };
  };

  it.each([
    ["all can be asked", { "dragonfly-0": good, "dragonfly-1": good, "dragonfly-2": good }, "ok"],
    ["one cannot be asked", { "dragonfly-0": good, "dragonfly-1": good }, "unknown"],
    ["one is wrong and one cannot be asked", { "dragonfly-0": good, "dragonfly-1": bad }, "fail"],
  ])("%s", async (_, users, verdict) => {
    expect(await find("hardening.acl.default-off", platform(users))).toMatchObject({ verdict });
  });
});

describe("the evidence", () => {
  it("is what came back and not what is thought of it: whoever asks, an answer is the same", async () => {
    const all = (await report(fakePlatform())).findings.flatMap(({ evidence }) => evidence);
    expect(all.filter(({ output }) => output === "as expected")).toEqual([]);
    const whole = /^kubectl --context=infra .*get (pods .* -L role|pvc|pdb -o yaml|services -o yaml|endpointslices)$/;
    const commands = new Set(all.map(({ command }) => command).filter((command) => whole.test(command)));
    expect(commands.size).toBeGreaterThan(4);
    for (const command of commands) {
      const answers = new Set(all.filter((one) => one.command === command).map(({ output }) => output));
      expect([...answers], command).toHaveLength(1);
    }
  });

  it("says who asked, and which bot answered", async () => {
    expect(await report(fakePlatform())).toMatchObject({
      askedBy: "cli ada",
      madeBy: expect.stringMatching(/^dfbot \d+\.\d+\.\d+$/),
    });
  });
});
