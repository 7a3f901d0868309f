import type { StoredMessage, Workspace } from "../workspace.ts";

/** A message as Slack's answers show it. Metadata is left out where it was not asked for. */
export function shownMessage(workspace: Workspace, message: StoredMessage, withMetadata = true) {
  const { channel, ts, thread_ts, user, text, blocks, files, edited, metadata } = message;
  const replies = workspace.messages.filter((other) => other.channel === channel && other.thread_ts === ts);
  const byBot = user === workspace.botUserId;
  return {
    type: "message",
    ...(files.length === 0 ? {} : { subtype: "file_share", files: files.map(({ preview: _, ...file }) => file) }),
    user,
    ...(byBot ? { bot_id: workspace.botId, app_id: workspace.appId } : {}),
    ts,
    text,
    ...(blocks.length === 0 && !byBot ? {} : { blocks }),
    ...(edited ? { edited: { user, ts } } : {}),
    ...(thread_ts === undefined ? {} : { thread_ts }),
    ...(replies.length === 0 ? {} : { thread_ts: ts, reply_count: replies.length }),
    ...(withMetadata && metadata !== undefined ? { metadata } : {}),
  };
}
