import { describe, expect, it } from "vitest";
import { create } from "xmlbuilder2";
import { z } from "zod";
import { type AuditSeal, reportSchema, worstVerdict } from "../../../src/reports/model.ts";
import { jsonReport } from "../../../src/reports/render/json.ts";
import { junitReport } from "../../../src/reports/render/junit.ts";
import { markdownReport } from "../../../src/reports/render/markdown.ts";
import { terminalReport } from "../../../src/reports/render/terminal.ts";
import { finding, hostileReport, hugeReport, mixedReport, report } from "../../fakes/report.ts";

/** What would act on a terminal or mislead a reader; tab and newline may stay. */
const harmful = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;
const samples = [
  ["healthy", report()],
  ["mixed", mixedReport],
  ["hostile", hostileReport],
] as const;

describe("the verdict", () => {
  it("is the worst one: fail over unknown over warn over ok, and ok of nothing", () => {
    expect(worstVerdict(["ok", "warn", "unknown", "fail"])).toBe("fail");
    expect(worstVerdict(["ok", "unknown", "warn"])).toBe("unknown");
    expect(worstVerdict(["warn", "ok"])).toBe("warn");
    expect(worstVerdict([])).toBe("ok");
  });
});

describe("a report on a terminal", () => {
  it.each(samples)("of a %s instance looks as agreed", async (name, sample) => {
    await expect(terminalReport(sample, { colour: false, columns: 100 })).toMatchFileSnapshot(`snapshots/${name}.txt`);
  });

  it("has colour only when asked", () => {
    expect(terminalReport(mixedReport, { colour: true, columns: 100 })).toContain("\u001b[31mFAIL");
    expect(terminalReport(mixedReport, { colour: false, columns: 100 })).not.toMatch(harmful);
  });

  it("lets nothing of outside text act on the terminal", () => {
    const shown = terminalReport(hostileReport, { colour: false, columns: 100 });
    expect(shown).not.toMatch(harmful);
    expect(shown).not.toContain("[31m");
  });

  it("stays within 80 columns, commands excepted, and turns a table that is wider into paragraphs", () => {
    const columns = Array.from({ length: 10 }, (_, i) => ({ title: `Column ${i}`, align: "right" as const }));
    const wide = report({
      summary: "a summary of many words ".repeat(10),
      findings: [finding({ verdict: "warn", title: "a title of many words ".repeat(10), detail: "why ".repeat(60) })],
      tables: [{ title: "Wide", columns, rows: [columns.map((_, i) => `value ${i}`)] }],
    });
    const lines = terminalReport(wide, { colour: false, columns: 80 }).split("\n");
    const prose = lines.filter((line) => !/^ +\$ |, run /.test(line));
    expect(Math.max(...prose.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(prose.join(" ").replaceAll(/\s+/g, " ")).toContain("Column 9 value 9");
    expect(terminalReport(wide, { colour: false, columns: 200 })).toContain("│");
  });

  it("leaves out a table without rows", () => {
    const empty = report({ tables: [{ title: "Nobody", columns: [{ title: "Pod", align: "left" }], rows: [] }] });
    expect(terminalReport(empty, { colour: false, columns: 80 })).not.toContain("Nobody");
    expect(markdownReport(empty)).not.toContain("Nobody");
  });

  it("does not say a failed reading's reason twice", () => {
    const detail = "no answer within 5 s.";
    const evidence = [{ command: "kubectl get svc", output: detail, at: "2026-01-02T12:00:00.000Z" }];
    const shown = terminalReport(report({ findings: [finding({ verdict: "unknown", detail, evidence })] }), {
      colour: false,
      columns: 80,
    });
    expect(shown.split(detail)).toHaveLength(2);
    expect(shown).toContain("$ kubectl get svc");
  });

  it("ends with what would help, each once, the worst finding's first, as commands that a shell takes", () => {
    const step = (label: string, params: Readonly<Record<string, unknown>>) => ({ runbook: "look", label, params });
    const findings = [
      finding({ verdict: "ok", next: [step("Let it in", { namespace: "shop" })] }),
      finding({ verdict: "warn", next: [step("Try all", { matrix: true })] }),
      finding({ verdict: "fail", next: [step("Ask", { why: "it's; down" }), step("Try all", { matrix: true })] }),
    ];
    const shown = terminalReport(report({ findings }), { colour: false, columns: 80 });
    expect(shown).toContain(
      [
        "Next",
        "  Ask:",
        "    dfbot look --why 'it'\\''s; down'",
        "  Try all:",
        "    dfbot look --matrix",
        "  Let it in:",
        "    dfbot look --namespace shop",
        "",
      ].join("\n"),
    );
    expect(terminalReport(report({ findings: [finding({})] }), { colour: false, columns: 80 })).not.toContain("Next");
  });

  it("shows evidence line by line, and says how much more there is", () => {
    const output = Array.from({ length: 11 }, (_, i) => `line ${i}`).join("\n");
    const evidence = [{ command: "kubectl get pods", output, at: "2026-01-02T12:00:00.000Z" }];
    const shown = terminalReport(report({ findings: [finding({ verdict: "fail", evidence })] }), {
      colour: false,
      columns: 80,
    });
    expect(shown).toMatch(/^ +line 7$/m);
    expect(shown).not.toContain("line 8");
    expect(shown).toContain("… 3 more lines with --markdown");
  });
});

describe("a report in Markdown", () => {
  it.each(samples)("of a %s instance looks as agreed", async (name, sample) => {
    await expect(markdownReport(sample)).toMatchFileSnapshot(`snapshots/${name}.md`);
  });

  it("fences evidence with more backticks than it holds", () => {
    const output = "before\n````\nafter\n```";
    const evidence = [{ command: "cat", output, at: "2026-01-02T12:00:00.000Z" }];
    const shown = markdownReport(report({ findings: [finding({ evidence })] }));
    expect(shown).toContain(`\`\`\`\`\`text\n$ cat\n${output}\n\`\`\`\`\`\n`);
  });

  it.each(["@all look", "/merge", "1. first", "- item", "+ item", "# heading", "| cell", "<b>", "![x](y)", "~~x~~"])(
    "shows %j as the words it is",
    (title) => {
      const line = markdownReport(report({ summary: title })).split("\n")[2] ?? "";
      expect(line).not.toBe(title);
      expect(line.replaceAll("\\", "")).toBe(title);
    },
  );

  it("has what is not ok first, and folds only the evidence of what is", () => {
    const shown = markdownReport(mixedReport);
    expect(shown.match(/^\| (?:ok|fail|warn|unknown) /gm)).toEqual(["| fail ", "| unknown ", "| warn ", "| ok "]);
    expect(shown).toContain("### Network\n\n<details open><summary>2, of which 2 not ok</summary>\n\n#### ");
    expect(markdownReport(report())).toContain("<details><summary>1 ok</summary>");
  });

  it("says who asked for it and which bot made it, where that is known", () => {
    const shown = markdownReport(report({ askedBy: "slack U0ADA", madeBy: "dfbot 0.1.0" }));
    expect(shown).toContain("- Asked by: `slack U0ADA`\n- Made by: `dfbot 0.1.0`");
    expect(markdownReport(report())).not.toContain("Asked by");
  });

  it("keeps 400 findings, every one with its evidence", () => {
    const shown = markdownReport(hugeReport);
    expect(shown.match(/^#### /gm)).toHaveLength(400);
    expect(shown.match(/^Read at /gm)).toHaveLength(400);
  });

  describe("that is evidence", () => {
    const hash = "a".repeat(64);
    const head = { writer: "dfbot-0-1a2b3c", entries: 12, at: "2026-01-02T12:00:00.000Z", hash };
    const sealed = (seal: AuditSeal) => markdownReport(report({ auditSeal: seal }));

    it("ends the chain of the audit log: its newest entries, and how to prove later that it is still that log", () => {
      const other = { ...head, writer: "dfbot-1-4d5e6f", hash: "b".repeat(64) };
      const shown = sealed({ log: "the audit logs of all replicas", heads: [head, other] });
      expect(shown).toContain("## Audit log\n\nThe newest entry of each chain");
      expect(shown).toContain(`| dfbot-0-1a2b3c | 12 | \`2026-01-02T12:00:00.000Z\` | \`${hash}\` |`);
      expect(shown).toContain(`\`dfbot audit verify --head ${hash} --head ${other.hash}\``);
      expect(shown).not.toContain("Not whole");
      expect(
        reportSchema.parse(JSON.parse(jsonReport(report({ auditSeal: { log: "l", heads: [head] } })))),
      ).toMatchObject({
        auditSeal: { heads: [{ hash }] },
      });
    });

    it("says when nothing, or only a part of it, could be read, and when there is nothing yet", () => {
      const part = sealed({ log: "l", heads: [head], missing: "The store is away." });
      expect(part).toContain("**Not whole**: The store is away.");
      expect(part).toContain(hash);
      const none = sealed({ log: "l", heads: [], missing: "There is no audit log in /data." });
      expect(none).toContain("Nothing of it could be read.");
      expect(none).not.toContain("dfbot audit verify");
      expect(sealed({ log: "l", heads: [] })).toContain("It has no entries yet.");
    });
  });

  it("says so when there are no findings", () => {
    expect(markdownReport(report({ findings: [] }))).toContain("There are none.");
  });
});

const junitSchema = z.object({
  testsuites: z.object({
    testsuite: z.object({
      "@failures": z.string(),
      "@errors": z.string(),
      "@tests": z.string(),
      testcase: z.array(
        z
          .object({ "@name": z.string(), failure: z.unknown(), error: z.unknown(), "system-out": z.unknown() })
          .partial(),
      ),
    }),
  }),
});

describe("a report in JUnit", () => {
  it.each(samples)("of a %s instance looks as agreed", async (name, sample) => {
    await expect(junitReport(sample)).toMatchFileSnapshot(`snapshots/${name}.xml`);
  });

  it("has a failure for fail, an error for unknown, and a pass for warn and ok", () => {
    const { testsuite } = junitSchema.parse(create(junitReport(mixedReport)).end({ format: "object" })).testsuites;
    expect([testsuite["@tests"], testsuite["@failures"], testsuite["@errors"]]).toEqual(["4", "1", "1"]);
    const outcomes = testsuite.testcase.map((test) =>
      "failure" in test ? "failure" : "error" in test ? "error" : "passed",
    );
    expect(outcomes).toEqual(["passed", "failure", "passed", "error"]);
  });

  it("stays well-formed with hostile text, and keeps all of it that XML may hold", () => {
    const xml = junitReport(hostileReport);
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
    const { testsuite } = junitSchema.parse(create(xml).end({ format: "object" })).testsuites;
    expect(testsuite.testcase).toHaveLength(2);
    const text = JSON.stringify(testsuite.testcase[0]).replaceAll("&lt;", "<").replaceAll("&gt;", ">");
    expect(text).toContain("]]> </testcase>");
  });
});

describe("entities in outside text in JUnit", () => {
  it("are written as the words they are, in text and attributes", () => {
    const xml = junitReport(report({ findings: [finding({ verdict: "fail", title: "&#0; &lt; &bogus; & done" })] }));
    const wanted = "&amp;#0; &amp;lt; &amp;bogus; &amp; done";
    expect(xml).toContain(`message="${wanted}"`);
    expect(xml).toContain(`>${wanted}\n`);
  });
});

describe("a report in JSON", () => {
  it("reads back as the same report, whatever it holds", () => {
    for (const [, sample] of samples) expect(reportSchema.parse(JSON.parse(jsonReport(sample)))).toEqual(sample);
  });

  it("has the fields of the contract", () => {
    const parsed: unknown = JSON.parse(jsonReport(mixedReport));
    expect(parsed).toMatchObject({
      runbook: "status",
      runId: expect.any(String),
      verdict: "fail",
      summary: expect.any(String),
      startedAt: expect.any(String),
      durationMs: expect.any(Number),
    });
    expect(parsed).toHaveProperty("findings.0.evidence.0.command");
  });

  it("is plain to a terminal too", () => {
    expect(jsonReport(report({ summary: "\u009b31mred \u202e \u001b[0m" }))).not.toMatch(harmful);
  });
});
