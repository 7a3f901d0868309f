import type { Logger } from "../../logging.ts";
import { slackFailure } from "./errors.ts";
import type { Message } from "./sender.ts";

export type Failure = ReturnType<typeof slackFailure> & { readonly error: unknown };
/** Told why the way before failed; one that does not apply throws that failure on. */
export type Way = (message: Message, failure: Failure) => Promise<void>;

/**
 * Tries each way in turn. When Slack refuses the blocks, the same way is tried with the text alone, and so are those
 * after it. When every way fails, the log has it at error level, with the run it was about, and nothing is thrown.
 */
export async function firstThatWorks(
  logger: Logger,
  message: Message,
  runId: string | undefined,
  ways: readonly Way[],
): Promise<void> {
  let failure: Failure = { kind: "other", code: "", error: undefined };
  let answer = message;
  for (const [index, way] of ways.entries()) {
    const before = failure;
    try {
      await way(answer, before).catch(async (error: unknown) => {
        const { kind, code } = slackFailure(error);
        if (kind !== "blocks" || answer.blocks === undefined || answer.blocks.length === 0) throw error;
        logger.warn({ code, runId }, "Slack refused the blocks; answering with text");
        answer = withoutBlocks(answer);
        await way(answer, before);
      });
      if (index > 0) logger.warn({ way: index, code: before.code, runId }, "answered by another way");
      return;
    } catch (error) {
      failure = { ...slackFailure(error), error };
    }
  }
  logger.error({ code: failure.code, err: failure.error, runId }, "an answer could not be delivered");
}

function withoutBlocks(message: Message): Message {
  return {
    text: `${message.text}\n_Slack would not take the full answer; \`dfbot\` in a terminal prints it._`,
    blocks: [],
  };
}
