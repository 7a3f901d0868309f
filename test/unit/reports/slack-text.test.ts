import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Inline, parseMrkdwn } from "../../../sandbox/page/src/text/mrkdwn.ts";
import { clean } from "../../../src/reports/render/clean.ts";
import {
  codeSlack,
  escapedLine,
  escapedUpTo,
  escapeSlack,
  fencedLines,
  fencedSlack,
} from "../../../src/reports/render/slack-text.ts";
import { hostileText } from "../../fakes/report.ts";

/** Any name may be one that a workspace has made, but for numbers: a time such as 08:14:40 is none. */
const isEmoji = (name: string) => /[a-z]|^(?:[+-]1|100|1234)$/.test(name);
const parse = (text: string) => parseMrkdwn(text, { autolink: false, isEmoji });
/** What a reader sees, letter for letter. */
const seen = (text: string) =>
  parse(text)
    .map((part) => (part.kind === "fence" ? part.text : part.children.map(words).join("")))
    .join("\n");
const words = (node: Inline): string => (node.kind === "text" || node.kind === "code" ? node.text : `<${node.kind}>`);
/** What Slack reads in it, apart from words and code. */
const readIn = (text: string) =>
  parse(text).flatMap((part) =>
    part.kind === "text"
      ? part.children.map(({ kind }) => kind).filter((kind) => kind !== "text" && kind !== "code")
      : [part.kind],
  );

describe("outside text in Slack", () => {
  it.each([
    ["letters, digits, - or _", "letters, digits, - or `_`"],
    ["snake_case stays, 2 = 1 + 1", "snake_case stays, 2 = 1 + 1"],
    ["__init__ and _it_", "`__init__` and `_it_`"],
    ["+@all ~payments:* ok", "+@all `~payments:*` ok"],
    ["say *bold* (or *not*).", "say `*bold*` (or `*not*`)."],
    ["run `git diff --stat`, then wait", "run `git diff --stat`, then wait"],
    ["(`maxmemory`)", "(`maxmemory`)"],
    ["don`t and ``` and `cut", "don't and ''' and 'cut"],
    ["x`y`z and *`y`", "x'y'z and `*'y`'"],
    [":tada: at 08:14:40, a:b:c", "`:tada:` at 08:14:40, `a:b:c`"],
    [":+1: :100: at 10:100:12", "`:+1:` `:100:` at `10:100:12`"],
    ["> quoted\n  > as well", "› quoted\n  › as well"],
    ["a < b & <!channel>", "a &lt; b &amp; &lt;!channel&gt;"],
    ["*two\nlines*", "`*two`\n`lines*`"],
  ])("%j is shown as %j", (text, shown) => {
    expect(escapeSlack(text)).toBe(shown);
  });

  const sign = fc.constantFrom(
    ..."*_~`:<>&|!@#\n ().,'\"-ab1é".split(""),
    "```",
    ":ok:",
    "<!here>",
    "*b*",
    "_i_",
    "`c d`",
  );
  const anyText = fc.oneof(
    fc.array(sign, { maxLength: 30 }).map((all) => all.join("")),
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.constant(hostileText),
  );
  const bare = (text: string) => text.replaceAll(/[`']/g, "").replaceAll(/^( *)>/gm, "$1›");

  it("is never read as anything, and stays as it is but for backticks that Slack cannot pair", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = escapeSlack(text);
        expect(readIn(shown)).toEqual([]);
        expect(bare(seen(shown))).toBe(bare(clean(text)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("does not end the bold that a title is in, nor begin any with its neighbours", () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        const [left, right] = [escapedLine(one, 200), escapedLine(other, 200)];
        fc.pre(left !== "" && right !== "");
        const [part] = parse(`*${left}* and ${right}`);
        expect(part?.kind).toBe("text");
        const kinds = part?.kind === "text" ? part.children.map((node) => node.kind) : [];
        expect(kinds[0]).toBe("bold");
        expect(kinds.slice(1).filter((kind) => kind !== "text" && kind !== "code")).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is never longer than it may be", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 80 }), (text, length) => {
        for (const shown of [escapedUpTo(text, length), escapedLine(text, length)])
          expect(shown.length).toBeLessThanOrEqual(length);
      }),
    );
  });
});

describe("outside text as code", () => {
  it("keeps its backticks in a block, and three of them do not end it", () => {
    const readme = "Use `rediss://`:\n```sh\nredis-cli *x* _y_ <&>\n````\n";
    for (const block of [fencedSlack(readme, 500), fencedLines(readme.trimEnd().split("\n"), 500).text]) {
      expect(parse(block).map(({ kind }) => kind)).toEqual(["fence"]);
      expect(seen(block).replaceAll("\u200b", "")).toBe(readme.trimEnd());
    }
  });

  it("is one span on one line, whatever is in it", () => {
    expect(codeSlack("echo `date`\n*x*", 100)).toBe("`echo 'date' *x*`");
  });
});
