import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineRunbook } from "../../../src/runbooks/define.ts";
import { nearestWord } from "../../../src/runbooks/nearest.ts";
import { describeParameters } from "../../../src/runbooks/parameter-description.ts";
import { parseParameters } from "../../../src/runbooks/parameters.ts";

const probe = defineRunbook({
  id: "probe",
  title: "Probe",
  description: "Asks an instance a few things",
  params: z.strictObject({
    instance: z
      .string()
      .regex(/^[a-z-]+$/, "must be a name")
      .optional()
      .describe("which one"),
    lines: z.number().int().min(1).optional(),
    mode: z.enum(["quick", "full"]).default("quick"),
    labels: z.boolean().default(true),
    reason: z.string(),
  }),
  positional: ["instance", "lines"],
  effect: "read",
  run: async () => ({ summary: "", findings: [], tables: [] }),
});

const parse = (positionals: readonly string[], named: Readonly<Record<string, string | true>> = {}) =>
  parseParameters(probe, { positionals, named });

/** The sentences about what was given; throws when nothing was wrong with it. */
function problems(...given: Parameters<typeof parse>): string {
  const parsed = parse(...given);
  if (parsed.ok) throw new Error("nothing was refused");
  return parsed.problems.join("\n");
}

describe("parameters from words", () => {
  it("go by position in the runbook's order, by name, and into their own types", () => {
    expect(parse(["cache", "5"], { mode: "full", labels: "no", reason: "drill" })).toEqual({
      ok: true,
      params: { instance: "cache", lines: 5, mode: "full", labels: false, reason: "drill" },
    });
  });

  it("take the schema's defaults for what was left out", () => {
    expect(parse([], { reason: "drill" })).toEqual({
      ok: true,
      params: { mode: "quick", labels: true, reason: "drill" },
    });
  });

  it("keep a number-like text a text", () => {
    expect(parse([], { reason: "42" })).toMatchObject({ ok: true, params: { reason: "42" } });
  });

  it.each([
    [["one", "2", "three"], { reason: "r" }, "three"],
    [["one"], { reason: "r", instance: "two" }, "instance is given twice"],
    [[], { reason: "r", instanc: "x" }, "did you mean instance?"],
    [["a;b"], { reason: "r" }, 'instance: found "a;b"; must be a name'],
    [[], { reason: "r", lines: "many" }, 'lines: found "many"'],
    [[], { reason: "r", lines: "0" }, 'lines: found "0"'],
    [[], { reason: "r", lines: "" }, 'lines: found ""'],
    [[], { reason: "r", mode: "slow" }, 'mode: found "slow"'],
    [[], { reason: "r", labels: "maybe" }, 'labels: found "maybe"'],
    [[], {}, "reason is missing"],
    [[], { reason: "r", toString: "x" }, "toString"],
  ])("are refused by name when wrong: %j %j", (positionals, named, words) => {
    expect(problems(positionals, named)).toContain(words);
  });

  it("have every mistake named at once", () => {
    const said = problems(["a;b"], { lines: "many", colour: "red" });
    for (const name of ["instance", "lines", "colour", "reason"]) expect(said).toContain(name);
  });
});

describe("the description of parameters", () => {
  it("says name, type, meaning, and whether one must be given", () => {
    const described = describeParameters(probe);
    expect(described.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "instance text",
      "lines number",
      "mode quick|full",
      "labels yes/no",
      "reason text",
    ]);
    expect(described.filter(({ required }) => required).map(({ name }) => name)).toEqual(["reason"]);
    expect(described[0]?.description).toBe("which one");
  });
});

describe("the nearest word", () => {
  it("is the one with the fewest letters changed, whatever their case", () => {
    expect(nearestWord("STATSU", ["role", "status", "help"])).toBe("status");
    expect(nearestWord("x", [])).toBeUndefined();
  });
});
