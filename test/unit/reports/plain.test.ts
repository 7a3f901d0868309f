import { describe, expect, it } from "vitest";
import { reportSchema, worstVerdict } from "../../../src/reports/model.ts";
import { jsonReport } from "../../../src/reports/render/json.ts";
import { junitReport } from "../../../src/reports/render/junit.ts";
import { markdownReport } from "../../../src/reports/render/markdown.ts";
import { terminalReport } from "../../../src/reports/render/terminal.ts";
import { hostileReport, mixedReport } from "../../fakes/report.ts";

describe("the verdict", () => {
  it("is the worst one: fail over unknown over warn over ok, and ok of nothing", () => {
    expect(worstVerdict(["ok", "warn", "unknown", "fail"])).toBe("fail");
    expect(worstVerdict(["ok", "unknown", "warn"])).toBe("unknown");
    expect(worstVerdict(["warn", "ok"])).toBe("warn");
    expect(worstVerdict([])).toBe("ok");
  });
});

describe("a report", () => {
  it("on a terminal", async () => {
    await expect(terminalReport(mixedReport, { colour: false })).toMatchFileSnapshot("snapshots/mixed.txt");
  });

  it("on a terminal has colour only when asked", () => {
    expect(terminalReport(mixedReport, { colour: true })).toMatch(/\u001b\[31m/);
    expect(terminalReport(hostileReport, { colour: false })).not.toMatch(
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
    );
  });

  it("as Markdown evidence", async () => {
    await expect(markdownReport(mixedReport)).toMatchFileSnapshot("snapshots/mixed.md");
  });

  it("as Markdown keeps hostile text inside its fences and cells", async () => {
    await expect(markdownReport(hostileReport)).toMatchFileSnapshot("snapshots/hostile.md");
  });

  it("as JUnit, fail is a failure, unknown an error, a warning passes with its text", async () => {
    await expect(junitReport(mixedReport)).toMatchFileSnapshot("snapshots/mixed.xml");
  });

  it("as JUnit stays well-formed with hostile text", () => {
    const xml = junitReport(hostileReport);
    expect(xml.match(/<testcase /g)).toHaveLength(2);
    expect(xml.match(/<\/testcase>/g)).toHaveLength(2);
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
  });

  it("as JSON reads back as the same report", () => {
    expect(reportSchema.parse(JSON.parse(jsonReport(mixedReport)))).toEqual(mixedReport);
  });
});
