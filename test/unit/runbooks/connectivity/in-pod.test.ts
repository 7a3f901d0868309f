import { describe, expect, it } from "vitest";
import { BotError } from "../../../../src/errors.ts";
import type { Policy } from "../../../../src/network-policy/model.ts";
import type { Pod } from "../../../../src/platform/kubernetes.ts";
import type { ProbeOutcome, WantedProbe } from "../../../../src/platform/probes.ts";
import type { ProbeResult } from "../../../../src/probe/result.ts";
import { catalog } from "../../../../src/runbooks/catalog/index.ts";
import { createRunner } from "../../../../src/runbooks/runner.ts";
import { fakePlatform, meta, pod, policy } from "../../../fakes/platform.ts";
import { ask, config, dropped, ended, says, through } from "./ground.ts";

describe("connectivity from a certain pod", () => {
  it("asks for a right of its own before it puts anything into somebody's pod", async () => {
    const asked: string[] = [];
    const runner = createRunner({
      runbooks: catalog,
      config,
      platform: fakePlatform({ infra: { networkPolicies: [] }, probe: async () => ended(through) }),
      scrub: (text) => text,
      now: () => new Date(),
      permit: async ({ runbook }) => {
        asked.push(runbook);
        if (runbook === "connectivity-from") throw new BotError("permission.denied", "not you", "Ask");
      },
    });
    const requester = { surface: "slack", id: "U1" } as const;
    const run = (params: object) => runner.run({ runbook: "connectivity", params: { ...params }, requester });
    await expect(run({ namespace: "shop", from: "pod/web-0" })).rejects.toThrow(/not you/);
    await expect(run({ namespace: "shop" })).resolves.toMatchObject({ runbook: "connectivity" });
    expect(asked).toEqual(["connectivity", "connectivity-from", "connectivity"]);
  });

  it("judges a pod by its own labels, and tries it in that pod", async () => {
    const asked: WantedProbe[] = [];
    const labels = { app: "web" };
    const closed: Policy = {
      ...policy("dragonfly", { matchLabels: { app: "dragonfly" } }, 0),
      ingress: {
        isolates: true,
        deny: [],
        allow: [
          {
            place: "ingress[0]",
            ports: undefined,
            peers: [{ kind: "pods", place: "from[0]", namespaces: {}, pods: { matchLabels: labels } }],
          },
        ],
      },
    };
    const of = (pod: Pod) => ({ infra: { networkPolicies: [closed], pod } });
    const from = async (labelled: Readonly<Record<string, string>>, found: ProbeResult) =>
      (
        await ask(
          { namespace: "shop", cluster: "infra", from: "pod/web-0" },
          async (wanted) => {
            asked.push(wanted);
            return ended(found);
          },
          of({ ...pod(0), meta: meta("web-0", { namespace: "shop", labels: labelled }) }),
        )
      ).findings[0];
    expect(await from(labels, through)).toMatchObject({
      id: "connectivity.infra.shop.pod.web-0",
      verdict: "ok",
      title: "pod web-0 of shop in infra gets through, as it should",
    });
    expect(await from({ app: "other" }, dropped)).toMatchObject({ verdict: "ok" });
    expect(await from({ app: "other" }, through)).toMatchObject({ verdict: "fail" });
    expect(asked[0]).toMatchObject({ pod: "web-0", namespace: "shop" });
  });

  it("does not call a pod well placed whose labels it may not read", async () => {
    const infra = { networkPolicies: [], pod: new BotError("kubernetes.forbidden", "no right to pods", "Grant it") };
    const report = await ask({ namespace: "shop", cluster: "infra", from: "pod/web-0" }, async () => ended(through), {
      infra,
    });
    expect(report.findings[0]).toMatchObject({
      verdict: "unknown",
      detail: expect.stringContaining("no right to pods"),
    });
  });

  it.each<[ProbeOutcome, string, RegExp]>([
    [
      { kind: "refused", why: "pod-missing", said: "not found" },
      "unknown connectivity.shop",
      /no pod web-0 in namespace shop/,
    ],
    [
      { kind: "refused", why: "pod-not-running", said: "pod web-0 is Pending" },
      "unknown connectivity.infra.shop.pod.web-0",
      /Pending/,
    ],
    [
      { kind: "refused", why: "no-ephemeral-containers", said: "no such resource" },
      "unknown connectivity.infra.shop.pod.web-0",
      /no such resource/,
    ],
    ...(
      [
        ["image", /image cannot be pulled ImagePullBackOff\. Look at probes\.image.*that pod's imagePullSecrets/],
        ["not-started", /the node cannot start the probe .*the events of the pod/],
        ["failed", /ended before it had said .*kubectl logs/],
        ["pod-gone", /the pod went away meanwhile .*Ask again/],
        ["node-silent", /node does not say .*kubectl get nodes/],
        ["late", /not started in time .*what it waits for/],
      ] as const
    ).map(([why, words]): [ProbeOutcome, string, RegExp] => [
      { kind: "stuck", why, pod: "web-0", said: "ImagePullBackOff" },
      "unknown connectivity.infra.shop.pod.web-0",
      words,
    ]),
  ])("says %j, and never that it is blocked", async (outcome, id, words) => {
    const report = await ask({ namespace: "shop", cluster: "infra", from: "pod/web-0" }, async () => outcome);
    expect(says(report)).toEqual([id]);
    expect(`${report.findings[0]?.title} ${report.findings[0]?.detail}`).toMatch(words);
  });
});
