import { describe, expect, it } from "vitest";
import { BotError } from "../../../../src/errors.ts";
import { diffOf } from "../../../../src/reports/plan-report.ts";
import { catalog } from "../../../../src/runbooks/catalog/index.ts";
import { changeIds } from "../../../../src/runbooks/changes/ids.ts";
import { createRunner } from "../../../../src/runbooks/runner.ts";
import { tenantSchema } from "../../../../src/tenants/change.ts";
import { draftChange } from "../../../../src/tenants/drafting.ts";
import { project } from "../../tenants/project.ts";
import { config, createWorld, type World } from "./world.ts";

const now = () => new Date("2026-01-02T12:00:00Z");

function ask(id: string, params: Record<string, unknown>, prepare: (world: World) => void = () => {}) {
  const world = createWorld({ now });
  prepare(world);
  const scrub = (text: string) => text;
  const runner = createRunner({ runbooks: catalog, config, platform: world.platform, scrub, now });
  const requester = { surface: "cli" as const, id: "ada" };
  return runner.run({ runbook: id, params, requester }).then((report) => ({ report, world }));
}

const payments = {
  ...{ name: "payments", namespace: "payments-prod", owner: "team payments", purpose: "jobs" },
  memory: "2Gi",
};

describe("the plan of a change, before anything is written", () => {
  it("has the checks as findings, the sums as a table, and every file's diff as evidence of git diff", async () => {
    const { report, world } = await ask("plan-tenant-propose", payments);
    expect(report.verdict).not.toBe("fail");
    expect(report.findings.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        "name.taken",
        "cluster.schema",
        "cluster.dry-run",
        "plan.effects",
        "plan.reasons",
        "plan.files",
      ]),
    );
    expect(report.tables[0]?.title).toBe("Sums");
    const diff = diffOf(report);
    expect(diff).toContain(`+++ b/${config.tenants.directory}/payments/tenant.yaml`);
    expect(diff).toContain("+  - payments");
    expect(world.git.did).toEqual([]);
  });

  it("recommends an own instance for what the shared one cannot give, and the shared one for the rest", async () => {
    const own = await ask("plan-tenant-propose", payments);
    const shared = await ask("plan-tenant-propose", { ...payments, memory: "512Mi" });
    expect(diffOf(own.report)).toContain("isolation: own");
    expect(diffOf(shared.report)).toContain("isolation: shared");
  });

  it("would be refused, says the plan, where a check fails", async () => {
    const { report } = await ask("plan-access-allow", { namespace: "harbor" });
    expect(report).toMatchObject({ verdict: "fail", summary: expect.stringContaining("would be refused") });
  });

  it("is held against the schema of the live cluster", async () => {
    const { report } = await ask("plan-tenant-propose", payments, ({ cluster }) => {
      cluster.schema = {
        type: "object",
        properties: { spec: { type: "object", properties: { replicas: { type: "string" } } } },
      };
    });
    const schema = report.findings.find(({ id }) => id === "cluster.schema");
    expect(schema).toMatchObject({ verdict: "fail", detail: expect.stringContaining("spec.replicas: must be string") });
    expect(schema?.detail).toContain("spec.image: the schema has no such field");
  });

  it("is unknown, with the reason, where the cluster cannot be asked", async () => {
    const { report } = await ask("plan-tenant-propose", payments, ({ cluster }) => {
      cluster.failing.customResourceSchema = new BotError("kubernetes.unreachable", "refused", "");
      cluster.failing.wouldAccept = new BotError("kubernetes.forbidden", "may not", "");
    });
    const verdicts = report.findings.filter(({ id }) => id.startsWith("cluster.")).map(({ verdict }) => verdict);
    expect(verdicts).toEqual(["unknown", "unknown"]);
    expect(report.verdict).toBe("unknown");
  });

  it("is unknown where Git cannot be read", async () => {
    const { report } = await ask("plan-upgrade", { image: "example.com/dragonfly:v1.40.2" }, ({ git }) => {
      Object.assign(git.reader, {
        head: async () => {
          throw new BotError("git.unreachable", "GitLab does not answer", "Try again");
        },
      });
    });
    expect(report.verdict).toBe("unknown");
    expect(report.summary).toContain("GitLab does not answer");
  });

  it("is there for every change of the Git project, unlisted, with the same parameters", () => {
    const plans = catalog.filter(({ id }) => id.startsWith("plan-"));
    expect(plans.every(({ listed }) => listed === false)).toBe(true);
    const planned = changeIds.filter((id) => catalog.some((one) => one.id === `plan-${id}`));
    expect(planned).toEqual(changeIds.slice(4, -1));
  });
});

describe("tenants", () => {
  const withPayments = (world: World, more: Record<string, string> = {}) => {
    const folder = `${config.tenants.directory}/payments`;
    world.git.people.push("main", { [`${folder}/tenant.yaml`]: "kind: ConfigMap\n", ...more });
  };

  it("says that there are none", async () => {
    const { report } = await ask("tenants", {});
    expect(report).toMatchObject({ verdict: "ok", summary: expect.stringContaining("There are no tenants yet") });
  });

  it("names one whose file is not as it should be", async () => {
    const { report } = await ask("tenants", {}, withPayments);
    expect(report.verdict).toBe("fail");
    expect(report.findings.map(({ id }) => id)).toContain("tenant.payments");
  });

  it("says how each is, and where the cluster differs from Git", async () => {
    const tenant = tenantSchema.parse({ ...payments, owner: "team", isolation: "own" });
    const there = (world: World) => {
      const { edits } = draftChange({ kind: "propose", tenant }, project, config);
      world.git.people.push("main", Object.fromEntries(edits.map(({ path, after }) => [path, after])));
    };
    const { report } = await ask("tenants", {}, there);
    expect(report.findings.filter(({ verdict }) => verdict === "fail")).toEqual([]);
    expect(report.tables[0]?.rows[0]).toEqual(["payments", "unknown", "2Gi", "own", "payments-prod", "team"]);
    const drifted = await ask("tenants", {}, (world) => {
      there(world);
      world.cluster.drifted = { replicas: 5 };
    });
    expect(drifted.report.findings.find(({ verdict }) => verdict === "fail")).toMatchObject({
      id: "payments.instance.dragonfly-payments",
      detail: "replicas is 5, and 3 in Git.",
    });
    const behind = await ask("tenants", {}, (world) => {
      world.cluster.fluxAt = world.git.branches.get("main");
      there(world);
    });
    expect(behind.report.findings[0]).toMatchObject({ id: "flux.infra-databases-tenants", verdict: "fail" });
  });

  it("is unknown where Git cannot be read", async () => {
    const { report } = await ask("tenants", {}, ({ git }) => {
      Object.assign(git.reader, {
        files: async () => {
          throw new BotError("git.timeout", "GitLab does not answer", "Try again");
        },
      });
    });
    expect(report).toMatchObject({ verdict: "unknown", summary: "The tenants could not be read from Git" });
  });
});
