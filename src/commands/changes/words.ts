import type { KnownBlock, SectionBlock } from "@slack/types";
import { clean } from "../../reports/render/clean.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import type { RunRecord, RunState } from "../../runbooks/durable/record.ts";

/** How a run's state reads everywhere in Slack. */
export const stateWords: Readonly<Record<RunState, string>> = {
  queued: ":hourglass_flowing_sand: Accepted",
  running: ":gear: At work",
  waiting: ":raised_hand: Waiting for approval",
  sleeping: ":zzz: Waiting",
  succeeded: ":white_check_mark: Done",
  failed: ":x: Failed",
  rejected: ":no_entry: Rejected",
  expired: ":stopwatch: Expired: nobody decided in time",
  cancelled: ":black_square_for_stop: Cancelled",
};

export function requesterOf({ surface, id }: RunRecord["requester"]): string {
  return surface === "cli" ? escapedUpTo(clean(id), 100) : mention(id);
}

/** A mention of a Slack user; anything else as the text it is. */
export function mention(id: string): string {
  return /^[UW][A-Z0-9]+$/.test(id) ? `<@${id}>` : escapedUpTo(clean(id), 100);
}

/** A time in the reader's own zone, with the exact one for whoever cannot show it. */
export function slackTime(iso: string, format = "{date_short_pretty} {time}"): string {
  return `<!date^${Math.floor(Date.parse(iso) / 1_000)}^${format}|${iso}>`;
}

const longestAddress = 500;

/**
 * A link with words of ours; only the words when what should be linked is not on the web. Slack ends a link at the first `>` and its
 * address at the first `|`.
 */
export function link(url: string, words: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return words;
  const address = parsed.href.replaceAll(/[<>|]/g, encodeURIComponent).replaceAll("&", "&amp;");
  return address.length > longestAddress ? words : `<${address}|${words}>`;
}

/** `verbatim` keeps Slack from making links and mentions of its own out of what people wrote; ours are marked up. */
export function section(text: string): SectionBlock {
  return { type: "section", text: { type: "mrkdwn", text, verbatim: true } };
}

export function context(text: string): KnownBlock {
  return { type: "context", elements: [{ type: "mrkdwn", text, verbatim: true }] };
}
