import { describe, expect, it } from "vitest";
import { type Plan, planSchema } from "../../../../src/approvals/plan.ts";
import { BotError } from "../../../../src/errors.ts";
import { rerunFrom } from "../../../../src/runbooks/durable/rerun.ts";
import type { TestKitOptions } from "../../../../src/runbooks/test-kit.ts";
import { ada, asked, conclusionOf, config, deeds, trial, verdictOf, type World } from "./world.ts";

const payments = {
  name: "payments",
  namespace: "payments-prod",
  owner: "C0PAYMENTS",
  purpose: "jobs of the payment service",
  memory: "512Mi",
};
const access = { namespace: "payments-prod" };
const policy = `${config.tenants.sharedDirectory}/networkpolicy.yaml`;
const botConfig = config.tenants.botConfig;
const approved = { state: "approved" as const, by: ["U0GRACE"] };

/** What people do between being asked and saying yes; only the first time. */
function meanwhile(act: (world: World, plan: Plan) => void): {
  readonly options: Partial<TestKitOptions>;
  readonly of: { world: World | undefined };
} {
  const of: { world: World | undefined } = { world: undefined };
  let done = false;
  const decide: TestKitOptions["decide"] = ({ plan }) => {
    if (!done && of.world !== undefined) act(of.world, planSchema.parse(plan));
    done = true;
    return approved;
  };
  return { of, options: { decide } };
}

function run(id: string, params: Record<string, unknown>, act: (world: World, plan: Plan) => void) {
  const { of, options } = meanwhile(act);
  const made = trial(id, options);
  of.world = made.world;
  return made.kit.run(params).then((ended) => ({ ...ended, world: made.world }));
}

/** The only thing that counts in the end: what is on main is what somebody approved. */
function mergedIsApproved(world: World): boolean {
  const [one] = world.git.mergeRequests;
  const last = world.git.did.findLast((name) => name.startsWith("merge "));
  return one?.state === "merged" && last === `merge !1 ${one.frozen?.head}`;
}

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

describe("when GitLab is not ready", () => {
  it("waits without a worker until it has computed that it can be merged", async () => {
    const { kit, world } = trial("access-allow", {}, ({ git }) => {
      git.rules.lateBy = 9;
    });
    const { record } = await kit.run(access);
    expect(record.state).toBe("succeeded");
    expect(
      record.checkpoints.filter(({ kind, name }) => kind === "sleep" && name === "waits for GitLab").length,
    ).toBeGreaterThan(2);
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);
  });

  it("fails with the link when the pipeline fails, and goes on from there when it was mended", async () => {
    let world: World | undefined;
    const made = trial(
      "access-allow",
      {
        rerun: (record) => {
          world?.git.people.pipeline(1, "succeeded");
          return rerunFrom(record, "U0ADA", made.kit.now());
        },
      },
      ({ git }) => {
        git.rules.pipeline = "failed";
      },
    );
    world = made.world;
    const { record } = await made.kit.run(access);
    expect(record.state).toBe("succeeded");
    expect(record.reruns).toHaveLength(1);
    expect(asked(record)).toHaveLength(1);
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);

    const broken = trial("access-allow", {}, ({ git }) => {
      git.rules.pipeline = "failed";
    });
    const ended = await broken.kit.run(access);
    expect(ended.record.failure).toMatchObject({
      code: "merge-request.pipeline-failed",
      message: expect.stringContaining("/pipelines/1"),
    });
  });

  it("gives GitLab's own approval with the second account", async () => {
    const { kit, world } = trial("access-allow", {}, ({ git }) =>
      Object.assign(git.rules, { approvalsRequired: 1, secondAccount: true }),
    );
    expect((await kit.run(access)).record.state).toBe("succeeded");
    expect(deeds(world)).toEqual(["commit", "open", "note", "approve", "merge"]);
  });

  it("says which approval is missing in GitLab when there is no second account, and merges once it is given", async () => {
    let world: World | undefined;
    const waits: string[] = [];
    const made = trial(
      "access-allow",
      {
        meanwhile: (record) => {
          const last = record.checkpoints.at(-1);
          if (last?.kind === "sleep") waits.push(last.name);
          if (waits.length === 3 && world?.git.mergeRequests[0]?.approvedBy.length === 0)
            world.git.people.approve(1, "grace");
          return record;
        },
      },
      ({ git }) => {
        git.rules.approvalsRequired = 1;
      },
    );
    world = made.world;
    const { record } = await made.kit.run(access);
    expect(record.state).toBe("succeeded");
    expect(waits[0]).toBe(
      "waits for 1 more approval in GitLab, by somebody who may give it there (no second account is configured)",
    );
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);
  });

  it("notices a push while it waits, and asks again", async () => {
    let world: World | undefined;
    let looked = 0;
    const made = trial(
      "access-allow",
      {
        meanwhile: (record) => {
          const last = record.checkpoints.at(-1);
          if (last?.kind === "sleep" && looked++ === 1) {
            const branch = world?.git.mergeRequests[0]?.sourceBranch ?? "";
            const text = world?.git.text(branch, policy) ?? "";
            if (world !== undefined) world.git.rules.pipeline = "succeeded";
            world?.git.people.push(branch, { [policy]: `${text}# late\n` }, ada.emails[0]);
          }
          return record;
        },
      },
      ({ git }) => {
        git.rules.pipeline = "running";
      },
    );
    world = made.world;
    const { record } = await made.kit.run(access);
    expect(record.state).toBe("succeeded");
    expect(asked(record)).toHaveLength(2);
    expect(deeds(world).filter((one) => one === "merge")).toHaveLength(1);
    expect(mergedIsApproved(world)).toBe(true);
  });

  it("gives up after a day, and says what GitLab says", async () => {
    const { kit } = trial("access-allow", {}, ({ git }) => {
      git.rules.pipeline = "running";
    });
    const { record } = await kit.run(access);
    expect(record.failure).toMatchObject({
      code: "merge-request.not-ready",
      message: expect.stringContaining("pipeline-running"),
    });
  }, 60_000);
});

