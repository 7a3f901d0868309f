import { setTimeout as sleep } from "node:timers/promises";
import type { KnownBlock } from "@slack/types";
import type { WebClient } from "@slack/web-api";
import PQueue from "p-queue";
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

/** The one place from which real messages go to channels. */
export interface Sender {
  /** Throws what slackFailure can read. */
  post(channel: string, message: Message, threadTs?: string): Promise<Posted>;
  /** Replaces a message. When several updates of one message wait, only the latest is sent and all of them settle with it. */
  update(posted: Posted, message: Message): Promise<void>;
}

/** Slack lets an app write about once a second to a channel. */
const intervalMs = 1_000;
/** Longer than this and a person has stopped waiting. */
const patienceSeconds = 60;

/** One queue a channel, so that a 429 on one does not delay another. */
export function createSender(client: WebClient): Sender {
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
  return {
    async post(channel, message, threadTs) {
      const answer = await queueOf(channel).add(() =>
        patiently(() =>
          client.chat.postMessage({
            channel,
            text: message.text,
            ...blocksOf(message),
            ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
            unfurl_links: false,
          }),
        ),
      );
      return { channel: answer.channel ?? channel, ts: answer.ts ?? "" };
    },
    update(posted, message) {
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
            ...blocksOf(entry.message),
          }),
        );
      });
      return entry.sent;
    },
  };
}

function blocksOf(message: Message): { blocks?: KnownBlock[] } {
  return { blocks: [...(message.blocks ?? [])] };
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
