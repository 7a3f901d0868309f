import type { WebClient } from "@slack/web-api";
import type { Logger } from "../../logging.ts";
import { slackFailure } from "./errors.ts";
import { type Failure, firstThatWorks } from "./first-that-works.ts";
import type { ResponseUrl } from "./response-url.ts";
import type { Message, Posted, Sender } from "./sender.ts";

/** Who asked, where, and the way back that Slack gave with the request. */
export interface Asked {
  readonly user: string;
  readonly channel: string;
  readonly responseUrl: ResponseUrl;
}

export interface DeliveryDeps {
  readonly client: WebClient;
  readonly sender: Sender;
  readonly logger: Logger;
}

/** An answer in the making. */
export interface Answer {
  /** Never throws: when every way fails, the log has it at error level, with the run it was about. */
  finish(message: Message, runId?: string): Promise<void>;
}

/**
 * Where a private answer goes: in a message of its own, or in place of the one that the clicked button is under.
 * Only a click's response_url can replace anything: that of a command always makes a new message, whatever it asks for
 * (bolt-js#2287, bolt-python#1268), and an ephemeral message cannot be updated in any other way.
 */
export type Place = "new" | "original";

/** A working note that stays beside its answer is only worth it when the answer keeps somebody waiting. */
export const noteAfterMs = 1_500;

/** Only the person who asked sees it. A slow Slack does not hold up the work. */
export function answerPrivately(deps: DeliveryDeps, asked: Asked, note: string, place: Place = "new"): Answer {
  const { channel, user, responseUrl } = asked;
  const noted = place === "original" ? noteInPlace(responseUrl, note) : noteWhenSlow(responseUrl, note);
  return {
    async finish(message, runId) {
      const replace = await noted();
      await firstThatWorks(deps.logger, message, runId, [
        (answer) => responseUrl.send({ response_type: "ephemeral", replace_original: replace, ...answer }),
        async (answer) => {
          const blocks = [...(answer.blocks ?? [])];
          await deps.client.chat.postEphemeral({ channel, user, text: answer.text, blocks });
        },
        (answer) => directMessage(deps, user, withNote(answer, "_I could not answer where you asked, so here it is._")),
      ]);
    },
  };
}

/** Ends the note, and says whether the answer may take its place. */
type Noted = () => Promise<boolean>;

function noteInPlace(responseUrl: ResponseUrl, note: string): Noted {
  const sent = responseUrl.send({ response_type: "ephemeral", text: note, replace_original: true }).then(
    () => true,
    () => false,
  );
  return () => sent;
}

function noteWhenSlow(responseUrl: ResponseUrl, note: string): Noted {
  let sent: Promise<void> = Promise.resolve();
  const timer = setTimeout(() => {
    const text = `${note} The answer comes below.`;
    sent = responseUrl.send({ response_type: "ephemeral", replace_original: false, text }).catch(() => undefined);
  }, noteAfterMs);
  return async () => {
    clearTimeout(timer);
    await sent;
    return false;
  };
}

/** A real message in the channel. Where the bot may not post, the person's response_url posts for it. */
export function answerPublicly(deps: DeliveryDeps, asked: Asked, note: string): Answer {
  const { channel, user, responseUrl } = asked;
  const posting = deps.sender.post(channel, { text: note }).then(
    (posted) => ({ posted }),
    async (error: unknown) => {
      const failure = { ...slackFailure(error), error };
      deps.logger.warn({ code: failure.code, channel }, "cannot post to the channel");
      return { failure, noted: noteWhenSlow(responseUrl, note) };
    },
  );
  return {
    async finish(message, runId) {
      const outcome = await posting;
      if ("posted" in outcome) return finishPosted(deps, outcome.posted, { user }, message, runId);
      const why = whyNotThere(outcome.failure);
      await outcome.noted();
      await firstThatWorks(deps.logger, message, runId, [
        (answer) =>
          responseUrl.send({ response_type: "in_channel", replace_original: false, ...withNote(answer, why) }),
        (answer) => directMessage(deps, user, withNote(answer, why)),
      ]);
    },
  };
}

/** Who an updated message is for, should it not be possible to update it. */
export interface UpdateFor {
  readonly user: string;
  /** Of a click on that very message, which it may replace also where the bot is not a member. */
  readonly responseUrl?: ResponseUrl;
}

/** Replaces a posted message; a new one takes its place when it is gone, and the person gets it when neither may be. */
export async function finishPosted(
  deps: DeliveryDeps,
  posted: Posted,
  { user, responseUrl }: UpdateFor,
  message: Message,
  runId?: string,
): Promise<void> {
  await firstThatWorks(deps.logger, message, runId, [
    (answer) => deps.sender.update(posted, answer),
    (answer, failure) => {
      // On a deleted message this would only make a private one, so the channel comes first then.
      if (responseUrl === undefined || failure.kind !== "no-access") throw failure.error;
      return responseUrl.send({ replace_original: true, ...answer });
    },
    async (answer, failure) => {
      const why =
        failure.kind === "gone"
          ? "_The message I was writing to was deleted, so here it is again._"
          : "_I could not update my message, so here is a new one._";
      await deps.sender.post(posted.channel, withNote(answer, why));
    },
    (answer, failure) => directMessage(deps, user, withNote(answer, whyNotThere(failure))),
  ]);
}

/** Words for a person only, with nothing before them. */
export async function sayPrivately(deps: DeliveryDeps, asked: Asked, text: string): Promise<void> {
  const { channel, user, responseUrl } = asked;
  await firstThatWorks(deps.logger, { text }, undefined, [
    (answer) => responseUrl.send({ response_type: "ephemeral", replace_original: false, ...answer }),
    async (answer) => {
      await deps.client.chat.postEphemeral({ channel, user, text: answer.text });
    },
    (answer) => directMessage(deps, user, answer),
  ]);
}

async function directMessage(deps: DeliveryDeps, user: string, message: Message): Promise<void> {
  const opened = await deps.client.conversations.open({ users: user });
  await deps.sender.post(opened.channel?.id ?? user, message);
}

/** One plain sentence for why a message is not where it was meant to be. */
export function whyNotThere({ code }: Pick<Failure, "code">): string {
  if (code === "not_in_channel" || code === "channel_not_found")
    return "_I am not a member of that channel; `/invite` me to let me keep my messages there up to date._";
  if (code === "is_archived") return "_That channel is archived, so I cannot write there._";
  return `_Slack did not let me write there (${code.replace(/[^\w -]/g, "").slice(0, 60)})._`;
}

function withNote(message: Message, note: string): Message {
  if (message.blocks === undefined || message.blocks.length === 0)
    return { ...message, text: `${message.text}\n${note}` };
  return { ...message, blocks: [{ type: "context", elements: [{ type: "mrkdwn", text: note }] }, ...message.blocks] };
}
