import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import type { Tenant } from "../../../src/tenants/change.ts";
import { ownInstance } from "../../../src/tenants/render/own-instance.ts";
import { renderPrometheusRule } from "../../../src/tenants/render/prometheus-rule.ts";
import { config, own, project } from "../../unit/tenants/project.ts";

/** The rules of a tenant's own instance, in promtool. */

const run = promisify(execFile);
const place = mkdtempSync(join(tmpdir(), "tenant-rules-"));
afterAll(() => rmSync(place, { recursive: true }));

const ruleSchema = z.looseObject({ annotations: z.looseObject({ summary: z.string() }).optional() });
const fileSchema = z.object({
  spec: z.object({ groups: z.array(z.object({ name: z.string(), rules: z.array(ruleSchema) })) }),
});

/** As promtool reads them; of the annotations only the summary is left, since it compares them all. */
function rulesOf(tenant: Tenant): string {
  const { groups } = fileSchema.parse(parse(renderPrometheusRule(ownInstance(tenant, project, config)))).spec;
  return stringify({
    groups: groups.map(({ name, rules }) => ({
      name,
      rules: rules.map(({ annotations, ...rule }) =>
        annotations === undefined ? rule : { ...rule, annotations: { summary: annotations.summary } },
      ),
    })),
  });
}

const gib = 2 ** 30;
const series = (name: string, pod: number, value: number) => ({
  series: `${name}{namespace="dragonfly-payments",app="dragonfly-payments",pod="dragonfly-payments-${pod}"}`,
  values: `${value}x600`,
});
const pods = (count: number, used: number, most: number) =>
  Array.from({ length: count }, (_, pod) => [
    series("dragonfly_memory_used_bytes", pod, used),
    series("dragonfly_memory_max_bytes", pod, most),
  ]).flat();

async function promtool(tenant: Tenant, input: readonly object[], alert: string, summary?: string): Promise<void> {
  writeFileSync(join(place, "rules.yaml"), rulesOf(tenant));
  const labels = {
    namespace: "dragonfly-payments",
    app: "dragonfly-payments",
    tenant: "payments",
    owner: tenant.owner,
  };
  const severity = alert === "DragonflyTenantGrows" ? "info" : "warning";
  const expected = summary === undefined ? [] : [{ exp_labels: { ...labels, severity }, exp_annotations: { summary } }];
  const test = {
    rule_files: ["rules.yaml"],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: input,
        alert_rule_test: [{ eval_time: "7h", alertname: alert, exp_alerts: expected }],
      },
    ],
  };
  writeFileSync(join(place, "test.yaml"), stringify(test));
  await run("promtool", ["test", "rules", "test.yaml"], { cwd: place });
}

describe("the rules of a tenant's own instance", () => {
  const tenant = own();

  it.each(["team: #payments", "<!here> 'x' \\ \"y\"", "%s {{"])(
    "are taken by promtool, whoever owns it: %s",
    async (owner) => {
      const path = join(place, "check.yaml");
      writeFileSync(path, rulesOf(own({ owner: owner.replace("{{", "") })));
      expect((await run("promtool", ["check", "rules", path])).stdout).toContain("SUCCESS: 4 rules found");
    },
  );

  it("tell the owner who has used seven tenths for six hours", async () => {
    const summary = "dragonfly-payments has used 75% of its agreed memory for six hours";
    await promtool(tenant, pods(3, 1.5 * gib, 2 * gib), "DragonflyTenantGrows", summary);
  });

  it("say of a cache without volumes that it evicts and keeps nothing, and do not call its owner for being full", async () => {
    const rules = rulesOf(own({ eviction: true, persistence: false }));
    expect(rules).toContain("record: dragonfly:tenant_evicts");
    expect(rules).toContain("record: dragonfly:tenant_keeps_nothing");
    expect(rules).not.toContain("DragonflyTenantGrows");
    expect(rulesOf(own())).not.toMatch(/tenant_evicts|tenant_keeps_nothing/);
  });

  it("leave alone who uses less", async () => {
    await promtool(tenant, pods(3, 1.3 * gib, 2 * gib), "DragonflyTenantGrows");
  });

  it.each([
    ["another maxmemory", pods(3, 1, 3 * gib)],
    ["fewer pods", pods(2, 1, 2 * gib)],
    ["more pods", pods(4, 1, 2 * gib)],
  ])("tell of %s than was agreed", async (_, input) => {
    await promtool(
      tenant,
      input,
      "DragonflyTenantNotAsAgreed",
      "dragonfly-payments is not of the size that was agreed",
    );
  });

  it("say nothing when all is as agreed", async () => {
    await promtool(tenant, pods(3, 1, 2 * gib), "DragonflyTenantNotAsAgreed");
  });
});
