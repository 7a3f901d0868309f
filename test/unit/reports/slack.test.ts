import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockProblems } from "../../../sandbox/slack/block-kit.ts";
import { verdicts } from "../../../src/reports/model.ts";
import { charactersIn, slackReport } from "../../../src/reports/render/slack.ts";
import { slackReportDetails } from "../../../src/reports/render/slack-details.ts";
import { finding, hostileReport, hostileText, hugeReport, mixedReport, report } from "../../fakes/report.ts";

describe("a report in Slack", () => {
  it("begins with the verdict in words, then what needs attention, worst first, then the table, then folds", () => {
    const { blocks, text } = slackReport(mixedReport);
    expect(text).toMatch(/^Failing: dragonfly/);
    expect(JSON.stringify(blocks[0])).toContain("*Failing*");
    expect(JSON.stringify(blocks[1])).toContain("has lost its primary");
    expect(JSON.stringify(blocks[2])).toContain("could not be read");
    expect(JSON.stringify(blocks[3])).toContain("does not keep");
    expect(blocks.map(({ type }) => type)).toEqual([
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
    expect(slackReport(report()).blocks.map(({ type }) => type)).toEqual(["section", "container", "context"]);
  });

  it("says in words what did not fit", () => {
    const { blocks } = slackReport(hugeReport);
    expect(JSON.stringify(blocks)).toMatch(/and \d+ more, see Details/);
    expect(charactersIn(blocks)).toBeLessThanOrEqual(12_000);
    expect(blocks.length).toBeLessThanOrEqual(46);
  });

  it("disarms mentions, links and formatting of outside text", () => {
    const shown = JSON.stringify([slackReport(hostileReport).blocks, slackReportDetails(hostileReport).blocks]);
    for (const live of [
      "<!channel>",
      "<@U123>",
      "<https://evil.example",
      "*bold*",
      "~no~",
      "\\u001b",
      "\u202e",
      "\\u0000",
    ])
      expect(shown).not.toContain(live);
  });

  it("is accepted by Slack's own rules for blocks, whatever it holds", () => {
    for (const sample of [report(), mixedReport, hostileReport, hugeReport]) {
      expect(blockProblems(slackReport(sample).blocks, "message")).toEqual([]);
      expect(blockProblems(slackReportDetails(sample).blocks, "modal")).toEqual([]);
    }
  });

  it("is accepted for any text and any number of findings", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 50 }),
      fc.string({ unit: "binary", maxLength: 4_000 }),
      fc.constant(hostileText),
    );
    const anyFinding = fc
      .record({ verdict: fc.constantFrom(...verdicts), title: text, detail: text, section: text })
      .map((parts) => finding(parts));
    fc.assert(
      fc.property(fc.array(anyFinding, { maxLength: 120 }), text, (findings, summary) => {
        const any = report({ findings, summary, tables: mixedReport.tables });
        const { blocks, text: plain } = slackReport(any);
        expect(blockProblems(blocks, "message")).toEqual([]);
        expect(blockProblems(slackReportDetails(any).blocks, "modal")).toEqual([]);
        expect(plain.length).toBeLessThan(3_000);
      }),
      { numRuns: 60 },
    );
  });
});

describe("the details", () => {
  it("hold every finding with its evidence", () => {
    const shown = JSON.stringify(slackReportDetails(mixedReport).blocks);
    for (const { title } of mixedReport.findings) expect(shown).toContain(title);
    expect(shown).toContain("kubectl --context=infra");
  });

  it("say so when they are not everything", () => {
    expect(JSON.stringify(slackReportDetails(hugeReport).blocks.at(-1))).toContain("This is not all");
  });
});
