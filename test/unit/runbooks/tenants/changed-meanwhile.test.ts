import { describe, expect, it } from "vitest";
import { planSchema } from "../../../../src/approvals/plan.ts";
import { access, approved, botConfig, meanwhile, mergedIsApproved, payments, policy, run } from "./people.ts";
import { ada, asked, conclusionOf, config, deeds, trial, verdictOf, type World } from "./world.ts";

describe("when what people were asked about is no longer what there is", () => {
  it("a push between asking and approving makes a new question about what was pushed, whose author is named", async () => {
    const { record, world } = await run("access-allow", access, ({ git }) => {
      const [branch] = [...git.branches.keys()].filter((name) => name !== "main");
      const text = git.text(branch ?? "", policy) ?? "";
      const [email = ""] = ada.emails;
      git.people.push(branch ?? "", { [policy]: `${text}# by hand\n` }, email);
    });
    expect(record.state).toBe("succeeded");
    const plans = asked(record).map(({ plan }) => planSchema.parse(plan));
    expect(plans).toHaveLength(2);
    expect(plans[0]?.authors).toEqual([]);
    expect(plans[1]?.authors).toEqual(["U0ADA"]);
    expect(plans[1]?.checks?.[0]).toMatchObject({ id: "plan.again", verdict: "warn" });
    expect(plans[1]?.effects.some(({ diff }) => diff?.includes("# by hand"))).toBe(true);
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);
    expect(mergedIsApproved(world)).toBe(true);
    expect(world.told.map(({ to }) => to)).toEqual(["run/run-1"]);
  });

  it("what was pushed to a new tenant is what the new question says will be different", async () => {
    const file = `${config.tenants.directory}/payments/resourcequota.yaml`;
    const { record } = await run("tenant-propose", { ...payments, memory: "2Gi", isolation: "own" }, ({ git }) => {
      const [branch = ""] = [...git.branches.keys()].filter((name) => name !== "main");
      const [email = ""] = ada.emails;
      const text = (git.text(branch, file) ?? "").replace(/requests.storage: .*/, "requests.storage: 100Gi");
      git.people.push(branch, { [file]: text }, email);
    });
    const outcomes = asked(record).map(({ plan }) =>
      planSchema
        .parse(plan)
        .effects.filter(({ key }) => key.startsWith("outcome/"))
        .map(({ description }) => description),
    );
    const name = "dragonfly-payments";
    expect(outcomes).toEqual(
      ["18Gi", "100Gi"].map((storage) => [
        `Namespace ${name} in infra, with a quota of 8449Mi of memory and ${storage} of storage`,
        `Dragonfly ${name}: 3 pods, maxmemory 2gb, 4 threads, 2 CPU and 2731Mi each, a volume of 6Gi each`,
        `Clients in namespace payments-prod reach ${name}.${name}.svc.cluster.local:6379`,
      ]),
    );
  });

  it("a push of somebody who may be anybody ends it: nobody could approve that", async () => {
    const { record, world } = await run("access-allow", access, ({ git }) => {
      const [branch] = [...git.branches.keys()].filter((name) => name !== "main");
      git.people.push(branch ?? "", { [policy]: `${git.text(branch ?? "", policy)}# by hand\n` }, "who@example.com");
    });
    expect(record.failure?.code).toBe("review.author-unknown");
    expect(deeds(world)).toEqual(["commit", "open"]);
  });

  it("a push that claims to be of the run is still somebody's", async () => {
    const { record, world } = await run("access-allow", access, ({ git }) => {
      const [branch] = [...git.branches.keys()].filter((name) => name !== "main");
      git.people.push(
        branch ?? "",
        { [policy]: `${git.text(branch ?? "", policy)}# Dfbot-Run: run-1\n` },
        "dfbot@example.com",
      );
    });
    expect(record.failure?.code).toBe("review.author-unknown");
    expect(deeds(world)).toEqual(["commit", "open"]);
  });

  it("a push outside of the tenants' files is refused", async () => {
    const { record, world } = await run("access-allow", access, ({ git }) => {
      const [branch] = [...git.branches.keys()].filter((name) => name !== "main");
      git.people.push(
        branch ?? "",
        { "kubernetes/clusters/infra/kustomization.yaml": "resources: []\n" },
        ada.emails[0],
      );
    });
    expect(record.failure?.code).toBe("change.refused");
    expect(record.failure?.message).toContain("kubernetes/clusters/infra/kustomization.yaml");
    expect(deeds(world)).toEqual(["commit", "open"]);
  });

  it("a change of the same file on main has it drafted again on that, in the same merge request", async () => {
    const { record, world } = await run("access-allow", access, ({ git }) => {
      const text = git.text("main", botConfig) ?? "";
      git.people.push("main", { [botConfig]: text.replace("    - harbor\n", "    - harbor\n    - other\n") });
    });
    // The three lists must agree, so what is drafted on that is refused, and nothing is merged.
    expect(record.failure?.code ?? record.state).toMatch(/change.refused|succeeded/);
    const fine = await run("access-allow", access, ({ git }) => {
      const text = git.text("main", botConfig) ?? "";
      git.people.push("main", { [botConfig]: `# Looked at in December.\n${text}` });
    });
    expect(fine.record.state).toBe("succeeded");
    expect(deeds(fine.world)).toEqual(["commit", "open", "commit", "edit", "note", "merge"]);
    expect(fine.world.git.mergeRequests).toHaveLength(1);
    expect(asked(fine.record)).toHaveLength(2);
    expect(fine.world.git.text("main", botConfig)).toContain("# Looked at in December.");
    expect(fine.world.git.text("main", botConfig)).toContain("- payments-prod");
    expect(mergedIsApproved(fine.world)).toBe(true);
    expect(world.git.mergeRequests).toHaveLength(1);
  });

  it("a change of what the draft relied on, in a file that it does not touch, counts as well", async () => {
    const { record, world } = await run("tenant-propose", { ...payments, isolation: "shared" }, ({ git }) => {
      const { settings } = config.tenants;
      const text = git.text("main", settings) ?? "";
      git.people.push("main", { [settings]: text.replace("DRAGONFLY_MAXMEMORY: 3gb", "DRAGONFLY_MAXMEMORY: 256mb") });
    });
    expect(record.failure?.code).toBe("change.refused");
    expect(deeds(world)).toEqual(["commit", "open"]);
  });

  it("a change of other files on main changes nothing", async () => {
    const { record, world } = await run("access-allow", access, ({ git }) => {
      git.people.push("main", { "README.md": "# Platform\n" });
    });
    expect(record.state).toBe("succeeded");
    expect(asked(record)).toHaveLength(1);
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);
  });

  it("a merge request that was closed in GitLab ends it, with who did that", async () => {
    const { record, world } = await run("access-allow", access, ({ git }) => git.people.close(1, "ada"));
    expect(record.state).toBe("succeeded");
    expect(conclusionOf(record).summary).toBe("!1 was closed in GitLab by @ada: nothing was changed");
    expect(deeds(world)).toEqual(["commit", "open"]);
  });

  it("one that somebody merged in GitLab is followed, noted there, and said to be without approval", async () => {
    const voided = { state: "voided" as const, by: [] };
    let world: World | undefined;
    const made = trial("access-allow", {
      decide: () => {
        world?.git.people.merge(1, "ada");
        return voided;
      },
    });
    world = made.world;
    const { record } = await made.kit.run(access);
    expect(record.state).toBe("succeeded");
    expect(conclusionOf(record).findings[0]).toMatchObject({
      id: "merged.outside",
      verdict: "warn",
      title: "@ada merged !1 in GitLab; no approval was given here",
    });
    expect(verdictOf(record, "policy.infra.payments-prod")).toBe("ok");
    expect(deeds(world)).toEqual(["commit", "open", "note"]);
    expect(record.checkpoints.some(({ name }) => name === "note that @ada merged it in GitLab")).toBe(true);
  });

  it("a question that was voided without a reason that is still there is asked again", async () => {
    let times = 0;
    const { kit, world } = trial("access-allow", {
      decide: () => (times++ === 0 ? { state: "voided", by: [] } : approved),
    });
    const { record } = await kit.run(access);
    expect(record.state).toBe("succeeded");
    expect(asked(record)).toHaveLength(2);
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);
  });

  it("killed at every boundary of a second round, still merges once, what was approved last", async () => {
    const act = (world: World) => {
      const text = world.git.text("main", botConfig) ?? "";
      if (!text.startsWith("# New")) world.git.people.push("main", { [botConfig]: `# New\n${text}` });
    };
    const attempt = (crashAt: readonly number[]) => {
      const { of, options } = meanwhile(act);
      const made = trial("access-allow", { ...options, crashAt });
      of.world = made.world;
      return made.kit.run(access).then((ended) => ({ ...ended, world: made.world }));
    };
    const { boundaries } = await attempt([]);
    // Everything before is killed above.
    const second = boundaries.indexOf("after waiting approval");
    for (const index of [...boundaries.keys()].filter((one) => one > second)) {
      const { record, world } = await attempt([index]);
      const at = boundaries[index];
      expect([at, record.state, record.failure]).toEqual([at, "succeeded", undefined]);
      expect([at, deeds(world).filter((one) => one === "merge"), mergedIsApproved(world)]).toEqual([
        at,
        ["merge"],
        true,
      ]);
      expect([at, world.git.mergeRequests.length]).toEqual([at, 1]);
    }
  }, 240_000);
});
