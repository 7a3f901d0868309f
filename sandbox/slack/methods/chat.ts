import { z } from "zod";
import { blockProblems } from "../block-kit.ts";
import type { InstalledApp } from "../installed-app.ts";
import type { Block } from "../page-api.ts";
import type { Workspace } from "../workspace.ts";
import { memberChannel } from "./access.ts";
import { type ApiAnswer, type Arguments, isAnswer, type Method, no } from "./answer.ts";
import { shownMessage } from "./messages.ts";
import { metadataOf, removesMetadata, warned } from "./metadata.ts";

const messageArguments = z.looseObject({
  channel: z.string(),
  text: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
  thread_ts: z.string().optional(),
  user: z.string().optional(),
  ts: z.string().optional(),
});

interface Content {
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** The chat.* methods. */
export function chatMethods(workspace: Workspace, app: InstalledApp, origin: () => string) {
  /** The channel, when the bot may write there; a person's id means the direct conversation. */
  const writable = (given: Arguments) => {
    const id = String(given["channel"] ?? "");
    const isPerson = workspace.people.some((person) => person.id === id);
    const channel = memberChannel(workspace, isPerson ? workspace.directChannel(id).id : id);
    return !isAnswer(channel) && channel.is_im && !app.messagesTab ? no("messages_tab_disabled") : channel;
  };
  const show = (message: Parameters<typeof shownMessage>[1]) => shownMessage(workspace, message);

  const post: Method = (given) => {
    const channel = writable(given);
    if (isAnswer(channel)) return channel;
    const said = contentOf(given);
    if (isAnswer(said)) return said;
    const attached = metadataOf(given);
    if ("error" in attached) return no(attached.error);
    const thread = given["thread_ts"];
    if (thread !== undefined && workspace.message(channel.id, String(thread)) === undefined)
      return no("thread_not_found");
    const message = workspace.add({
      channel: channel.id,
      user: workspace.botUserId,
      ...said,
      metadata: attached.metadata,
      ...(thread === undefined ? {} : { thread_ts: String(thread) }),
    });
    return { ok: true, channel: channel.id, ts: message.ts, message: show(message), ...warned(attached.warning) };
  };
  const update: Method = (given) => {
    const channel = writable(given);
    if (isAnswer(channel)) return channel;
    const said = contentOf(given);
    if (isAnswer(said)) return said;
    const attached = removesMetadata(given) ? { metadata: undefined } : metadataOf(given);
    if ("error" in attached) return no(attached.error);
    const message = workspace.message(channel.id, String(given["ts"] ?? ""));
    // An ephemeral message is not one that this method can see.
    if (message === undefined || message.onlyFor !== undefined) return no("message_not_found");
    if (message.user !== workspace.botUserId) return no("cant_update_message");
    message.text = said.text;
    message.blocks = said.blocks;
    message.edited = true;
    if (attached.metadata !== undefined || removesMetadata(given)) message.metadata = attached.metadata;
    workspace.changed();
    return { ok: true, channel: channel.id, ts: message.ts, text: message.text, message: show(message) };
  };
  const remove: Method = (given) => {
    const channel = writable(given);
    if (isAnswer(channel)) return channel;
    const message = workspace.message(channel.id, String(given["ts"] ?? ""));
    if (message === undefined || message.onlyFor !== undefined) return no("message_not_found");
    if (message.user !== workspace.botUserId) return no("cant_delete_message");
    workspace.remove(message);
    return { ok: true, channel: channel.id, ts: message.ts };
  };
  const ephemeral: Method = (given) => {
    const channel = writable(given);
    if (isAnswer(channel)) return channel;
    const user = String(given["user"] ?? "");
    if (!channel.members.has(user)) return no("user_not_in_channel");
    const said = contentOf(given);
    if (isAnswer(said)) return said;
    const message = workspace.add({ channel: channel.id, user: workspace.botUserId, ...said, onlyFor: user });
    return { ok: true, message_ts: message.ts };
  };
  const permalink: Method = (given) => {
    const message = workspace.message(String(given["channel"] ?? ""), String(given["message_ts"] ?? ""));
    if (message === undefined) return no("message_not_found");
    const { channel, ts } = message;
    return { ok: true, channel, permalink: `${origin()}/archives/${channel}/p${ts.replace(".", "")}` };
  };
  return { post, update, remove, ephemeral, permalink };
}

function contentOf(given: Arguments): Content | ApiAnswer {
  const parsed = messageArguments.safeParse(given);
  if (!parsed.success)
    return no(
      "invalid_arguments",
      parsed.error.issues.map((issue) => `[ERROR] ${issue.message} [json-pointer:/${issue.path.join("/")}]`),
    );
  const { text = "", blocks = [] } = parsed.data;
  if (text === "" && blocks.length === 0) return no("no_text");
  if (text.length > 40_000) return no("msg_too_long");
  const problems = blockProblems(blocks, "message");
  const first = problems[0];
  if (first !== undefined)
    return no(
      first.error,
      problems.map(({ message }) => message),
    );
  return { text, blocks: blocks as readonly Block[] };
}
