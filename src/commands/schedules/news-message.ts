import type { ScheduleNews } from "../../records/schedule.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import { section } from "../changes/words.ts";
import type { Message } from "../delivery/sender.ts";
import { reportMessage } from "../run-and-answer.ts";

/** What a channel is told of a scheduled run: the report, below a line that says why it is told; or the line alone. */
export function newsMessage(title: string, news: ScheduleNews): Message {
  const line = lineOf(title, news);
  const { report, kind } = news;
  // That all is well, or as it was, is a line and no wall.
  if (report === undefined || kind === "again" || (kind === "first" && report.verdict === "ok")) {
    return { text: line, blocks: [section(line)] };
  }
  const { text, blocks = [] } = reportMessage(report, { shareable: false });
  return { text: `${line}\n${text}`, blocks: [section(line), ...blocks] };
}

function lineOf(title: string, { kind, words, report, failure }: ScheduleNews): string {
  const said = escapedUpTo(report?.summary ?? failure?.text ?? "", 1_500);
  switch (kind) {
    case "changed":
      return `:calendar: *${title}*: ${words} since the last one`;
    case "first":
      return report?.verdict === "ok"
        ? `:calendar: *${title}* begins: ${said}. From now on I speak of it only when something changes.`
        : `:calendar: *${title}* begins, and not all is as it should be. From now on I speak of it only when something changes.`;
    case "again":
      return `:calendar: *${title}* can be made again: ${said}`;
    case "failed":
      return `:calendar: *${title}* could not be made: ${said} I try again each time, and say so when it works.`;
  }
}
