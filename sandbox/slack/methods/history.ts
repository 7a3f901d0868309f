import type { StoredMessage, Workspace } from "../workspace.ts";
import { memberChannel } from "./access.ts";
import { type ApiAnswer, type Arguments, isAnswer, type Method, no, textOf } from "./answer.ts";
import { shownMessage } from "./messages.ts";

const most = 999;

/** The scope that reading this conversation needs. Source: https://docs.slack.dev/reference/methods/conversations.history */
export function historyScope(workspace: Workspace, given: Arguments): string {
  const channel = workspace.channel(textOf(given, "channel") ?? "");
  if (channel?.is_im === true) return "im:history";
  return channel?.is_private === true ? "groups:history" : "channels:history";
}

/** conversations.history: newest first, without replies and without what only one person sees. */
export function historyMethod(workspace: Workspace): Method {
  return (given) => {
    const channel = memberChannel(workspace, textOf(given, "channel") ?? "");
    if (isAnswer(channel)) return channel;
    const isListed = ({ thread_ts, ts }: StoredMessage) => thread_ts === undefined || thread_ts === ts;
    return page(workspace, given, (message) => message.channel === channel.id && isListed(message), "newest first");
  };
}

/**
 * conversations.replies: the parent and its replies, oldest first.
 * Source: https://docs.slack.dev/reference/methods/conversations.replies
 */
export function repliesMethod(workspace: Workspace): Method {
  return (given) => {
    const channel = memberChannel(workspace, textOf(given, "channel") ?? "");
    if (isAnswer(channel)) return channel;
    const thread = textOf(given, "ts") ?? "";
    const inThread = (message: StoredMessage) =>
      message.channel === channel.id && (message.ts === thread || message.thread_ts === thread);
    if (!workspace.messages.some(inThread)) return no("thread_not_found");
    return page(workspace, given, inThread, "oldest first");
  };
}

/** What both have in common: a range of time, pages, and metadata when it is asked for. */
function page(
  workspace: Workspace,
  given: Arguments,
  isWanted: (message: StoredMessage) => boolean,
  order: "newest first" | "oldest first",
): ApiAnswer {
  const latest = ticks(textOf(given, "latest"));
  if (latest === "wrong") return no("invalid_ts_latest");
  const oldest = ticks(textOf(given, "oldest"));
  if (oldest === "wrong") return no("invalid_ts_oldest");
  const before = cursorOf(textOf(given, "cursor"));
  if (before === "wrong") return no("invalid_cursor");
  const limit = Math.min(most, Number(textOf(given, "limit") ?? 100));
  if (!(limit >= 1)) return no("invalid_arguments", ["[ERROR] must be at least 1 [json-pointer:/limit]"]);
  const inclusive = isTrue(given, "inclusive");

  const inRange = (ts: string) => {
    const at = ticks(ts);
    if (typeof at !== "bigint") return false;
    const edge = inclusive ? 0n : 1n;
    const isPaged = before === undefined || (order === "newest first" ? at < before : at > before);
    return (latest === undefined || at <= latest - edge) && (oldest === undefined || at >= oldest + edge) && isPaged;
  };
  const inOrder = workspace.messages.filter(
    (message) => message.onlyFor === undefined && inRange(message.ts) && isWanted(message),
  );
  const found = order === "newest first" ? inOrder.toReversed() : inOrder;
  const messages = found.slice(0, limit);
  const last = messages.at(-1);
  const more = found.length > messages.length && last !== undefined;
  return {
    ok: true,
    messages: messages.map((message) => shownMessage(workspace, message, isTrue(given, "include_all_metadata"))),
    has_more: more,
    ...(more ? { response_metadata: { next_cursor: Buffer.from(`next_ts:${last.ts}`).toString("base64") } } : {}),
  };
}

/** A timestamp in microseconds: too long for a number. */
function ticks(ts: string | undefined): bigint | undefined | "wrong" {
  if (ts === undefined) return undefined;
  const parts = /^(\d+)(?:\.(\d{1,6}))?$/.exec(ts);
  return parts === null ? "wrong" : BigInt(`${parts[1]}${(parts[2] ?? "").padEnd(6, "0")}`);
}

function cursorOf(cursor: string | undefined): bigint | undefined | "wrong" {
  if (cursor === undefined) return undefined;
  const ts = /^next_ts:(.+)$/.exec(Buffer.from(cursor, "base64").toString())?.[1];
  return ts === undefined ? "wrong" : ticks(ts);
}

function isTrue(given: Arguments, name: string): boolean {
  return ["true", "1"].includes(textOf(given, name) ?? "");
}
