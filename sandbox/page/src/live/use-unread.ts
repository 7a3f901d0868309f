import { useEffect, useState } from "react";
import type { PageMessage, PageState } from "../../../slack/page-api.ts";

type Seen = Readonly<Record<string, string>>;

/**
 * How many messages of others came into each channel since this person last looked at it. What was there when the page
 * opened counts as seen.
 */
export function useUnread(state: PageState | undefined, open: string | undefined): Readonly<Record<string, number>> {
  const [seenBy, setSeenBy] = useState<Readonly<Record<string, Seen>>>({});
  const me = state?.me;
  const latest = state === undefined ? "" : latestIn(state.messages, open);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what else is in the state does not change what was seen
  useEffect(() => {
    if (state === undefined || me === undefined) return;
    setSeenBy((all) => {
      const mine =
        all[me] ?? Object.fromEntries(state.channels.map(({ id }) => [id, latestIn(state.messages, id)] as const));
      return { ...all, [me]: open === undefined ? mine : { ...mine, [open]: latest } };
    });
  }, [me, open, latest]);
  const seen = me === undefined ? undefined : seenBy[me];
  if (state === undefined || seen === undefined) return {};
  return Object.fromEntries(
    state.channels.map(({ id }) => [
      id,
      state.messages.filter(
        (message) => message.channel === id && message.user !== me && Number(message.ts) > Number(seen[id] ?? 0),
      ).length,
    ]),
  );
}

function latestIn(messages: readonly PageMessage[], channel: string | undefined): string {
  return messages.findLast((message) => message.channel === channel)?.ts ?? "0";
}
