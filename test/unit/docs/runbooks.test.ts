import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { alertRules, ruleGroups } from "../../alerts/rules.ts";

const folder = join(import.meta.dirname, "../../../docs/runbooks");
const page = (name: string) => readFileSync(join(folder, `${name}.md`), "utf8");
const sections = [
  "What it means",
  "What clients notice",
  "What the bot checks",
  "By hand, when the bot is down",
  "Do not",
  "Call for help when",
];

describe("the runbook pages", () => {
  it("are one an alert, and no others", () => {
    const pages = readdirSync(folder).filter((name) => name !== "README.md");
    expect(pages.toSorted()).toEqual(alertRules.map(({ alert }) => `${alert}.md`).toSorted());
  });

  it.each(alertRules)(
    "$alert: what its rule links to says what it means and what to do",
    ({ alert, annotations, labels, ...rule }) => {
      expect(annotations.runbook_url.endsWith(`/docs/runbooks/${alert}.md`)).toBe(true);
      const text = page(alert);
      expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(sections);
      for (const section of text.split(/^## .+$/m).slice(1)) expect(section.trim().length).toBeGreaterThan(5);
      expect(text).toContain(
        `Severity ${labels.severity}; fires ${rule.for === undefined ? "at once" : `after ${rule.for}`}.`,
      );
      expect(text).toMatch(/```sh\n(?:kubectl|flux|git) /);
    },
  );

  it("are all in the index", () => {
    const index = page("README");
    for (const { alert, labels } of alertRules)
      expect(index).toContain(`| [${alert}](${alert}.md) | ${labels.severity} |`);
  });
});

describe("the alert rules", () => {
  it("have names of their own and say something in every field", () => {
    const names = alertRules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    for (const { annotations } of alertRules) {
      expect(annotations.summary.length).toBeGreaterThan(15);
      expect(annotations.description.length).toBeGreaterThan(40);
    }
    expect(new Set(ruleGroups.map(({ name }) => name)).size).toBe(ruleGroups.length);
  });
});
