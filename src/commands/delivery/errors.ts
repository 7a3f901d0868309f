/** What went wrong with a call to Slack, as far as somebody can do something about it. */
export type SlackFailure =
  /** The bot may not write there: not a member, archived, or Slack hides the channel from it. */
  | { readonly kind: "no-access"; readonly code: string }
  /** The message, dialog window or response_url that was meant is gone. */
  | { readonly kind: "gone"; readonly code: string }
  /** Slack refuses the blocks. */
  | { readonly kind: "blocks"; readonly code: string }
  | { readonly kind: "rate-limited"; readonly code: string; readonly retryAfterSeconds: number }
  | { readonly kind: "other"; readonly code: string };

const kinds: Readonly<Record<string, "no-access" | "gone" | "blocks">> = {
  not_in_channel: "no-access",
  channel_not_found: "no-access",
  is_archived: "no-access",
  restricted_action: "no-access",
  user_not_in_channel: "no-access",
  message_not_found: "gone",
  cant_update_message: "gone",
  edit_window_closed: "gone",
  trigger_expired: "gone",
  expired_trigger_id: "gone",
  trigger_exchanged: "gone",
  exchanged_trigger_id: "gone",
  expired_url: "gone",
  used_url: "gone",
  not_found: "gone",
  view_not_found: "gone",
  msg_blocks_too_long: "blocks",
  msg_too_long: "blocks",
  invalid_blocks: "blocks",
  invalid_blocks_format: "blocks",
};

/** Reads the error that @slack/web-api threw, or a plain error code. */
export function slackFailure(error: unknown): SlackFailure {
  if (typeof error === "string") return known(error);
  if (!(error instanceof Error)) return { kind: "other", code: "unknown" };
  if (typeof error.cause === "string") return known(error.cause);
  if ("retryAfter" in error && typeof error.retryAfter === "number")
    return { kind: "rate-limited", code: "ratelimited", retryAfterSeconds: error.retryAfter };
  const data = "data" in error ? error.data : undefined;
  const code =
    data !== null && typeof data === "object" && "error" in data && typeof data.error === "string" ? data.error : "";
  return code === "" ? { kind: "other", code: error.message } : known(code);
}

function known(code: string): SlackFailure {
  const kind = kinds[code];
  return kind === undefined ? { kind: "other", code } : { kind, code };
}
