import { z } from "zod";
import { blockProblems, parseView } from "./block-kit.ts";
import type { Block } from "./page-api.ts";
import type { Tickets } from "./tickets.ts";
import { randomId, type StoredMessage, type StoredView, type Workspace } from "./workspace.ts";

/** What a method answers: Slack's JSON, `ok` included. */
export type ApiAnswer = { readonly ok: boolean; readonly error?: string } & Readonly<Record<string, unknown>>;
export type Arguments = Readonly<Record<string, unknown>>;
type Method = (given: Arguments) => ApiAnswer;

export interface MethodEntry {
  /** The scope the token must have; undefined for none. */
  readonly scope: string | undefined;
  readonly call: Method;
}

const no = (error: string, messages?: readonly string[]): ApiAnswer => ({
  ok: false,
  error,
  ...(messages === undefined ? {} : { response_metadata: { messages } }),
});

const messageArguments = z.looseObject({
  channel: z.string(),
  text: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
  thread_ts: z.string().optional(),
  user: z.string().optional(),
  ts: z.string().optional(),
});

/** The methods of https://docs.slack.dev/reference/methods that the bot uses, with the errors they document. */
export function webApi(
  workspace: Workspace,
  tickets: Tickets,
  hosts: { readonly origin: () => string; readonly socketUrl: () => string },
): Readonly<Record<string, MethodEntry>> {
  const content = (given: Arguments): { readonly text: string; readonly blocks: readonly Block[] } | ApiAnswer => {
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
  };
  /** The channel, when the bot may write there. */
  const writable = (given: Arguments) => {
    const id = String(given["channel"] ?? "");
    const channel =
      workspace.channel(id) ??
      (workspace.people.some((person) => person.id === id) ? workspace.directChannel(id) : undefined);
    if (channel === undefined) return no("channel_not_found");
    if (channel.members.has(workspace.botUserId)) return channel;
    // A private channel that the bot is not in does not exist for it.
    return no(channel.is_private ? "channel_not_found" : "not_in_channel");
  };
  const isAnswer = (value: object): value is ApiAnswer => "ok" in value;
  const show = (message: StoredMessage) => ({
    type: "message",
    user: message.user,
    bot_id: workspace.botId,
    app_id: workspace.appId,
    ts: message.ts,
    text: message.text,
    blocks: message.blocks,
    ...(message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts }),
  });

  const post: Method = (given) => {
    const channel = writable(given);
    if (isAnswer(channel)) return channel;
    const said = content(given);
    if (isAnswer(said)) return said;
    const thread = given["thread_ts"];
    if (thread !== undefined && workspace.message(channel.id, String(thread)) === undefined)
      return no("thread_not_found");
    const message = workspace.add({
      channel: channel.id,
      user: workspace.botUserId,
      ...said,
      ...(thread === undefined ? {} : { thread_ts: String(thread) }),
    });
    return { ok: true, channel: channel.id, ts: message.ts, message: show(message) };
  };
  const update: Method = (given) => {
    const channel = writable(given);
    if (isAnswer(channel)) return channel;
    const said = content(given);
    if (isAnswer(said)) return said;
    const message = workspace.message(channel.id, String(given["ts"] ?? ""));
    // An ephemeral message is not one that this method can see.
    if (message === undefined || message.onlyFor !== undefined) return no("message_not_found");
    if (message.user !== workspace.botUserId) return no("cant_update_message");
    message.text = said.text;
    message.blocks = said.blocks;
    message.edited = true;
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
    const said = content(given);
    if (isAnswer(said)) return said;
    const message = workspace.add({ channel: channel.id, user: workspace.botUserId, ...said, onlyFor: user });
    return { ok: true, message_ts: message.ts };
  };
  const openView =
    (stack: "open" | "push"): Method =>
    (given) => {
      const parsed = parseView(given["view"]);
      if ("problems" in parsed)
        return parsed.problems.includes("view_too_large")
          ? no("view_too_large")
          : no("invalid_arguments", parsed.problems);
      const trigger = tickets.takeTrigger(String(given["trigger_id"] ?? ""));
      if ("error" in trigger) return no(trigger.error);
      const open = workspace.views.filter((view) => view.user === trigger.user && view.type === "modal");
      if (stack === "push" && open.length >= 3) return no("push_limit_reached");
      if (stack === "open") for (const old of open) workspace.views.splice(workspace.views.indexOf(old), 1);
      const view: StoredView = {
        id: randomId("V"),
        user: trigger.user,
        type: "modal",
        hash: randomId(""),
        definition: parsed.view as StoredView["definition"],
        errors: {},
      };
      workspace.views.push(view);
      workspace.changed();
      return { ok: true, view: showView(view) };
    };
  const updateView: Method = (given) => {
    const parsed = parseView(given["view"]);
    if ("problems" in parsed)
      return parsed.problems.includes("view_too_large")
        ? no("view_too_large")
        : no("invalid_arguments", parsed.problems);
    const view = workspace.views.find(({ id }) => id === given["view_id"]);
    if (view === undefined) return no("not_found");
    if (given["hash"] !== undefined && given["hash"] !== view.hash) return no("hash_conflict");
    view.definition = parsed.view as StoredView["definition"];
    view.hash = randomId("");
    view.errors = {};
    workspace.changed();
    return { ok: true, view: showView(view) };
  };
  const publish: Method = (given) => {
    const user = String(given["user_id"] ?? "");
    if (!workspace.people.some(({ id }) => id === user)) return no("invalid_arguments", ["user_id"]);
    const parsed = parseView(given["view"]);
    if ("problems" in parsed) return no("invalid_arguments", parsed.problems);
    const old = workspace.views.find((view) => view.user === user && view.type === "home");
    if (old !== undefined) workspace.views.splice(workspace.views.indexOf(old), 1);
    const view: StoredView = {
      id: randomId("V"),
      user,
      type: "home",
      hash: randomId(""),
      definition: parsed.view as StoredView["definition"],
      errors: {},
    };
    workspace.views.push(view);
    workspace.changed();
    return { ok: true, view: showView(view) };
  };
  const showView = (view: StoredView) => ({
    ...view.definition,
    id: view.id,
    hash: view.hash,
    type: view.type,
    team_id: workspace.teamId,
    app_id: workspace.appId,
    bot_id: workspace.botId,
  });

  const openConversation: Method = (given) => {
    const users = String(given["users"] ?? "")
      .split(",")
      .filter((user) => user !== "");
    if (users.length !== 1)
      return no(users.length === 0 ? "users_list_not_supplied" : "method_not_supported_for_channel_type");
    const person = workspace.people.find(({ id }) => id === users[0]);
    if (person === undefined) return no("user_not_found");
    if (person.is_bot) return no("cannot_dm_bot");
    return { ok: true, channel: { id: workspace.directChannel(person.id).id } };
  };
  const channelInfo: Method = (given) => {
    const channel = workspace.channel(String(given["channel"] ?? ""));
    if (channel === undefined || (channel.is_private && !channel.members.has(workspace.botUserId)))
      return no("channel_not_found");
    return {
      ok: true,
      channel: {
        id: channel.id,
        name: channel.name,
        is_im: channel.is_im,
        is_private: channel.is_private,
        is_member: channel.members.has(workspace.botUserId),
      },
    };
  };
  const userInfo: Method = (given) => {
    const person = workspace.people.find(({ id }) => id === given["user"]);
    return person === undefined
      ? no("user_not_found")
      : { ok: true, user: { id: person.id, name: person.name, real_name: person.real_name, is_bot: person.is_bot } };
  };
  const groupUsers: Method = (given) => {
    const group = workspace.userGroups.find(({ id }) => id === given["usergroup"]);
    return group === undefined ? no("no_such_subteam") : { ok: true, users: group.users };
  };
  const permalink: Method = (given) => {
    const message = workspace.message(String(given["channel"] ?? ""), String(given["message_ts"] ?? ""));
    return message === undefined
      ? no("message_not_found")
      : {
          ok: true,
          channel: message.channel,
          permalink: `${hosts.origin()}/archives/${message.channel}/p${message.ts.replace(".", "")}`,
        };
  };
  const uploadUrl: Method = (given) => {
    const name = String(given["filename"] ?? "");
    const size = Number(given["length"] ?? 0);
    if (name === "" || !(size > 0)) return no("invalid_arguments");
    const id = randomId("F");
    workspace.files.set(id, {
      file: {
        id,
        name,
        title: name,
        mimetype: mimetypeOf(name),
        size,
        url: `/files/${id}/${encodeURIComponent(name)}`,
      },
      content: Buffer.alloc(0),
    });
    return { ok: true, upload_url: `${hosts.origin()}/upload/${id}`, file_id: id };
  };
  const completeUpload: Method = (given) => {
    const parsed = z.array(z.object({ id: z.string(), title: z.string().optional() })).safeParse(given["files"]);
    if (!parsed.success) return no("invalid_arguments");
    const files = parsed.data.map(({ id, title }) => {
      const stored = workspace.files.get(id);
      return stored === undefined || stored.content.length === 0
        ? undefined
        : { ...stored.file, title: title ?? stored.file.title };
    });
    if (files.some((file) => file === undefined)) return no("file_not_found");
    const known = files.filter((file) => file !== undefined);
    if (given["channel_id"] !== undefined) {
      const channel = writable({ channel: given["channel_id"] });
      if (isAnswer(channel)) return channel;
      const thread = given["thread_ts"];
      workspace.add({
        channel: channel.id,
        user: workspace.botUserId,
        text: String(given["initial_comment"] ?? ""),
        blocks: [],
        files: known,
        ...(thread === undefined ? {} : { thread_ts: String(thread) }),
      });
    }
    return { ok: true, files: known.map(({ id, title }) => ({ id, title })) };
  };

  const chat = (call: Method): MethodEntry => ({ scope: "chat:write", call });
  const free = (call: Method): MethodEntry => ({ scope: undefined, call });
  return {
    "api.test": free(() => ({ ok: true })),
    "auth.test": free(() => ({
      ok: true,
      url: hosts.origin(),
      team: "Dragonfly sandbox",
      team_id: workspace.teamId,
      user: "dragonfly",
      user_id: workspace.botUserId,
      bot_id: workspace.botId,
    })),
    "apps.connections.open": { scope: "connections:write", call: () => ({ ok: true, url: hosts.socketUrl() }) },
    "chat.postMessage": chat(post),
    "chat.update": chat(update),
    "chat.delete": chat(remove),
    "chat.postEphemeral": chat(ephemeral),
    "chat.getPermalink": free(permalink),
    "views.open": free(openView("open")),
    "views.push": free(openView("push")),
    "views.update": free(updateView),
    "views.publish": free(publish),
    "conversations.open": { scope: "im:write", call: openConversation },
    "conversations.info": { scope: "channels:read", call: channelInfo },
    "users.info": { scope: "users:read", call: userInfo },
    "usergroups.list": {
      scope: "usergroups:read",
      call: () => ({ ok: true, usergroups: workspace.userGroups.map(({ id, handle }) => ({ id, handle })) }),
    },
    "usergroups.users.list": { scope: "usergroups:read", call: groupUsers },
    "files.getUploadURLExternal": { scope: "files:write", call: uploadUrl },
    "files.completeUploadExternal": { scope: "files:write", call: completeUpload },
  };
}

function mimetypeOf(name: string): string {
  if (name.endsWith(".png")) return "image/png";
  if (name.endsWith(".json")) return "application/json";
  return "text/plain";
}
