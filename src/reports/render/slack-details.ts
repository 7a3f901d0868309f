import type { KnownBlock } from "@slack/types";
import type { Finding, Report } from "../model.ts";
import { truncate } from "./clean.ts";
import { charactersIn } from "./slack.ts";
import { codeSlack, escapedUpTo, verdictWords } from "./slack-text.ts";

/** A view holds 100 blocks and 250 KB. */
const maxBlocks = 98;
const maxCharacters = 100_000;

/** Everything a report says, for a modal: each finding with its detail and evidence, under its section's heading. */
export function slackReportDetails(report: Report): { readonly title: string; readonly blocks: readonly KnownBlock[] } {
  const { emoji, word } = verdictWords[report.verdict];
  const blocks: KnownBlock[] = [mrkdwn(`${emoji} *${word}* — ${escapedUpTo(report.summary, 2_000)}`)];
  let characters = 0;
  let left = 0;
  for (const [section, findings] of Map.groupBy(report.findings, (finding) => finding.section)) {
    const wanted: KnownBlock[] = [
      { type: "header", text: { type: "plain_text", text: truncate(section, 150) } },
      ...grouped(findings),
    ];
    for (const block of wanted) {
      const size = charactersIn(block);
      if (blocks.length >= maxBlocks || characters + size > maxCharacters) {
        left += 1;
        continue;
      }
      characters += size;
      blocks.push(block);
    }
  }
  if (left > 0)
    blocks.push(mrkdwn("_This is not all: the rest did not fit. `dfbot` in a terminal prints everything._"));
  return { title: truncate(`${report.runbook} details`, 24), blocks };
}

/** Good news is short, so several ok findings share a block; each other one has its own. */
function grouped(findings: readonly Finding[]): readonly KnownBlock[] {
  const fine = findings.filter(({ verdict }) => verdict === "ok");
  const bad = findings.filter(({ verdict }) => verdict !== "ok");
  return [...bad.map(full), ...chunks(fine.map(short), 2_800).map(mrkdwn)];
}

function full(finding: Finding): KnownBlock {
  const { emoji } = verdictWords[finding.verdict];
  const evidence = finding.evidence
    .slice(0, 4)
    .map(({ command, output, at }) => `${codeSlack(truncate(command, 200))}\n→ ${escapedUpTo(output, 250)} _(${at})_`);
  return mrkdwn(
    [
      `${emoji} *${escapedUpTo(finding.title, 500)}*`,
      ...(finding.detail === "" ? [] : [escapedUpTo(finding.detail, 700)]),
      ...evidence,
    ].join("\n"),
  );
}

function short(finding: Finding): string {
  const output = finding.evidence[0]?.output ?? "";
  return `${verdictWords.ok.emoji} ${escapedUpTo(finding.title, 300)}${output === "" ? "" : `\n     ${codeSlack(truncate(output, 200))}`}`;
}

function chunks(lines: readonly string[], length: number): readonly string[] {
  const result: string[] = [];
  for (const line of lines) {
    const last = result.at(-1);
    if (last !== undefined && last.length + line.length + 1 <= length) result[result.length - 1] = `${last}\n${line}`;
    else result.push(line);
  }
  return result;
}

function mrkdwn(text: string): KnownBlock {
  return { type: "section", text: { type: "mrkdwn", text: truncate(text, 2_950) } };
}
