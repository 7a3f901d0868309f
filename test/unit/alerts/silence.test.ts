import { describe, expect, it } from "vitest";
import { parseMatchers } from "../../../src/commands/incidents/silence.ts";

describe("the matchers of a silence", () => {
  it("are read as Alertmanager writes them", () => {
    expect(parseMatchers('alertname="A b"\nnamespace!="x", pod=~"dragonfly-.*"\nrole!~replica')).toEqual([
      { name: "alertname", value: "A b", isRegex: false, isEqual: true },
      { name: "namespace", value: "x", isRegex: false, isEqual: false },
      { name: "pod", value: "dragonfly-.*", isRegex: true, isEqual: true },
      { name: "role", value: "replica", isRegex: true, isEqual: false },
    ]);
  });

  it.each([
    ["nothing", "", /At least one matcher/],
    ["what would silence everything", 'alertname=~".*"', /At least one matcher/],
    ["only what is not wanted", 'namespace!="x"', /At least one matcher/],
    ["something else", "everything please", /"everything please" is not a matcher/],
  ])("are refused when they are %s", (_, text, words) => {
    expect(() => parseMatchers(text)).toThrow(words);
  });
});
