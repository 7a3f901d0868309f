import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../../src/commands/parse.ts";
import { oneLine } from "../../../src/reports/render/clean.ts";
import { groupOf, runbookTyped, slashLine, wordsOf } from "../../../src/runbooks/command-words.ts";

/** Any text, halves of characters included; fast-check's own takes seconds to begin. */
const codeUnits = fc.array(fc.nat(0xffff), { maxLength: 30 }).map((units) => String.fromCharCode(...units));

const all = [
  "status",
  "tenants",
  "tenant-propose",
  "tenant-resize",
  "access-allow",
  "restart-replica",
  "a-b-c",
  "a-b",
].map((id) => ({ id }));

describe("the words for a runbook", () => {
  it("are two where ids begin alike, else its id", () => {
    expect(
      ["tenant-propose", "access-allow", "restart-replica", "status", "a-b-c"].map((id) => wordsOf(id, all)),
    ).toEqual([["tenant", "propose"], ["access-allow"], ["restart-replica"], ["status"], ["a", "b-c"]]);
  });

  it("make no group of what is not listed", () => {
    const hidden = all.map((one) => ({ ...one, listed: !one.id.startsWith("tenant-") }));
    expect(groupOf("tenant", hidden)).toEqual([]);
    expect(groupOf("tenant", all).map(({ id }) => id)).toEqual(["tenant-propose", "tenant-resize"]);
  });
});

describe("a runbook that is typed", () => {
  it.each([
    ["status x", "status", ["x"]],
    ["Tenant PROPOSE payments", "tenant-propose", ["payments"]],
    ["restart replica dragonfly-1", "restart-replica", ["dragonfly-1"]],
    ["a b c", "a-b", ["c"]],
    ["tenants", "tenants", []],
  ])("%j is found by its first words", (line, id, rest) => {
    expect(runbookTyped(line.split(" "), all)).toEqual({ runbook: { id }, rest });
  });

  it("is none when no words name one", () => {
    expect(runbookTyped(["tenant", "x"], all)).toBeUndefined();
    expect(runbookTyped([], all)).toBeUndefined();
  });
});

describe("a line for the slash command", () => {
  it("has what goes by its place there, and quotes what needs it", () => {
    expect(
      slashLine(
        ["tenant", "propose"],
        { name: "payments", purpose: 'it\'s "big" & old', clusters: ["infra", "apps"], eviction: true },
        ["name"],
      ),
    ).toBe(`/dragonfly tenant propose payments purpose="it's "'"'"big"'"'" & old" clusters=infra,apps eviction=yes`);
  });

  it("is read back as what was put in, on one line", () => {
    const readBack = (text: string) => {
      const { positionals, named } = parseCommandLine(slashLine(["x"], { text }, ["text"]).replace("/dragonfly ", ""));
      return named["text"] ?? positionals[0];
    };
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
        expect(readBack(text)).toBe(oneLine(text));
      }),
      { numRuns: 200 },
    );
    for (const text of ["a b", "it's", 'say "x"', "‘quoted’ “so”", "a=b", "--share", "x".repeat(200), "2Gi"])
      expect(readBack(text)).toBe(text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"'));
    const anything = fc.property(codeUnits, (text) => {
      expect(slashLine(["x"], { text })).not.toMatch(/\p{Cc}/u);
    });
    fc.assert(anything);
  });
});
