import { describe, expect, it } from "vitest";
import { newsMessage } from "../../../src/commands/schedules/news-message.ts";
import type { ScheduleNews } from "../../../src/records/schedule.ts";
import { hostileReport, hugeReport, mixedReport, report } from "../../fakes/report.ts";

const news = (more: Partial<ScheduleNews>): ScheduleNews => ({
  due: "2026-01-02T02:00:00.000Z",
  kind: "changed",
  mark: "run-1",
  words: "1 worse",
  ...more,
});
const types = (of: ScheduleNews) => newsMessage("Nightly verification", of).blocks?.map(({ type }) => type) ?? [];
const firstLine = (of: ScheduleNews) => newsMessage("Nightly verification", of).text.split("\n")[0];

describe("what a channel is told of a scheduled run", () => {
  it("that changed something is why, the report, and its buttons but for Share", () => {
    const message = newsMessage("Nightly verification", news({ report: mixedReport }));
    expect(message.text).toMatch(/^:calendar: \*Nightly verification\*: 1 worse since the last one\n/);
    expect(message.blocks?.at(-1)?.type).toBe("actions");
    expect(JSON.stringify(message.blocks)).toMatch(/"Details".*"Run again"/);
    expect(JSON.stringify(message.blocks)).not.toMatch(/"Share"/);
  });

  it("that is the first is a line when all is well, and the report when not", () => {
    expect(types(news({ kind: "first", report: report() }))).toEqual(["section"]);
    expect(firstLine(news({ kind: "first", report: report() }))).toMatch(/begins: dragonfly .* is healthy/);
    expect(types(news({ kind: "first", report: mixedReport })).length).toBeGreaterThan(3);
  });

  it("that could not be made is one line with the reason, and so is that it can be made again", () => {
    const failed = news({ kind: "failed", failure: { code: "x", text: "No <image> is configured." } });
    expect(types(failed)).toEqual(["section"]);
    expect(firstLine(failed)).toMatch(/could not be made: No &lt;image&gt; is configured\./);
    expect(types(news({ kind: "again", report: mixedReport }))).toEqual(["section"]);
  });

  it("stays within what Slack takes, whatever is in it", () => {
    for (const one of [hugeReport, hostileReport]) {
      const { text, blocks = [] } = newsMessage("Nightly verification", news({ report: one }));
      expect(blocks.length).toBeLessThanOrEqual(50);
      expect(text.length).toBeLessThan(4_000);
      expect(JSON.stringify(blocks).length).toBeLessThan(40_000);
    }
  });
});