describe("after the merge", () => {
  it("waits for Flux, and does not take an older revision for the change", async () => {
    let world: World | undefined;
    let looks = 0;
    const made = trial("access-allow", {
      meanwhile: (record) => {
        const last = record.checkpoints.at(-1);
        if (last?.kind === "sleep" && ++looks === 4 && world !== undefined) world.cluster.fluxAt = undefined;
        return record;
      },
    });
    world = made.world;
    world.cluster.fluxAt = world.git.branches.get("main");
    const { record } = await made.kit.run(access);
    expect(verdictOf(record, "flux.infra-databases-dragonfly")).toBe("ok");
    expect(record.checkpoints.filter(({ name }) => name.startsWith("waits: Flux has not applied"))).toHaveLength(4);
  });

  it("fails with the cause and the way back when it does not serve in its time; the merge stays", async () => {
    const { kit, world } = trial("tenant-propose", {}, ({ cluster }) => {
      cluster.secretsSynced = false;
    });
    const { record } = await kit.run(payments);
    expect(record.state).toBe("succeeded");
    const failed = conclusionOf(record).findings.find(({ verdict }) => verdict === "fail");
    expect(failed).toMatchObject({
      id: "secret.dragonfly-system",
      next: [{ runbook: "revert", params: { mergeRequest: 1 }, label: "Take !1 back" }],
    });
    expect(conclusionOf(record).summary).toMatch(/^!1 is merged as .*, but: /);
    expect(world.told).toEqual([]);
  });

  it("counts an upgrade as done only when every pod has the image", async () => {
    const { kit } = trial("upgrade", {}, ({ cluster }) => {
      cluster.image = "docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.1";
    });
    const { record } = await kit.run({ image: "docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.2" });
    expect(verdictOf(record, "instance.dragonfly")).toBe("fail");
    expect(conclusionOf(record).summary).toContain("3 of 3 pods of dragonfly do not run");
  });

  it("leaves unknown what cannot be read", async () => {
    const { kit } = trial("access-allow", {}, ({ cluster }) => {
      cluster.failing.kustomizations = new BotError("kubernetes.unreachable", "refused", "");
    });
    const { record } = await kit.run(access);
    expect(verdictOf(record, "flux.infra-databases-dragonfly")).toBe("unknown");
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
