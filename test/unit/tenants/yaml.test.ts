import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { BotError } from "../../../src/errors.ts";
import { addBlockLine, blockLines, removeBlockLines } from "../../../src/tenants/yaml/block.ts";
import { addItem, itemsOf, removeItem } from "../../../src/tenants/yaml/list.ts";
import { scalarAt, setScalar } from "../../../src/tenants/yaml/scalar.ts";
import type { Spot } from "../../../src/tenants/yaml/source.ts";

const list = (text: string, ...path: Spot["path"]): Spot => ({
  file: "list.yaml",
  text,
  path: path.length === 0 ? ["resources"] : path,
});

describe("an item at the end of a list", () => {
  it.each([
    ["with the indentation that is there", "resources:\n- a\n- b # two\n", "resources:\n- a\n- b # two\n- new\n"],
    ["deeper", "resources:\n    - a\nother: 1\n", "resources:\n    - a\n    - new\nother: 1\n"],
    [
      "behind the comments of the others",
      "resources:\n  # one\n  - a\n  # two\n  - b\n  # end\nx: 1\n",
      "resources:\n  # one\n  - a\n  # two\n  - b\n  - new\n  # end\nx: 1\n",
    ],
    ["of an empty list", "a: 1\nresources: [] # none yet\nb: 2\n", "a: 1\nresources: # none yet\n  - new\nb: 2\n"],
    ["of an empty list, in the style of the file", "x:\n- 1\nresources: []\n", "x:\n- 1\nresources:\n- new\n"],
    ["of nothing", "resources:\nb: 2\n", "resources:\n  - new\nb: 2\n"],
    ["of a list on one line", "resources: [a, b]\n", "resources: [a, b, new]\n"],
    ["of a list on one line with a last comma", "resources: [a, b,]\n", "resources: [a, b, new,]\n"],
    ["without a line break at the end", "resources:\n  - a", "resources:\n  - a\n  - new"],
    ["with Windows' line breaks", "resources:\r\n  - a\r\nb: 1\r\n", "resources:\r\n  - a\r\n  - new\r\nb: 1\r\n"],
    ["in quotes beside it", 'resources:\n  - "a: b"\n', 'resources:\n  - "a: b"\n  - new\n'],
    ["within braces", "{resources: []}\n", "{resources: [new]}\n"],
  ])("%s", (_, before, after) => {
    expect(addItem(list(before), "new")).toBe(after);
  });

  it.each(["on", "no", "1e3", "0440", "null", "2026-01-01", "~", "123"])("%s stays a text", (item) => {
    const text = addItem(list("resources:\n  - a\n"), item);
    expect(parse(text)).toEqual({ resources: ["a", item] });
    expect(parse(text, { version: "1.1" })).toEqual({ resources: ["a", item] });
    expect(removeItem(list(text), item)).toBe("resources:\n  - a\n");
  });

  it("that is there already changes nothing", () => {
    expect(addItem(list("resources: [a]"), "a")).toBe("resources: [a]");
  });
});

describe("an item that goes", () => {
  it.each([
    [
      "takes its line and nothing else",
      "resources:\n  - a\n  # of b\n  - b # two\n  - c\n",
      "b",
      "resources:\n  - a\n  # of b\n  - c\n",
    ],
    [
      "as the last of all leaves an empty list",
      "x: 1\nresources: # these\n  - b\ny: 2\n",
      "b",
      "x: 1\nresources: [] # these\ny: 2\n",
    ],
    ["from the front of a list on one line", "resources: [a, b]\n", "a", "resources: [b]\n"],
    ["from the end of a list on one line", "resources: [a, b]\n", "b", "resources: [a]\n"],
    ["as the only one of a list on one line", "resources: [a]\n", "a", "resources: []\n"],
    ["that is not there changes nothing", "resources: [a]\n", "b", "resources: [a]\n"],
  ])("%s", (_, before, item, after) => {
    expect(removeItem(list(before), item)).toBe(after);
  });
});

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const comment = fc.option(fc.constantFrom("# a comment", "# - not an item", "#"), { nil: undefined });
const layout = fc.record({
  items: fc.uniqueArray(fc.record({ name, above: comment, beside: comment }), {
    selector: (item) => item.name,
    maxLength: 5,
  }),
  indent: fc.constantFrom(0, 2, 4),
  lineBreak: fc.constantFrom("\n", "\r\n"),
  head: fc.constantFrom("", "# head\n", "other: [1, 2]\n", "a:\n  b: |\n    resources:\n      - x\n"),
  tail: fc.constantFrom("", "# tail\n", "z: last\n", "patches:\n  - path: x\n", "---\nresources: [other]\n"),
  ends: fc.boolean(),
});

function written({
  items,
  indent,
  lineBreak,
  head,
  tail,
  ends,
}: typeof layout extends fc.Arbitrary<infer T> ? T : never): string {
  const pad = " ".repeat(indent);
  const lines = items.flatMap((item) => [
    ...(item.above === undefined ? [] : [`${pad}${item.above}\n`]),
    `${pad}- ${item.name}${item.beside === undefined ? "" : ` ${item.beside}`}\n`,
  ]);
  const body = items.length === 0 ? "resources: []\n" : `resources:\n${lines.join("")}`;
  const text = `${head}${body}${tail}`.replaceAll("\n", lineBreak);
  return ends ? text : text.slice(0, -lineBreak.length);
}

