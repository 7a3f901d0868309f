import { describe, expect, it } from "vitest";
import { planSchema } from "../../../../src/approvals/plan.ts";
import { BotError } from "../../../../src/errors.ts";
import { access, approved, mergedIsApproved, payments } from "./people.ts";
import { asked, conclusionOf, config, deeds, trial, verdictOf } from "./world.ts";

describe("a change of the Git project", () => {
  it("is one merge request, merged as it was approved, followed, and told to the tenant", async () => {
    const { world, kit } = trial("tenant-propose", { decide: () => approved });
    const { record } = await kit.run(payments);
    expect(record.failure).toBeUndefined();
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);
    expect(world.git.branches.get("main")).toBe(world.git.mergeRequests[0]?.mergedAs);
    expect(world.git.text("main", `${config.tenants.directory}/payments/tenant.yaml`)).toContain("name: payments");
    expect(verdictOf(record, "merged.exact")).toBe("ok");
    expect(world.told).toEqual([
      { key: "run-1/tenant/payments/1", to: "C0PAYMENTS", text: expect.stringContaining("payments is served") },
    ]);
    // Nobody has tried to connect.
    expect(
      conclusionOf(record)
        .findings.filter(({ verdict }) => verdict !== "ok")
        .map(({ id }) => id),
    ).toEqual(["connectivity.infra.payments-prod"]);
  });

  it("shows people every file with its whole diff, the checks, the head and the merge request", async () => {
    const { kit, world } = trial("tenant-propose");
    const [question] = asked((await kit.run(payments)).record);
    const plan = planSchema.parse(question?.plan);
    const head = world.git.mergeRequests[0]?.frozen?.head;
    expect(plan).toMatchObject({ target: "tenant/payments", url: expect.stringContaining("/merge_requests/1") });
    expect(plan.preconditions.find(({ id }) => id === "head")?.expected).toBe(head);
    const changed = [...world.git.files("main").keys()].filter(
      (path) => world.git.text("main", path) !== [...world.git.commits.values()][0]?.files.get(path),
    );
    expect(plan.effects.filter(({ key }) => key.startsWith("file/")).map(({ key }) => key.slice(5))).toEqual(
      changed.toSorted(),
    );
    expect(plan.effects.every(({ key, diff }) => !key.startsWith("file/") || (diff ?? "").includes("@@"))).toBe(true);
    expect(plan.checks?.map(({ id }) => id)).toContain("name.taken");
  });

  it("leaves in Git who asked, who approved, and which plan", async () => {
    const { kit, world } = trial("access-allow", { decide: () => approved });
    const { record } = await kit.run(access);
    const [one] = world.git.mergeRequests;
    const message = world.git.commits.get(one?.mergedAs ?? "")?.message;
    const digest = asked(record)[0]?.digest;
    expect(message).toContain("Requested-by: tester");
    expect(message).toContain("Approved-by: U0GRACE (grace in GitLab)");
    expect(message).toContain("Dfbot-Run: run-1");
    expect(message).toContain(`Dfbot-Plan: ${digest}`);
    expect(one?.notes.map(({ text }) => text)).toEqual([expect.stringContaining("Approved in Slack by `U0GRACE")]);
    expect(one?.notes[0]?.text).toContain(digest);
  });

  it("names the plan that people saw, also when another version of the bot has replaced the one that asked", async () => {
    const seen = "a".repeat(64);
    const { kit, world } = trial("access-allow", {
      decide: () => approved,
      meanwhile: (record) => ({
        ...record,
        checkpoints: record.checkpoints.map((one) =>
          one.kind === "approval"
            ? { ...one, digest: seen, plan: { ...planSchema.parse(one.plan), digest: seen } }
            : one,
        ),
      }),
    });
    await kit.run(access);
    const [one] = world.git.mergeRequests;
    expect(world.git.commits.get(one?.mergedAs ?? "")?.message).toContain(`Dfbot-Plan: ${seen}`);
    expect(one?.notes.map(({ text }) => text)).toEqual([expect.stringContaining(seen)]);
  });

  it("killed at every boundary in turn, is still one branch, one merge request, one merge, one message", async () => {
    const whole = trial("tenant-propose", { decide: () => approved });
    const { boundaries } = await whole.kit.run(payments);
    for (const index of boundaries.keys()) {
      const { world, kit } = trial("tenant-propose", { decide: () => approved, crashAt: [index] });
      const { record } = await kit.run(payments);
      const at = boundaries[index];
      expect([at, record.state, record.failure]).toEqual([at, "succeeded", undefined]);
      expect([at, deeds(world), mergedIsApproved(world)]).toEqual([at, ["commit", "open", "note", "merge"], true]);
      expect([at, world.told.length]).toEqual([at, 1]);
      expect([at, [...world.git.branches.keys()]]).toEqual([at, ["main"]]);
    }
  }, 240_000);

  it.each(["commit", "open", "note", "merge"])("goes on when the answer to %s is lost", async (what) => {
    const { world, kit } = trial("access-allow", {}, ({ git }) => git.loseAnswerOf(what));
    const { record } = await kit.run(access);
    expect(record.state).toBe("succeeded");
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);
  });

  it("writes nothing when a check fails", async () => {
    const { world, kit } = trial("tenant-propose");
    const { record } = await kit.run({ ...payments, name: "dfly" });
    expect(record.failure?.code).toBe("change.refused");
    expect(record.failure?.message).toMatch(/is refused\. /);
    expect(world.git.did).toEqual([]);
  });

  it("writes nothing when everything is so already, or the cluster would not take it", async () => {
    const { world, kit } = trial("access-allow");
    const { record } = await kit.run({ namespace: "harbor" });
    expect(record.failure?.message).toContain("Nothing would change");
    const refused = trial("tenant-propose", {}, ({ cluster }) => {
      cluster.failing.wouldAccept = new BotError("kubernetes.invalid", "spec.replicas: must be a number", "");
    });
    const ended = await refused.kit.run({ ...payments, memory: "2Gi", isolation: "own" });
    expect(ended.record.failure?.message).toContain("would not take dragonfly-payments: spec.replicas");
    expect([...world.git.did, ...refused.world.git.did]).toEqual([]);
  });

  it("merges nothing when it is rejected, or nobody answers", async () => {
    for (const state of ["rejected", undefined] as const) {
      const { world, kit } = trial("access-allow", {
        decide: () => (state === undefined ? undefined : { state, by: ["U2"] }),
      });
      expect((await kit.run(access)).record.state).toBe(state ?? "expired");
      expect(deeds(world)).toEqual(["commit", "open"]);
    }
  });
});

describe("without a Git project", () => {
  it("is refused with what to set", async () => {
    const { deps, kit } = trial("access-allow", {}, ({ git }) => {
      Object.assign(git.reader, {
        head: async () => {
          throw new BotError("git.not-configured", "No Git project is configured", "Set GITLAB_URL");
        },
      });
    });
    expect(deps.config).toBe(config);
    expect((await kit.run(access)).record.failure?.code).toBe("git.not-configured");
  });
});
