import type { WebClient } from "@slack/web-api";
import type { Logger } from "../../logging.ts";
import { slackFailure } from "./errors.ts";
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

/** An answer in the making: first a working note, then the answer in its place. */
export interface Answer {
  /** Never throws: when every way fails, the log has it at error level. */
  finish(message: Message): Promise<void>;
}

/** Only the person who asked sees it. Ephemeral messages cannot be updated, only replaced through their response_url. */
export async function answerPrivately(
  deps: DeliveryDeps,
  asked: Asked,
  note: string,
  replacing = false,
): Promise<Answer> {
  const noted = await asked.responseUrl
    .send({ response_type: "ephemeral", text: note, replace_original: replacing })
    .then(
      () => true,
      () => false,
    );
  return { finish: (message) => finishPrivately(deps, asked, message, noted) };
}

async function finishPrivately(
  deps: DeliveryDeps,
  asked: Asked,
  message: Message,
  replaceNote: boolean,
): Promise<void> {
  const { channel, user, responseUrl } = asked;
  const respond = (body: Message) =>
    responseUrl.send({ response_type: "ephemeral", replace_original: replaceNote, ...body });
  await firstThatWorks(deps.logger, [
    () => respond(message),
    (failure) => {
      if (failure.kind !== "blocks") throw failure.error;
      return respond(withoutBlocks(message));
    },
    async () => {
      await deps.client.chat.postEphemeral({ channel, user, text: message.text, blocks: [...(message.blocks ?? [])] });
    },
    () => directMessage(deps, user, withNote(message, "_I could not answer where you asked, so here it is._")),
  ]);
}

/** A real message in the channel. Where the bot is not a member, the person's response_url posts for it. */
export async function answerPublicly(deps: DeliveryDeps, asked: Asked, note: string): Promise<Answer> {
  const { channel, user, responseUrl } = asked;
  try {
    const posted = await deps.sender.post(channel, { text: note });
    return { finish: (message) => finishPosted(deps, posted, message) };
  } catch (error) {
    deps.logger.warn({ code: slackFailure(error).code, channel }, "cannot post to the channel");
    await responseUrl.send({ response_type: "ephemeral", text: note }).catch(() => undefined);
    return {
      async finish(message) {
        await firstThatWorks(deps.logger, [
          () =>
            responseUrl.send({ response_type: "in_channel", replace_original: false, ...withNote(message, invite) }),
          () => directMessage(deps, user, withNote(message, invite)),
        ]);
        await responseUrl.send({ text: "", delete_original: true }).catch(() => undefined);
      },
    };
  }
}

export const invite = "_I am not a member of that channel; `/invite` me to let me keep my messages there up to date._";

/** Replaces a posted message; a new one takes its place when it is gone. */
export async function finishPosted(deps: DeliveryDeps, posted: Posted, message: Message): Promise<void> {
  await firstThatWorks(deps.logger, [
    () => deps.sender.update(posted, message),
    (failure) => {
      if (failure.kind !== "blocks") throw failure.error;
      return deps.sender.update(posted, withoutBlocks(message));
    },
    async (failure) => {
      const why =
        failure.kind === "gone"
          ? "_The message I was writing to was deleted, so here it is again._"
          : "_I could not update my message, so here is a new one._";
      await deps.sender.post(
        posted.channel,
        failure.kind === "blocks" ? withoutBlocks(message) : withNote(message, why),
      );
    },
  ]);
}

export async function directMessage(deps: DeliveryDeps, user: string, message: Message): Promise<void> {
  const opened = await deps.client.conversations.open({ users: user });
  await deps.sender.post(opened.channel?.id ?? user, message);
}

function withoutBlocks(message: Message): Message {
  return {
    text: `${message.text}\n_Slack would not take the full answer; \`dfbot\` in a terminal prints it._`,
    blocks: [],
  };
}

function withNote(message: Message, note: string): Message {
  if (message.blocks === undefined || message.blocks.length === 0)
    return { ...message, text: `${message.text}\n${note}` };
  return { ...message, blocks: [{ type: "context", elements: [{ type: "mrkdwn", text: note }] }, ...message.blocks] };
}

type Failure = ReturnType<typeof slackFailure> & { readonly error: unknown };
type Way = (failure: Failure) => Promise<void>;

/** Tries each way in turn, telling it why the one before failed; a way that does not apply throws that failure on. */
async function firstThatWorks(logger: Logger, ways: readonly Way[]): Promise<void> {
  let failure: Failure = { kind: "other", code: "", error: undefined };
  for (const [index, way] of ways.entries()) {
    try {
      await way(failure);
      if (index > 0) logger.warn({ way: index, code: failure.code }, "answered by another way");
      return;
    } catch (error) {
      failure = { ...slackFailure(error), error };
    }
  }
  logger.error({ code: failure.code, err: failure.error }, "an answer could not be delivered");
}
