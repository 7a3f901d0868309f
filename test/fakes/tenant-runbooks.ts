import { z } from "zod";
import { makePlan } from "../../src/approvals/plan.ts";
import type { Finding, ReportTable } from "../../src/reports/model.ts";
import { defineRunbook } from "../../src/runbooks/define.ts";
import type { Runbook } from "../../src/runbooks/definition.ts";
import type { ChangeRunbook } from "../../src/runbooks/durable/definition.ts";
import { tenantSchema } from "../../src/tenants/change.ts";
import { finding } from "./report.ts";

/** Tenant changes as far as a surface sees them: parameters, a plan, a card. Nothing is drafted or written. */

const at = "2026-01-02T12:00:00.000Z";
const params = tenantSchema.extend({ isolation: tenantSchema.shape.isolation.optional() });

export const diff = [
  "diff --git a/tenants/payments/tenant.yaml b/tenants/payments/tenant.yaml",
  "new file mode 100644",
  "--- /dev/null",
  "+++ b/tenants/payments/tenant.yaml",
  "@@ -0,0 +1,2 @@",
  "+kind: ConfigMap",
  "+name: payments & <friends>",
].join("\n");

const sums: ReportTable = {
  title: "Sums",
  columns: ["what", "now", "then", "limit"].map((title) => ({ title, align: "left" as const })),
  rows: [["memory of all tenants", "4Gi", "6Gi", "64Gi"]],
};

export interface Planned {
  readonly findings: readonly Finding[];
  readonly tables: readonly ReportTable[];
}

/** A name that is taken fails; everything else is fine. */
function planned(name: string): Planned {
  const taken = name === "taken";
  return {
    findings: [
      finding({
        id: "name.taken",
        verdict: taken ? "fail" : "ok",
        title: taken ? "There is a tenant taken already" : "The name is free",
        detail: taken ? "Choose another name." : "",
        section: "Checks",
        evidence: [],
      }),
      finding({
        id: "effects",
        title: "What will be different",
        detail: "• a Dragonfly of three pods\n• a Secret for <payments>",
        section: "Plan",
        evidence: [{ command: "git diff", output: diff, at }],
      }),
    ],
    tables: [sums],
  };
}

export const planTenantPropose = defineRunbook({
  id: "plan-tenant-propose",
  title: "Plan of a new tenant",
  description: "Proposes a tenant by merge request",
  params,
  positional: ["name"],
  effect: "read",
  listed: false,
  run: async ({ params: { name } }) => ({ summary: `Own instance for ${name}`, ...planned(name) }),
}) as unknown as Runbook;

export const planTenantResize = defineRunbook({
  id: "plan-tenant-resize",
  title: "Plan of another size",
  description: "Resizes a tenant",
  params: z.strictObject({ name: params.shape.name, memory: params.shape.memory.optional() }),
  positional: ["name"],
  effect: "read",
  listed: false,
  run: async ({ params: { name } }) => ({ summary: `Another size for ${name}`, ...planned(name) }),
}) as unknown as Runbook;

export const planRevert = defineRunbook({
  id: "plan-revert",
  title: "Plan of a revert",
  description: "Takes back a merge request",
  params: z.strictObject({ mergeRequest: z.int().min(1).describe("its number") }),
  positional: ["mergeRequest"],
  effect: "read",
  listed: false,
  run: async ({ params: { mergeRequest } }) => ({ summary: `Revert !${mergeRequest}`, ...planned("revert") }),
}) as unknown as Runbook;

export const previews: readonly Runbook[] = [planTenantPropose, planTenantResize, planRevert];

/** The changes of these previews: one step, one question, one end. */
export const tenantChanges: readonly ChangeRunbook[] = previews.map(change);

function change(preview: Runbook): ChangeRunbook {
  const id = preview.id.slice("plan-".length);
  return defineRunbook({
    id,
    title: preview.title.replace(/^Plan of (an? )?/, "Tenant: "),
    description: preview.description,
    params: preview.params,
    positional: preview.positional,
    effect: "change",
    lock: (given) => `tenants/${String(given["name"] ?? given["mergeRequest"])}`,
    run: async (context) => {
      await context.step("open the merge request", async () => "!12");
      const plan = makePlan({
        runbook: id,
        target: "tenants/payments",
        title: "Own instance for payments",
        risk: "medium",
        effects: [{ key: "merge-request/12", description: "Merge !12" }],
        preconditions: [],
        url: "https://gitlab.example/platform/dragonfly/-/merge_requests/12",
        checks: [{ id: "name.taken", verdict: "ok", title: "The name is free" }],
      });
      await context.approve("people", plan);
      await context.step("follow", async () => "done");
      return {
        summary: "payments does not serve yet",
        findings: [
          finding({
            id: "secret",
            verdict: "fail",
            title: "The Secret is not synced",
            next: [{ runbook: "revert", params: { mergeRequest: 12 }, label: "Revert !12" }],
          }),
        ],
        tables: [],
      };
    },
  });
}
