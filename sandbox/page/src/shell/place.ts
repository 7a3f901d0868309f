import type { Channel, PageState } from "../../../slack/page-api.ts";

/** Where the visitor is: a conversation, or the bot's Home tab. */
export type Place = { readonly kind: "channel"; readonly id: string } | { readonly kind: "home" };

/** The conversation of a place, or the first one where this person may not see it. */
export function channelAt({ channels }: PageState, place: Place | undefined): Channel | undefined {
  if (place?.kind === "home") return undefined;
  return channels.find(({ id }) => id === place?.id) ?? channels.find(({ is_member, is_im }) => is_member && !is_im);
}

export function directChannel({ channels }: PageState): Channel | undefined {
  return channels.find(({ is_im }) => is_im);
}
