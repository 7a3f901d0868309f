import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { type AlertRule, alertRules, type RuleGroup, ruleGroups } from "../../alerts/rules.ts";

/** Every shipped alert rule in promtool's unit tests (test/alerts/*.yaml), and those tests against rules that are wrong. */

const run = promisify(execFile);
/** Silence is what it must never keep. */
const alwaysFires = "Watchdog";
const testFolder = join(import.meta.dirname, "../../alerts");
const testFile = z.strictObject({
  rule_files: z.array(z.string()),
  evaluation_interval: z.string(),
  tests: z.array(
    z.looseObject({
      name: z.string(),
      alert_rule_test: z.array(
        z.strictObject({ eval_time: z.string(), alertname: z.string(), exp_alerts: z.array(z.unknown()) }),
      ),
    }),
  ),
});
const files = readdirSync(testFolder).filter((name) => name.endsWith(".yaml"));
const tests = files.flatMap((name) => testFile.parse(parse(readFileSync(join(testFolder, name), "utf8"))).tests);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dfbot-alerts-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As promtool reads them. It compares all annotations, so only the summary, the line people see first, is left. */
function asRuleFile(groups: readonly RuleGroup[], change: (rule: AlertRule) => AlertRule = (rule) => rule): string {
  return stringify({
    groups: groups.map(({ name, rules }) => ({
      name,
      rules: rules.map(change).map(({ annotations: { summary }, ...rule }) => ({ ...rule, annotations: { summary } })),
    })),
  });
}

/**
 * What promtool says to the tests with these rules: undefined when they pass. Each file has the rules of its own group, by
 * name: `availability.yaml` those of `dragonfly.availability`.
 */
async function failures(change: (rule: AlertRule) => AlertRule = (rule) => rule): Promise<string | undefined> {
  const said = await Promise.all(
    files.map(async (file) => {
      const place = mkdtempSync(join(folder, "run-"));
      const group = ruleGroups.filter(({ name }) => `${name.replace("dragonfly.", "")}.yaml` === file);
      writeFileSync(join(place, "rules.yaml"), asRuleFile(group, change));
      writeFileSync(join(place, file), readFileSync(join(testFolder, file)));
      return await run("promtool", ["test", "rules", file], { cwd: place }).then(
        () => "",
        (error: unknown) => {
          const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
          return `${stdout}${stderr}`;
        },
      );
    }),
  );
  return said.join("") === "" ? undefined : said.join("");
}

describe("the shipped alert rules", () => {
  it("are accepted by promtool", async () => {
    const path = join(folder, "all.yaml");
    writeFileSync(path, stringify({ groups: ruleGroups }));
    const { stdout } = await run("promtool", ["check", "rules", path]);
    expect(stdout).toContain(`SUCCESS: ${alertRules.length} rules found`);
  });

  it("do in promtool's unit tests what they say", async () => {
    expect(await failures()).toBeUndefined();
  });

  it.each(alertRules.map(({ alert }) => alert))(
    "%s has a test in which it fires and one in which it stays silent",
    (alert) => {
      const own = tests.filter(({ alert_rule_test: [first] }) => first?.alertname === alert);
      const fires = own.filter(({ alert_rule_test: [first] }) => (first?.exp_alerts.length ?? 0) > 0);
      expect(fires.length).toBeGreaterThan(0);
      if (alert !== alwaysFires) expect(own.length - fires.length).toBeGreaterThan(0);
      for (const { name } of own) {
        expect(name).toMatch(new RegExp(`^${alert} (fires|stays silent): `));
      }
    },
  );

  it("are tested under their own names only", () => {
    const known = new Set(alertRules.map(({ alert }) => alert));
    const named = tests.flatMap(({ alert_rule_test }) => alert_rule_test.map(({ alertname }) => alertname));
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe("the tests of the rules", () => {
  /** `x < 2` the other way round, at the end of the expression, where the threshold is. */
  const flipped = (expr: string) =>
    expr.replace(/(<=|>=|==|<|>)(\s*[\d.]+(?:\s*\*\s*\d+)?\s*)$/, (_, sign: string, rest: string) => {
      const other: Readonly<Record<string, string>> = { "<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=" };
      return `${other[sign] ?? ""}${rest}`;
    });
  const mutations: readonly (readonly [string, (rule: AlertRule) => AlertRule])[] = [
    ["never fires", (rule) => ({ ...rule, expr: "vector(0) > 1" })],
    ["always fires", ({ for: _, ...rule }) => ({ ...rule, expr: "vector(1)" })],
    ["has its threshold the wrong way round", (rule) => ({ ...rule, expr: flipped(rule.expr) })],
    ["does not wait", ({ for: _, ...rule }) => rule],
    [
      "has another severity",
      (rule) => ({ ...rule, labels: { severity: rule.labels.severity === "info" ? "warning" : "info" } }),
    ],
  ];
  /** Mutations that change nothing in these rules, each with its reason. */
  const harmless = (rule: AlertRule, mutation: string): boolean =>
    (mutation === "always fires" && rule.alert === alwaysFires) ||
    (mutation === "does not wait" && rule.for === undefined) ||
    (mutation === "has its threshold the wrong way round" && flipped(rule.expr) === rule.expr);

  it.each(mutations)("notice each rule that %s", async (mutation, mutate) => {
    const suspects = alertRules.filter((rule) => !harmless(rule, mutation));
    const said = (await failures((rule) => (suspects.includes(rule) ? mutate(rule) : rule))) ?? "";
    const noticed = new Set([...said.matchAll(/alertname: (\w+)/g)].map(([, name]) => name));
    expect(suspects.map(({ alert }) => alert).filter((alert) => !noticed.has(alert))).toEqual([]);
  });
});
