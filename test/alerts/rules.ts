import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const root = join(import.meta.dirname, "../..");

const rule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(["critical", "warning", "info", "none"]) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});
export type AlertRule = z.infer<typeof rule>;

const prometheusRule = z.looseObject({
  spec: z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })) }),
});
export type RuleGroup = z.infer<typeof prometheusRule>["spec"]["groups"][number];

/** The shipped alert rules, of the instances and of the bot. */
export const ruleGroups: readonly RuleGroup[] = [
  "deploy/kubernetes/workloads/platform/databases/dragonfly/prometheusrule.yaml",
  "deploy/bot/base/prometheusrule.yaml",
].flatMap((path) => prometheusRule.parse(parse(readFileSync(join(root, path), "utf8"))).spec.groups);

export const alertRules: readonly AlertRule[] = ruleGroups.flatMap(({ rules }) => rules);
