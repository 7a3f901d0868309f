import { BotError } from "../../errors.ts";
import { clean, truncate } from "../../reports/render/clean.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import type { RunRecord } from "../../runbooks/durable/record.ts";
import { type Note, runOfThread } from "../../runbooks/tenants/deps.ts";
import type { Sender } from "../delivery/sender.ts";
import { postedOf } from "./card.ts";

interface TellDeps {
  readonly sender: Pick<Sender, "find" | "postIf">;
  run(id: string): Promise<RunRecord | undefined>;
}

const longest = 3_000;

/**
 * Posts a note of a run, once for its key: what was posted before, by a process that died before it could say so, is looked for by a mark
 * that every message carries. Throws BotError `slack.no-card` for the thread of a run that has none, and what slackFailure can read.
 */
export async function tellOnce({ sender, run }: TellDeps, { key, to, text }: Note): Promise<void> {
  const [id = ""] = key.split("/");
  const record = await run(runOfThread(to) ?? id);
  const card = record === undefined ? undefined : postedOf(record);
  const isThread = runOfThread(to) !== undefined;
  if (isThread && card === undefined) {
    throw new BotError("slack.no-card", `Run ${runOfThread(to)} has no card in Slack`, "The run itself says the same");
  }
  const channel = isThread && card !== undefined ? card.channel : to;
  const thread = isThread && card !== undefined ? { thread: card.ts } : {};
  const since = new Date(record?.requestedAt ?? 0);
  const body = escapedUpTo(truncate(clean(text), longest), longest);
  const message = async () =>
    (await sender.find(channel, key, since, thread.thread)) === undefined ? { text: body } : undefined;
  await sender.postIf(channel, message, { ...thread, mark: key });
}
