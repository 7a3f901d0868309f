import type { ChannelState, Workspace } from "../workspace.ts";
import { type ApiAnswer, no } from "./answer.ts";

/** The channel, when the bot is in it. A private one that it is not in does not exist for it. */
export function memberChannel(workspace: Workspace, id: string): ChannelState | ApiAnswer {
  const channel = workspace.channel(id);
  if (channel === undefined) return no("channel_not_found");
  if (channel.members.has(workspace.botUserId)) return channel;
  return no(channel.is_private ? "channel_not_found" : "not_in_channel");
}
