import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verdicts } from "../../../src/reports/model.ts";
import { slackReport } from "../../../src/reports/render/slack.ts";
import { slackReportDetails } from "../../../src/reports/render/slack-details.ts";
import { finding, hostileReport, hostileText, hugeReport, mixedReport, report } from "../../fakes/report.ts";
import { expectEscaped, expectSlackTakes, mrkdwnOf, strings } from "./slack-rules.ts";

const characters = (blocks: unknown) => strings(blocks).join("").length;
const types = (blocks: readonly { readonly type: string }[]) => blocks.map(({ type }) => type);
const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

describe("a report in Slack", () => {
  it("begins with the verdict in words, then what needs attention, worst first, then the table, then folds", () => {
    const { blocks, text } = slackReport(mixedReport);
    expect(text).toMatch(/^Failing: dragonfly/);
    expect(text.split("\n")[1]).toBe("Replica dragonfly-1 has lost its primary");
    expect(JSON.stringify(blocks[0])).toContain("*Failing*");
    expect(JSON.stringify(blocks[1])).toContain("has lost its primary");
    expect(JSON.stringify(blocks[2])).toContain("could not be read");
    expect(JSON.stringify(blocks[3])).toContain("does not keep");
    expect(types(blocks)).toEqual([
      "section",
      "section",
      "section",
      "section",
      "table",
      "container",
      "container",
      "context",
    ]);
  });

  it("of a healthy instance is one line, and folds", () => {
    expect(types(slackReport(report()).blocks)).toEqual(["section", "container", "context"]);
  });

  it.each([
    ["healthy", report()],
    ["mixed", mixedReport],
    ["hostile", hostileReport],
  ])("of a %s instance, with its details, looks as agreed", async (name, sample) => {
    await expect(pretty(slackReport(sample))).toMatchFileSnapshot(`snapshots/${name}.slack.json`);
    await expect(pretty(slackReportDetails(sample))).toMatchFileSnapshot(`snapshots/${name}.slack-details.json`);
  });

  it("says in words how much did not fit, and what was it", () => {
    const { blocks } = slackReport(hugeReport);
    const shown = JSON.stringify(blocks);
    const listed = hugeReport.findings.filter(
      ({ verdict, title }) => verdict === "fail" && shown.includes(`${title.trim().slice(0, 30)}`),
    ).length;
    const left = Number(/…and (\d+) more need attention, see Details/.exec(shown)?.[1]);
    expect(left).toBeGreaterThan(100);
    expect(listed).toBeGreaterThan(5);
    expect(shown).toMatch(/Not shown here: \d+ more rows of the table, \d+ more sections?\. See Details\./);
    expect(characters(blocks)).toBeLessThanOrEqual(12_000);
    expect(blocks.length).toBeLessThanOrEqual(46);
  });

  it("counts every finding that needs attention exactly once: in full, by title, or in the number left", () => {
    const findings = Array.from({ length: 60 }, (_, i) => finding({ verdict: "warn", title: `Trouble number ${i}.` }));
    const { blocks } = slackReport(report({ findings }));
    const outside = JSON.stringify(blocks.filter(({ type }) => type !== "container"));
    const named = findings.filter(({ title }) => outside.includes(title)).length;
    const left = Number(/…and (\d+) more need/.exec(outside)?.[1] ?? 0);
    expect(named + left).toBe(60);
  });

  it("shows the first table only, and names the others as left out", () => {
    const [table] = mixedReport.tables;
    expect(table).toBeDefined();
    const { blocks } = slackReport({ ...mixedReport, tables: table === undefined ? [] : [table, table] });
    expect(types(blocks).filter((type) => type === "table")).toHaveLength(1);
    expect(JSON.stringify(blocks)).toContain("Not shown here: 1 more table.");
  });

  it("fills empty and missing cells, which Slack would refuse", () => {
    const columns = [
      { title: "", align: "left" as const },
      { title: "b", align: "right" as const },
    ];
    const { blocks } = slackReport(report({ tables: [{ title: "T", columns, rows: [[""], ["1", "2", "3"]] }] }));
    expectSlackTakes(blocks, "message");
    expect(JSON.stringify(blocks)).toContain("–");
  });

  it("disarms mentions, links, formatting and posing emoji of outside text", () => {
    const pose = report({ summary: ":large_green_circle: all fine", findings: [finding({ title: "> quoted" })] });
    const answers = [hostileReport, pose].flatMap((any) => [slackReport(any), slackReportDetails(any)]);
    const formatted = [...mrkdwnOf(answers).map(({ text }) => text), slackReport(hostileReport).text];
    // Inside backticks Slack formats nothing.
    const shown = formatted.map((text) => text.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, "")).join("\n");
    expect(formatted.join("\n")).toContain("`*bold*`");
    for (const live of [
      "<!channel>",
      "<@U123>",
      "<https://evil.example",
      "*bold*",
      "_it_",
      "~no~",
      "\u001b",
      "[31m",
      "\u202e",
      "\u0000",
      ":large_green_circle: all fine",
    ])
      expect(shown).not.toContain(live);
  });

  it("keeps a forged second line of a title on the first", () => {
    const { blocks } = slackReport(report({ summary: "fine\n:red_circle: *Failing* — not so" }));
    expect(strings(blocks[0]).some((text) => text.includes("\n"))).toBe(false);
  });

  it("never cuts an entity in half", () => {
    const long = report({
      summary: "&".repeat(5_000),
      findings: [finding({ verdict: "fail", title: "<".repeat(5_000) })],
    });
    expectSlackTakes(slackReport(long).blocks, "message");
    expectSlackTakes(slackReportDetails(long).blocks, "modal");
  });

  it("refuses limits that leave no room for a verdict", () => {
    expect(() => slackReport(report(), { maxBlocks: 2 })).toThrow(RangeError);
  });

  it("is accepted by Slack's rules for any text, any number of findings, and any limits", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 50 }),
      fc.string({ unit: "binary", maxLength: 4_000 }),
      fc.constant(hostileText),
      fc.constant("&<>".repeat(2_000)),
    );
    const verdict = fc.constantFrom(...verdicts);
    const evidence = fc.array(fc.record({ command: text, output: text, at: fc.constant("2026-01-02T12:00:00.000Z") }), {
      maxLength: 6,
    });
    const anyFinding = fc
      .record({ verdict, title: text, detail: text, section: text, evidence })
      .map((parts) => finding(parts));
    const column = fc.record({ title: text, align: fc.constantFrom("left" as const, "right" as const) });
    const anyTable = fc.record({
      title: text,
      columns: fc.array(column, { maxLength: 22 }),
      rows: fc.array(fc.array(text, { maxLength: 22 }), { maxLength: 110, size: "small" }),
    });
    const anyReport = fc
      .record({
        verdict,
        summary: text,
        runbook: text,
        runId: text,
        startedAt: fc.oneof(text, fc.constant("2026-01-02T12:00:00.000Z")),
        findings: fc.array(anyFinding, { maxLength: 100 }),
        tables: fc.array(anyTable, { maxLength: 2 }),
      })
      .map((parts) => report(parts));
    const limits = fc.record({
      maxBlocks: fc.integer({ min: 8, max: 46 }),
      maxCharacters: fc.integer({ min: 2_000, max: 12_000 }),
    });
    fc.assert(
      fc.property(anyReport, limits, (any, within) => {
        const { blocks, text: fallback } = slackReport(any, within);
        expectSlackTakes(blocks, "message");
        expect(blocks.length).toBeLessThanOrEqual(within.maxBlocks);
        expect(characters(blocks)).toBeLessThanOrEqual(within.maxCharacters);
        expect(fallback.length).toBeLessThan(3_000);
        expectEscaped(fallback);
        const details = slackReportDetails(any);
        expectSlackTakes(details.blocks, "modal");
        expect(details.title.length).toBeLessThanOrEqual(24);
        expect(Buffer.byteLength(JSON.stringify(details.blocks))).toBeLessThan(250_000);
      }),
      { numRuns: 60 },
    );
  });

  it("of 400 findings with long details is accepted too", () => {
    expectSlackTakes(slackReport(hugeReport).blocks, "message");
    expectSlackTakes(slackReportDetails(hugeReport).blocks, "modal");
  });
});

