import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closingNothing, commentOf, harmless } from "../../../src/git/markdown.ts";

/** As GitLab reads them; lines are those of Ruby's regular expressions. */
const command = /^\/[a-z_]+/m;
const mention = /(?<!\w)@[\w.][\w.-]*/;
const closing =
  /\b(?:[Cc]los(?:e[sd]?|ing)|[Ff]ix(?:e[sd]|ing)?|[Rr]esolv(?:e[sd]?|ing)|[Ii]mplement(?:s|ed|ing)?):? +(?:issues? +)?(?:[\w/.-]*#\d+|https?:\/\/\S+\/\d+|[A-Z][A-Z0-9_]+-\d+)/;

const seen = (text: string) => text.replaceAll("\u2060", "");

describe("text for GitLab", () => {
  it.each(["purpose\n/merge", "/approve", "text\r\n/assign @ada", "```\n/close\n```", "\u0000/merge"])(
    "carries out no command: %j",
    (text) => {
      expect(harmless(text)).not.toMatch(command);
      expect(seen(harmless(text))).toBe(text.replaceAll("\r\n", "\n").replaceAll("\u0000", ""));
    },
  );

  it("notifies nobody, and leaves addresses and image digests alone", () => {
    expect(harmless("thanks @all and (@ada), @group/sub, @.dot")).not.toMatch(mention);
    const plain = "ada@example.com, dragonfly@sha256:0123, kubernetes/a.yaml";
    expect(harmless(plain)).toBe(plain);
  });

  it.each([
    "Closes #12",
    "this fixes group/project#3, please",
    "Resolved: https://gitlab.example.com/a/b/-/issues/4",
    "implements issue #5",
    "closing OPS-7",
  ])("closes no issue: %j", (text) => {
    expect(text).toMatch(closing);
    expect(harmless(text)).not.toMatch(closing);
    expect(closingNothing(text)).not.toMatch(closing);
    expect(seen(closingNothing(text))).toBe(text);
  });

  it("stays as it is when it is ordinary, and does not grow when it is made harmless again", () => {
    const ordinary = "## Plan\n\n- fixes the probe\n- a/b.yaml\n\nRevert of !12, see #7\n\nDfbot-Run: r-1";
    expect(harmless(ordinary)).toBe(ordinary);
    fc.assert(
      fc.property(fc.string(), (text) => {
        const once = harmless(text);
        expect(harmless(once)).toBe(once);
        expect(once).not.toMatch(mention);
        expect(once).not.toMatch(command);
      }),
    );
  });

  it("is marked by a comment that nothing in the mark can end, and that is another one for another mark", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), fc.string({ unit: "grapheme-ascii" }), (a, b) => {
        const comment = commentOf(a);
        expect(comment.slice(4, -3)).not.toMatch(/--|>|<|\n/);
        expect(commentOf(b) === comment).toBe(a === b);
      }),
    );
  });
});
