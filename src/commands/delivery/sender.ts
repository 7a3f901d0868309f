import { setTimeout as sleep } from "node:timers/promises";
import type { KnownBlock } from "@slack/types";
import type { WebClient } from "@slack/web-api";
import PQueue from "p-queue";
import { z } from "zod";
import { slackFailure } from "./errors.ts";

export interface Message {
  readonly text: string;
  readonly blocks?: readonly KnownBlock[];
}

/** Where a posted message is. */
export interface Posted {
  readonly channel: string;
  readonly ts: string;
}

const marked = z.object({ event_type: z.string(), event_payload: z.object({ mark: z.string() }) });

/** How a message is sent. */
export interface Sending {
  /** The message in whose thread it goes. */
  readonly thread?: string;
  /** Of what waits for the same channel the most important goes first; 0 when not said. */
  readonly importance?: number;
  /** Marks the message, unseen by people, so that `find` knows it again. An id, nothing more: every app there can read it. */
  readonly mark?: string;
}

/** The one place from which real messages go to channels. */
export interface Sender {
  /** Throws what slackFailure can read. */
  post(channel: string, message: Message, sending?: Sending): Promise<Posted>;
  /** Asks for the message only when its turn has come; sends nothing, and returns undefined, when there is none then. */
  postIf(channel: string, message: () => Promise<Message | undefined>, sending?: Sending): Promise<Posted | undefined>;
  /**
   * A message with this mark that was posted since then, in the channel or in the thread; undefined when there is none, or when
   * the app may not read there (scopes channels:history, groups:history).
   */
  find(channel: string, mark: string, since: Date, thread?: string): Promise<Posted | undefined>;
  /** Replaces a message, and its mark when there is another one. When several updates of one message wait, only the latest is sent and all of them settle with it. */
  update(posted: Posted, message: Message, sending?: Pick<Sending, "mark">): Promise<void>;
}

/** Slack lets an app write about once a second to a channel. */
const intervalMs = 1_000;
/** What a mark is called in the metadata of a message. https://docs.slack.dev/messaging/message-metadata */
const markType = "dfbot_message";
/** Slack's clock and ours differ. */
const clockSkewSeconds = 60;
/** Longer than this and a person has stopped waiting. */
const patienceSeconds = 60;

/**
 * One queue a channel, so that a 429 on one does not delay another. `careful` is a client that never sends anything twice by
 * itself: an answer that was lost does not mean that nothing was posted.
 */
export function createSender(client: WebClient, careful: WebClient): Sender {
  const queues = new Map<string, PQueue>();
  const waiting = new Map<string, { message: Message; sent: Promise<void> }>();
  const queueOf = (channel: string) => {
    let queue = queues.get(channel);
    if (queue === undefined) {
      const made = new PQueue({ concurrency: 1, intervalCap: 1, interval: intervalMs });
      // It remembers when it last sent, so it outlives its last message by more than the interval.
      const forget = () => void (made.size === 0 && made.pending === 0 && queues.delete(channel));
      made.on("idle", () => setTimeout(forget, 2 * intervalMs).unref());
      queue = made;
      queues.set(channel, queue);
    }
    return queue;
  };
  const inTurn = <T>(channel: string, { importance = 0 }: Sending = {}, work: () => Promise<T>): Promise<T> =>
    queueOf(channel).add(work, { priority: importance });
  return {
    async post(channel, message, sending) {
      return await inTurn(channel, sending, () => patiently(() => send(client, channel, message, sending)));
    },
    async postIf(channel, message, sending) {
      // Asked again after a 429: what was to be said may have changed, or been said by somebody else, meanwhile.
      const attempt = async () => {
        const wanted = await message();
        return wanted === undefined ? undefined : await send(careful, channel, wanted, sending);
      };
      return await inTurn(channel, sending, () => patiently(attempt));
    },
    async find(channel, mark, since, thread) {
      const oldest = String(Math.floor(since.getTime() / 1_000) - clockSkewSeconds);
      const asked = { channel, oldest, include_all_metadata: true, limit: 200 };
      const answer = await patiently(() =>
        thread === undefined
          ? client.conversations.history(asked)
          : client.conversations.replies({ ...asked, ts: thread }),
      ).catch((error: unknown) => {
        if (mayNotRead(error)) return undefined;
        throw error;
      });
      const found = answer?.messages?.find(({ metadata }) => isMarked(metadata, mark));
      return found?.ts === undefined ? undefined : { channel, ts: found.ts };
    },
    update(posted, message, sending) {
      const key = `${posted.channel}:${posted.ts}`;
      const already = waiting.get(key);
      if (already !== undefined) {
        already.message = message;
        return already.sent;
      }
      const entry = { message, sent: Promise.resolve() };
      // Before the queue is asked: an idle one begins at once, and takes the entry out again.
      waiting.set(key, entry);
      entry.sent = queueOf(posted.channel).add(async () => {
        waiting.delete(key);
        await patiently(() =>
          client.chat.update({
            channel: posted.channel,
            ts: posted.ts,
            text: entry.message.text,
            ...markOf(sending?.mark),
            ...blocksOf(entry.message),
          }),
        );
      });
      return entry.sent;
    },
  };
}

async function send(
  client: WebClient,
  channel: string,
  message: Message,
  { thread, mark }: Sending = {},
): Promise<Posted> {
  const answer = await client.chat.postMessage({
    channel,
    text: message.text,
    ...blocksOf(message),
    ...(thread === undefined ? {} : { thread_ts: thread }),
    ...markOf(mark),
    unfurl_links: false,
  });
  return { channel: answer.channel ?? channel, ts: answer.ts ?? "" };
}

function markOf(mark: string | undefined) {
  return mark === undefined ? {} : { metadata: { event_type: markType, event_payload: { mark } } };
}

function blocksOf(message: Message): { blocks?: KnownBlock[] } {
  return { blocks: [...(message.blocks ?? [])] };
}

function isMarked(metadata: unknown, mark: string): boolean {
  const parsed = marked.safeParse(metadata);
  return parsed.success && parsed.data.event_type === markType && parsed.data.event_payload.mark === mark;
}

function mayNotRead(error: unknown): boolean {
  return ["missing_scope", "not_in_channel", "channel_not_found"].includes(slackFailure(error).code);
}

/** Honours Retry-After, as long as somebody still waits for the message. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  let waited = 0;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const failure = slackFailure(error);
      if (failure.kind !== "rate-limited" || waited + failure.retryAfterSeconds > patienceSeconds) throw error;
      waited += failure.retryAfterSeconds;
      await sleep(failure.retryAfterSeconds * 1_000);
    }
  }
}
