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
    instance: z.string().optional().describe("an instance name"),
    lines: z.number().int().min(1).max(9).optional(),
    mode: z.enum(["quick", "full"]).default("quick"),
    labels: z.boolean().default(true),
    minAge: z.string().min(2).optional(),
    either: z.union([z.string(), z.number()]).optional(),
  }),
  positional: ["instance"],
  effect: "read",
  run: async () => ({ summary: "", findings: [], tables: [] }),
});
const parse = (named: Readonly<Record<string, string | true>>) => parseParameters(probe, { positionals: [], named });

describe("a refused parameter", () => {
  it.each([
    [{ lines: "many" }, 'lines: found "many"; allowed: a number'],
    [{ lines: "0" }, 'lines: found "0"; allowed: at least 1'],
    [{ lines: "10" }, 'lines: found "10"; allowed: at most 9'],
    [{ mode: "ful" }, 'mode: found "ful"; allowed: quick, full; did you mean full?'],
    [{ labels: "maybe" }, 'labels: found "maybe"; allowed: yes or no'],
    [{ minAge: "x" }, 'minAge: found "x"; allowed: at least 2 characters'],
    [{ instance: true }, "instance needs a value; allowed: an instance name"],
    [{ instance: "\u001b[31m" }, undefined],
  ] as const)("%j is told in the words of the help", (named, sentence) => {
    const parsed = parse(named);
    expect(parsed).toMatchObject(sentence === undefined ? { ok: true } : { ok: false, problems: [sentence] });
  });

  it("cannot act on a terminal through its own sentence", () => {
    expect(JSON.stringify(parseParameters(probe, { positionals: ["a", "\u001b[31m"], named: {} }))).not.toMatch(
      /\p{Cc}/u,
    );
  });
});

describe("a parameter's name", () => {
  it("may be written as phones and shells like it", () => {
    expect(parse({ Lines: "3", "min-age": "5d" })).toMatchObject({ ok: true, params: { lines: 3, minAge: "5d" } });
  });
});

describe("help texts", () => {
  it("stand a schema of several types, and name defaults", () => {
    const described = describeParameters(probe);
    expect(described.find(({ name }) => name === "either")?.type).toBe("text");
    expect(described.find(({ name }) => name === "labels")?.fallback).toBe("yes");
  });
  it("take the beginning of a word for the word", () => {
    expect(nearestWord("conn", ["role", "connectivity"])).toBe("connectivity");
  });
});