describe("whatever the list looks like", () => {
  it("an item comes and goes without a trace, and while it is there only its line is new", () => {
    fc.assert(
      fc.property(layout, name, (chosen, item) => {
        const text = written(chosen);
        fc.pre(!chosen.items.some((one) => one.name === item));
        const more = addItem(list(text), item);
        expect(itemsOf(list(more))).toEqual([...chosen.items.map((one) => one.name), item]);
        expect(removeItem(list(more), item)).toBe(text);
        if (chosen.items.length === 0) return;
        const added = more.split(/\r?\n/);
        const at = added.findIndex(
          (line) => line.trim().replaceAll('"', "") === `- ${item}` && !text.split(/\r?\n/).includes(line),
        );
        expect(added.toSpliced(at, 1)).toEqual(text.split(/\r?\n/));
      }),
      { numRuns: 500 },
    );
  });
});

describe("one value", () => {
  it.each([
    ["a number", "a: 1 # one\nb: 2\n", 3, "a: 3 # one\nb: 2\n"],
    ["in double quotes", 'a: "1" # one\n', "2", 'a: "2" # one\n'],
    ["in single quotes", "a: 'it''s'\n", "isn't", "a: 'isn''t'\n"],
    ["a text that must be quoted", "a: x\n", "y: z", 'a: "y: z"\n'],
    ["with Windows' line breaks", "a: x\r\nb: y\r\n", "z", "a: z\r\nb: y\r\n"],
  ])("%s", (_, before, value, after) => {
    expect(setScalar(list(before, "a"), value)).toBe(after);
  });

  it("of the document that is meant, found by what holds for an item", () => {
    const text =
      "kind: A\nmetadata: {name: x}\nargs: [--a=1, --b=2]\n---\nkind: B\nargs:\n  - --a=1 # one\n  - --b=2\n";
    const spot: Spot = { file: "f", text, kind: "B", path: ["args", (item) => String(item).startsWith("--a=")] };
    expect(scalarAt(spot)).toBe("--a=1");
    expect(setScalar(spot, "--a=7")).toBe(text.replace("  - --a=1 # one", "  - --a=7 # one"));
  });

  it("keeps a space at its end that YAML takes for a letter", () => {
    expect(parse(setScalar(list("a: old # beside\n", "a"), "x\u1680"))).toEqual({ a: "x\u1680" });
  });

  it("keeps every other byte, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 30 }), (value) => {
        const before = "# head\na: old # beside\nb: [1]\n";
        const after = setScalar(list(before, "a"), value);
        expect(parse(after)).toEqual({ a: value, b: [1] });
        expect(after.startsWith("# head\na: ") && after.endsWith(" # beside\nb: [1]\n")).toBe(true);
      }),
    );
  });
});

describe("lines of a text", () => {
  const text = "a:\n  b: |\n    USER x\n\n    USER y\nc: 1\n";
  const spot = (now: string): Spot => list(now, "a", "b");

  it("come and go without a trace", () => {
    const more = addBlockLine(spot(text), "USER z", (line) => line.startsWith("USER "));
    expect(more).toBe("a:\n  b: |\n    USER x\n\n    USER y\n    USER z\nc: 1\n");
    expect(blockLines(spot(more))).toEqual(["USER x", "", "USER y", "USER z"]);
    expect(removeBlockLines(spot(more), (line) => line === "USER z")).toBe(text);
  });

  it("at the end of a file without a line break", () => {
    const bare = "b: |\n  USER x";
    const more = addBlockLine(list(bare, "b"), "USER z", () => true);
    expect(more).toBe("b: |\n  USER x\n  USER z");
    expect(removeBlockLines(list(more, "b"), (line) => line === "USER z")).toBe(bare);
  });
});

describe("a file of another shape", () => {
  it.each<[string, () => unknown, string]>([
    ["that is no YAML", () => itemsOf(list("a: [")), "list.yaml is not as the bot expects it"],
    ["without the list", () => addItem(list("a: 1\n"), "x"), "it has no resources"],
    ["with something else in its place", () => addItem(list("resources: {a: 1}\n"), "x"), "resources is not a list"],
    ["with an alias in its place", () => addItem(list("a: &x [1]\nresources: *x\n"), "y"), "resources is an alias"],
    [
      "with two items on a line",
      () => removeItem(list("resources:\n- - x\n", "resources", 0), "x"),
      "each item on a line of its own",
    ],
    ["without the document", () => scalarAt({ ...list("kind: A\n", "x"), kind: "B" }), "it has no B"],
    [
      "with a list where a value is expected",
      () => setScalar(list("a: [1]\n", "a"), "x"),
      "a is not a value on one line",
    ],
  ])("%s is an error that names the file", (_, act, message) => {
    expect(act).toThrow(expect.objectContaining({ code: "tenant.tree", message: expect.stringContaining(message) }));
    expect(act).toThrow(BotError);
  });
});
