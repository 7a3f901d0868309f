import { describe, expect, it } from "vitest";
import { diffOf } from "../../../src/reports/plan-report.ts";
import { planInMessage, planInView, slackPlan } from "../../../src/reports/render/slack-plan.ts";
import { terminalPlan } from "../../../src/reports/render/terminal-plan.ts";
import { finding, hostileReport, hostileText, hugeReport, report } from "../../fakes/report.ts";
import { expectSlackTakes } from "./slack-rules.ts";

const at = "2026-01-02T12:00:00.000Z";
const diff = (path: string, lines: readonly string[]) => ({
  command: `git diff 1234abcd -- ${path}`,
  output: [`--- /dev/null`, `+++ b/${path}`, "@@ -0,0 +1 @@", ...lines.map((line) => `+${line}`)].join("\n"),
  at,
});
const plan = report({
  runbook: "plan-tenant-propose",
  verdict: "warn",
  summary: "Own instance of 2 GiB for payments: 3 files, risk medium; with warnings",
  findings: [
    finding({ title: "The name is free", section: "Checks", evidence: [] }),
    finding({ title: "The quota is enough", detail: "6Gi of 64Gi", section: "Checks" }),
    finding({ verdict: "warn", title: "Half of the quota is used", detail: "Ask the platform team for more soon." }),
    finding({ title: "What will be different", detail: "• a Dragonfly of three pods\n• a Secret", section: "Plan" }),
    finding({
      title: "2 files in one merge request",
      detail: "created: tenant.yaml\ncreated: dragonfly.yaml",
      section: "Files",
      evidence: [diff("tenant.yaml", ["kind: ConfigMap"]), diff("dragonfly.yaml", ["kind: Dragonfly"])],
    }),
  ],
  tables: [
    {
      title: "Sums",
      columns: ["What", "Now", "Then", "Limit"].map((title) => ({ title, align: "right" as const })),
      rows: [["memory", "4Gi", "6Gi", "64Gi"]],
    },
  ],
});
const texts = (blocks: readonly object[]) => blocks.map((block) => JSON.stringify(block)).join("\n");

describe("a plan in Slack", () => {
  const order =
    /Half of the quota is used[\s\S]*Ask the platform team[\s\S]*a Dragonfly of three pods[\s\S]*Sums[\s\S]*created: tenant\.yaml[\s\S]*\+kind: ConfigMap[\s\S]*\+kind: Dragonfly[\s\S]*2 checks are ok/;

  it("says what needs attention first, then what will be different, the sums, every diff, and how many checks are ok", () => {
    const { text, blocks } = slackPlan(plan, planInView);
    expect(text).toBe(`Warning: ${plan.summary}`);
    expect(texts(blocks)).toMatch(order);
    expect(texts(blocks)).toContain("*memory*: now 4Gi, then 6Gi, limit 64Gi");
    expect(texts(blocks)).not.toContain("The name is free");
  });

  it("has the same order at a terminal", () => {
    const shown = terminalPlan(plan, { colour: false, columns: 80 });
    expect(shown).toMatch(/^WARN {2}Own instance of 2 GiB/);
    expect(shown).toMatch(order);
    expect(shown).toContain("  • a Dragonfly of three pods\n  • a Secret\n");
    expect(shown).not.toContain("The name is free");
    expect(shown.trimEnd().split("\n").at(-1)).toMatch(/^plan-tenant-propose, read at/);
  });

  it("wraps what follows a bullet below its words", () => {
    const long = finding({ title: "Why", detail: `• ${"word ".repeat(20).trim()}`, section: "Plan", evidence: [] });
    const shown = terminalPlan({ ...plan, findings: [long] }, { colour: false, columns: 60 });
    expect(shown).toMatch(/\n {2}• word( word)+\n {4}word( word)+\n/);
  });

  it("whose diff is longer than there is room for says how much of it follows as a file", () => {
    const long = diff(
      "big.yaml",
      Array.from({ length: 2_000 }, (_, index) => `line ${index} <&>`),
    );
    const { blocks } = slackPlan({ ...plan, findings: [finding({ evidence: [long] })] }, planInMessage);
    expect(texts(blocks)).toMatch(/_1\d\d\d more lines of the diff not shown here: the whole is a file in the thread/);
    expectSlackTakes(blocks, "message");
  });

  const everything = (text: string, count: number) =>
    report({
      verdict: "fail",
      summary: text,
      findings: Array.from({ length: count }, (_, index) =>
        finding({
          id: `f.${index}`,
          verdict: (["fail", "unknown", "warn", "ok"] as const)[index % 4] ?? "ok",
          title: text,
          detail: text,
          evidence: [{ command: "git diff", output: `--- a/${index}\n${`+${text}\n`.repeat(30)}`, at }],
        }),
      ),
      tables: Array.from({ length: 20 }, () => ({
        title: text,
        columns: Array.from({ length: 30 }, () => ({ title: text, align: "left" as const })),
        rows: Array.from({ length: 200 }, () => Array.from({ length: 30 }, () => text)),
      })),
    });

  it.each([
    ["small", plan],
    ["empty", report({ findings: [] })],
    ["hostile", hostileReport],
    ["huge", hugeReport],
    ["hostile and huge", everything(hostileText, 120)],
    ["nothing but characters that are escaped", everything("&<>".repeat(500), 120)],
  ])("that is %s is taken by Slack, as a message and in a view", (_, one) => {
    expectSlackTakes(slackPlan(one, planInMessage).blocks, "message");
    const { blocks } = slackPlan(one, planInView);
    expectSlackTakes(blocks, "modal");
    expect(Buffer.byteLength(JSON.stringify(blocks))).toBeLessThan(240_000);
  });

  it("counts what did not fit", () => {
    expect(texts(slackPlan(hugeReport, planInMessage).blocks)).toMatch(
      /_Not shown here: \d+ more parts of the plan\._/,
    );
  });
});

describe("the diff of a plan", () => {
  it("is every diff once, in its order", () => {
    const one = diff("a", ["x"]);
    const findings = [finding({ evidence: [one, diff("b", ["y"])] }), finding({ evidence: [one] })];
    expect(diffOf({ findings })).toBe([one.output, diff("b", ["y"]).output].join("\n"));
  });

  it("is not the reason why there is none", () => {
    const unread = { command: "git diff", output: "no answer within 60 s", at };
    expect(diffOf({ findings: [finding({ verdict: "unknown", evidence: [unread] })] })).toBe("");
  });
});
