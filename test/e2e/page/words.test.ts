import { describe, expect, it } from "vitest";
import { completions } from "../../../sandbox/page/src/composer/completions.ts";
import { withEmoji } from "../../../sandbox/page/src/text/emoji.ts";
import { type Inline, type Part, parseMrkdwn } from "../../../sandbox/page/src/text/mrkdwn.ts";
import { formatSlackDate } from "../../../sandbox/page/src/text/slack-date.ts";

const isEmoji = (name: string) => ["tada", "red_circle"].includes(name);
const parse = (text: string, autolink = true) => parseMrkdwn(text, { autolink, isEmoji });
/** A short notation: what a reader would see, with the markup named. */
const shown = (text: string, autolink = true) => parse(text, autolink).map(partWords).join("|");
const words = (nodes: readonly Inline[]): string => nodes.map(nodeWords).join("");

function partWords(part: Part): string {
  if (part.kind === "fence") return `fence{${part.text}}`;
  return part.kind === "quote" ? `quote{${words(part.children)}}` : words(part.children);
}

function nodeWords(node: Inline): string {
  switch (node.kind) {
    case "text":
      return node.text;
    case "code":
      return `code{${node.text}}`;
    case "link":
      return `link{${node.url} ${node.text}}`;
    case "emoji":
      return `emoji{${node.name}}`;
    case "broadcast":
      return `broadcast{${node.name}}`;
    case "date":
      return `date{${node.seconds} ${node.format}}`;
    case "bold":
    case "italic":
    case "strike":
      return `${node.kind}{${words(node.children)}}`;
    default:
      return `${node.kind}{${node.id}}`;
  }
}

describe("mrkdwn", () => {
  it.each([
    ["*bold* _it_ ~no~ `a*b*`", "bold{bold} italic{it} strike{no} code{a*b*}"],
    ["*bold _and italic_*", "bold{bold italic{and italic}}"],
    ["snake_case_name and 2*3*4", "snake_case_name and 2*3*4"],
    ["* not bold * and ** neither **", "* not bold * and ** neither **"],
    ["*not\nbold*", "*not\nbold*"],
    ["_a `b_c` d_", "italic{a code{b_c} d}"],
    ["a\n```\ncode *x*\n  &lt;y&gt;\n```\nb", "a|fence{code *x*\n  <y>}|b"],
    ["&gt; quoted\n&gt; more\nplain", "quote{quoted\nmore}|plain"],
    ["<@U1> in <#C1|ops>, <!subteam^S1>, <!here>", "user{U1} in channel{C1}, group{S1}, broadcast{here}"],
    ["<https://a.example|words> <mailto:x@a.example|x>", "link{https://a.example words} link{mailto:x@a.example x}"],
    ["see https://a.example/x?y=1&amp;z=2.", "see link{https://a.example/x?y=1&z=2 https://a.example/x?y=1&z=2}."],
    ["<!date^1700000000^{date_short} {time}|then>", "date{1700000000 {date_short} {time}}"],
    [":tada: at 08:14:40, :nope:", "emoji{tada} at 08:14:40, :nope:"],
    ["`<https://a.example|words>`", "code{words}"],
    ["", ""],
  ])("reads %j", (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it("never takes escaped characters for markup", () => {
    expect(shown("&lt;!channel&gt; &lt;@U1&gt; &lt;https://a.example|press&gt; &amp;lt;", false)).toBe(
      "<!channel> <@U1> <https://a.example|press> &lt;",
    );
  });

  it("makes no link of a bare address in verbatim text", () => {
    expect(shown("https://a.example", false)).toBe("https://a.example");
  });

  it("reads long nonsense in time", () => {
    const started = performance.now();
    for (const piece of ["*a ", "<@", "`", "_x~", "<!date^", "&gt;\n"])
      expect(parse(piece.repeat(3_000))).not.toEqual([]);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe("emoji and dates", () => {
  it("knows Slack's own names, and leaves other words alone", () => {
    expect(withEmoji(":large_green_circle: :white_circle: 08:14:40 :no_such_thing:")).toBe(
      "🟢 ⚪ 08:14:40 :no_such_thing:",
    );
  });

  it("says today and yesterday, and keeps a token that it does not know", () => {
    const now = new Date(2_026, 10, 23, 12, 0, 0);
    const at = (date: Date) => date.getTime() / 1_000;
    expect(formatSlackDate(at(now), "{date_short_pretty} {nonsense}", now)).toBe("Today {nonsense}");
    expect(formatSlackDate(at(new Date(2_026, 10, 22, 23, 59)), "{date_pretty}", now)).toBe("Yesterday");
    expect(formatSlackDate(at(new Date(2_026, 10, 3)), "{date_num}", now)).toBe("2026-11-03");
    expect(formatSlackDate(at(now) - 7_200, "{ago}", now)).toMatch(/2/);
  });
});

describe("completion", () => {
  const commands = [{ command: "/dragonfly", description: "Ask", usage_hint: "[status|alerts] | silence <name>" }];
  const lines = (text: string) => completions(commands, text).map(({ line }) => line);

  it.each([
    ["/", ["/dragonfly"]],
    ["/dragonfly", []],
    ["/dragonfly ", ["status", "alerts", "silence", "role", "help"].map((word) => `/dragonfly ${word}`)],
    ["/dragonfly s", ["/dragonfly status", "/dragonfly silence"]],
    ["/dragonfly status", []],
    ["/dragonfly status ", ["/dragonfly status --share"]],
    ["/dragonfly status cache --", ["/dragonfly status cache --share"]],
    ["/dragonfly status --share ", []],
    ["/dragonfly alerts ", []],
    ["hello /dragonfly", []],
    ["/other ", []],
  ])("of %j", (text, expected) => {
    expect(lines(text)).toEqual(expected);
  });
});
