import { describe, expect, it } from "vitest";
import { createGroupCache } from "../../../src/approvals/group-cache.ts";

function cache(answers: readonly (readonly string[] | Error)[]) {
  let clock = 0;
  let asked = 0;
  const failures: string[] = [];
  const groups = createGroupCache({
    ids: ["S1"],
    read: async () => {
      const answer = answers[asked++];
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error("asked too often");
      return answer;
    },
    now: () => new Date(clock),
    freshMs: 60_000,
    onFailure: (id) => failures.push(id),
  });
  return { groups, failures, asked: () => asked, wait: (ms: number) => (clock += ms) };
}

describe("the members of Slack user groups", () => {
  it("are read once a minute, however often they are asked for", async () => {
    const { groups, asked, wait } = cache([["U1"], ["U1", "U2"]]);
    for (let n = 0; n < 5; n++) await groups.refresh();
    expect(asked()).toBe(1);
    expect(groups.readings().get("S1")?.people).toEqual(["U1"]);
    wait(60_000);
    await groups.refresh();
    expect(groups.readings().get("S1")?.people).toEqual(["U1", "U2"]);
  });

  it("stay as they were, with their age, when they cannot be read again", async () => {
    const { groups, failures, wait } = cache([["U1"], new Error("Slack is away")]);
    await groups.refresh();
    wait(120_000);
    await groups.refresh();
    expect(failures).toEqual(["S1"]);
    expect(groups.readings().get("S1")).toEqual({ people: ["U1"], readAt: new Date(0) });
  });

  it("are not there at all before they were read", async () => {
    const { groups } = cache([new Error("no")]);
    await groups.refresh();
    expect(groups.readings().size).toBe(0);
  });
});
