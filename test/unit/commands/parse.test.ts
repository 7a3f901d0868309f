import { describe, expect, it } from "vitest";
import { answerButtons, readButtonValue } from "../../../src/commands/buttons.ts";
import { createDedupe } from "../../../src/commands/dedupe.ts";
import { parseCommandLine } from "../../../src/commands/parse.ts";
import { finding, report } from "../../fakes/report.ts";

describe("a command line", () => {
  it("is words, pairs and flags", () => {
    expect(parseCommandLine("Status dragonfly depth=3 --share --since=1h")).toEqual({
      word: "status",
      positionals: ["dragonfly"],
      named: { depth: "3", since: "1h" },
      following: {},
      share: true,
    });
  });

  it("may be empty", () => {
    expect(parseCommandLine("  ").word).toBeUndefined();
  });

  it("keeps quoted words together", () => {
    expect(parseCommandLine(`run silence comment="two words" 'a b'`)).toMatchObject({
      positionals: ["silence", "a b"],
      named: { comment: "two words" },
    });
  });

  it("survives what phones make of quotes, dashes and spaces", () => {
    expect(parseCommandLine("status\u00a0dragonfly \u2014share comment=\u201ctwo words\u201d")).toMatchObject({
      word: "status",
      positionals: ["dragonfly"],
      share: true,
      named: { comment: "two words" },
    });
  });

  it("does not hang on unbalanced quotes", () => {
    expect(parseCommandLine(`status "dragonfly`).positionals).toEqual(["dragonfly"]);
    expect(parseCommandLine(`status ${'"'.repeat(10_001)}`).word).toBe("status");
  });
});

describe("a button", () => {
  it("carries what is needed to make its report again, within Slack's 2,000 characters", () => {
    const [block] = answerButtons(report({ params: { instance: "x".repeat(5_000) } }), { shareable: true });
    const elements = block !== undefined && "elements" in block ? block.elements : [];
    for (const element of elements)
      if ("value" in element) expect(String(element.value).length).toBeLessThanOrEqual(2_000);
    expect(readButtonValue('{"runId":"r","runbook":"status","params":{}}')).toEqual({
      runId: "r",
      runbook: "status",
      params: {},
    });
  });

  it.each(["", "{}", "null", "[]", "not json", '{"runId":1,"runbook":"x","params":{}}', undefined])(
    "with the value %j is not believed",
    (value) => {
      expect(readButtonValue(value)).toBeUndefined();
    },
  );

  it("offers at most three next steps, each once", () => {
    const next = ["a", "b", "b", "c", "d"].map((label) => ({ runbook: "role", params: {}, label }));
    const [block] = answerButtons(report({ findings: [finding({ next })] }), { shareable: false });
    expect(JSON.stringify(block).match(/report_next_/g)).toHaveLength(3);
  });
});

describe("an identity", () => {
  it("is new once", () => {
    const firstTime = createDedupe();
    expect([firstTime("a"), firstTime("a"), firstTime("b")]).toEqual([true, false, true]);
  });
});
