import { describe, expect, it } from "vitest";
import { BotError } from "../../../../src/errors.ts";
import type { Policy } from "../../../../src/network-policy/model.ts";
import type { Platform } from "../../../../src/platform/ports.ts";
import type { ProbeResult } from "../../../../src/probe/result.ts";
import type { Report } from "../../../../src/reports/model.ts";
import { verdictsOf } from "../../../../src/runbooks/last-result.ts";
import { meta, policy } from "../../../fakes/platform.ts";
import { ask, config, dropped, ended, says, through } from "./ground.ts";

describe("connectivity --matrix", () => {
  describe("the matrix' sample of others", () => {
    const names = [
      "default",
      "gitlab-system",
      "harbor",
      "kube-system",
      "shop",
      "web",
      "mail",
      "dragonfly-system",
      "flux-system",
    ];
    const namespaces = [
      ...names.map((name) => meta(name)),
      meta("let-in", { labels: { "access.platform/dragonfly": "true" } }),
      meta("going", { deletedAt: "2026-01-02T12:00:00Z" }),
    ];
    const shut = [policy("dragonfly", { matchLabels: { app: "dragonfly" } }, 0)];
    const matrix = (
      probe: Platform["probes"]["run"],
      sample = 2,
      at = "2026-01-02T12:00:00Z",
      networkPolicies: readonly Policy[] = shut,
    ) => {
      const settings = { ...config, probes: { ...config.probes, sample } };
      return ask({ matrix: true, cluster: "infra" }, probe, { infra: { networkPolicies, namespaces } }, settings, at);
    };
    const listed = ["gitlab-system", "harbor", "default"];
    const othersOf = (report: Report) =>
      (report.tables[0]?.rows ?? []).map(([name]) => String(name)).filter((name) => !listed.includes(name));

    it("is of namespaces that are on no list, let in by no label, and not the platform's own", async () => {
      expect(othersOf(await matrix(async () => ended(dropped), 50)).toSorted()).toEqual(["mail", "shop", "web"]);
    });

    it("is as large as configured, the same for a day and another on the next ones", async () => {
      const on = async (at: string) => othersOf(await matrix(async () => ended(dropped), 2, at)).join();
      const days = ["02", "03", "04", "05", "06", "07"];
      const samples = await Promise.all(days.map((day) => on(`2026-01-${day}T23:00:00Z`)));
      expect(await on("2026-01-02T01:00:00Z")).toBe(samples[0]);
      expect(new Set(samples).size).toBeGreaterThan(1);
      expect(samples.every((one) => one.split(",").length === 2)).toBe(true);
      expect(othersOf(await matrix(async () => ended(dropped), 0))).toEqual([]);
    });

    it("must be blocked, or the rule that lets it in is named", async () => {
      const report = await matrix(async () => ended(through), 1, undefined, []);
      const [name] = othersOf(report);
      const way = report.findings.find(({ id }) => id === `connectivity.infra.others.${name}`);
      expect(way).toMatchObject({ verdict: "fail", title: `${name} in infra gets through, and should be blocked` });
      expect(way?.detail).toContain("no policy isolates the pod");
    });

    it("is compared with another day's as a whole: its members change, what they stand for does not", async () => {
      const kept = async (at: string, probe: ProbeResult) => {
        const report = await matrix(async () => ended(probe), 1, at);
        return { others: othersOf(report).join(), verdicts: verdictsOf(report.findings) };
      };
      const days = await Promise.all(["02", "03", "04", "05"].map((day) => kept(`2026-01-${day}T12:00:00Z`, dropped)));
      expect(new Set(days.map(({ others }) => others)).size).toBeGreaterThan(1);
      const ids = days.map(({ verdicts }) => Object.keys(verdicts).toSorted().join());
      expect(new Set(ids).size).toBe(1);
      expect(days[0]?.verdicts).toMatchObject({ "connectivity.infra.others": "ok" });
      const open = await kept("2026-01-06T12:00:00Z", through);
      expect(open.verdicts).toMatchObject({ "connectivity.infra.others": "fail" });
    });

    it("is unknown where the namespaces cannot be listed", async () => {
      const unread = new BotError("kubernetes.forbidden", "no right to list", "Grant it");
      const report = await ask({ matrix: true, cluster: "infra" }, async () => ended(through), {
        infra: { networkPolicies: [], namespaces: unread },
      });
      expect(says(report)).toContain("unknown connectivity.infra.others");
    });
  });

  it("tries all of the configuration, never more pods at once than it says", async () => {
    let [now, most] = [0, 0];
    const report = await ask({ matrix: true }, async ({ namespace }) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      return ended(namespace === "default" ? dropped : through);
    });
    expect(report.tables[0]?.rows.map(([name, , does]) => `${name} ${does}`)).toEqual([
      ...["gitlab-system", "gitlab-system", "harbor", "harbor"].map((name) => `${name} gets through`),
      ...["default", "default"].map((name) => `${name} blocked`),
    ]);
    expect(most).toBe(3);
  });
});