describe("the details", () => {
  it("hold every finding with its evidence, and the table", () => {
    const shown = strings(slackReportDetails(mixedReport).blocks).join("\n");
    for (const { title } of mixedReport.findings) expect(shown).toContain(title);
    expect(shown).toContain("`kubectl --context=infra");
    expect(shown).toMatch(/dragonfly-1 {3}12/);
  });

  it("put the worst section first", () => {
    const { blocks } = slackReportDetails(
      report({
        findings: [
          finding({ section: "Fine" }),
          finding({ section: "Broken", verdict: "fail" }),
          finding({ section: "Fine" }),
        ],
      }),
    );
    const headers = blocks.filter(({ type }) => type === "header").map((block) => strings(block).at(-1));
    expect(headers).toEqual(["Broken", "Fine"]);
  });

  it("count what they left out", () => {
    const { blocks } = slackReportDetails(hugeReport);
    const last = strings(blocks.at(-1)).join("");
    const left = Number(/This is not all: (\d+) more findings/.exec(last)?.[1]);
    const shown = hugeReport.findings.filter(({ id }) =>
      JSON.stringify(blocks).includes(`Finding ${id.slice(2)} `),
    ).length;
    expect(left).toBeGreaterThan(0);
    expect(left + shown).toBe(400);
  });

  it("count the tables that they left out", () => {
    const tables = mixedReport.tables.flatMap((table) => Array.from({ length: 7 }, () => table));
    expect(JSON.stringify(slackReportDetails({ ...mixedReport, tables }).blocks)).toContain("…and 2 more tables");
  });

  it("do not say a failed reading's reason twice", () => {
    const detail = "no answer within 5 s.";
    const evidence = [{ command: "kubectl get svc", output: detail, at: "2026-01-02T12:00:00.000Z" }];
    const { blocks } = slackReportDetails(report({ findings: [finding({ verdict: "unknown", detail, evidence })] }));
    expect(JSON.stringify(blocks).split(detail)).toHaveLength(2);
  });

  it("say that long evidence was cut, and of how much", () => {
    const evidence = [{ command: "kubectl logs", output: "x".repeat(9_000), at: "2026-01-02T12:00:00.000Z" }];
    const { blocks } = slackReportDetails(report({ findings: [finding({ verdict: "fail", evidence })] }));
    expect(JSON.stringify(blocks)).toContain("cut, 9000 characters in all");
  });
});
