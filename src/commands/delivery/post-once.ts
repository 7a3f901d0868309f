import type { Message, Posted, Sender, Sending } from "./sender.ts";

/** Where a message of a record is, or since when somebody is about to post it. */
export interface PostNote {
  readonly at?: string | undefined;
  readonly ts?: string | undefined;
}

export interface PostOnce {
  readonly sender: Sender;
  readonly now: () => Date;
  readonly channel: string;
  /** The same for every attempt at this very message. */
  readonly mark: string;
  readonly sending?: Sending;
  /**
   * Has `edit` look at the newest note of this message and writes down what it returns, if anything. Of two simultaneous
   * writers one wins; the other's edit is asked again.
   */
  note(edit: (before: PostNote) => PostNote | undefined): Promise<void>;
  /** Made when its turn has come. */
  message(): Message | Promise<Message>;
}

/** Somebody who was about to post and said nothing for this long has died: sending takes ten seconds at most. */
const atItMs = 20_000;

/** The right to post, with what is known of an attempt before. */
export interface PostClaim {
  readonly at: string;
  /** When somebody else was about to post it, and may have done so. */
  readonly before: string | undefined;
}

/** Takes the right to post a message, once over all processes; undefined when it is there, or somebody is at it. */
export async function claimPost(
  { note, now }: Pick<PostOnce, "note" | "now">,
  held?: PostClaim,
): Promise<PostClaim | undefined> {
  let claim: PostClaim | undefined;
  await note(({ at, ts }) => {
    const free = at === undefined || at === held?.at || now().getTime() - Date.parse(at) > atItMs;
    claim = undefined;
    if (ts !== undefined || !free) return undefined;
    claim = { at: now().toISOString(), before: at === held?.at ? held?.before : at };
    return { at: claim.at };
  });
  return claim;
}

/**
 * Posts a message that there must be one of, over all processes and their deaths: whoever can write down that they are about to,
 * does. Where somebody died at it, the channel is looked at first. Resolves with nothing to do when it is there, or somebody else
 * is at it. Throws what slackFailure can read.
 */
export async function postOnce(once: PostOnce, held?: PostClaim): Promise<Posted | undefined> {
  const { sender, channel, mark, sending = {} } = once;
  let claim: PostClaim | undefined;
  let found: Posted | undefined;
  const prepare = async () => {
    claim = await claimPost(once, claim ?? held);
    if (claim === undefined) return undefined;
    const { before } = claim;
    found = before === undefined ? undefined : await sender.find(channel, mark, new Date(before), sending.thread);
    return found === undefined ? await once.message() : undefined;
  };
  const posted = (await sender.postIf(channel, prepare, { ...sending, mark })) ?? found;
  if (posted !== undefined && claim !== undefined) {
    const { at } = claim;
    await once.note(() => ({ at, ts: posted.ts }));
  }
  return posted;
}
