import type { InstalledApp } from "./installed-app.ts";
import { type Arguments, type Method, no } from "./methods/answer.ts";
import { chatMethods } from "./methods/chat.ts";
import { fileMethods } from "./methods/files.ts";
import { historyMethod, historyScope, repliesMethod } from "./methods/history.ts";
import { viewMethods } from "./methods/views.ts";
import type { Tickets } from "./tickets.ts";
import type { Workspace } from "./workspace.ts";

export interface MethodEntry {
  /** The scope that this call needs of the token; undefined for none. */
  readonly scope: (given: Arguments) => string | undefined;
  readonly call: Method;
}

/** The methods of https://docs.slack.dev/reference/methods that the bot uses, with the errors they document. */
export function webApi(
  workspace: Workspace,
  tickets: Tickets,
  app: InstalledApp,
  hosts: { readonly origin: () => string; readonly socketUrl: () => string },
): Readonly<Record<string, MethodEntry>> {
  const chatCalls = chatMethods(workspace, app, hosts.origin);
  const views = viewMethods(workspace, tickets, app);
  const files = fileMethods(workspace, hosts.origin);
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

  const needing = (scope: string, call: Method): MethodEntry => ({ scope: () => scope, call });
  const chat = (call: Method) => needing("chat:write", call);
  const free = (call: Method): MethodEntry => ({ scope: () => undefined, call });
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
    "apps.connections.open": needing("connections:write", () => ({ ok: true, url: hosts.socketUrl() })),
    "chat.postMessage": chat(chatCalls.post),
    "chat.update": chat(chatCalls.update),
    "chat.delete": chat(chatCalls.remove),
    "chat.postEphemeral": chat(chatCalls.ephemeral),
    "chat.getPermalink": free(chatCalls.permalink),
    "views.open": free(views.open),
    "views.push": free(views.push),
    "views.update": free(views.update),
    "views.publish": free(views.publish),
    "conversations.open": needing("im:write", openConversation),
    "conversations.info": needing("channels:read", channelInfo),
    "conversations.history": { scope: (given) => historyScope(workspace, given), call: historyMethod(workspace) },
    "conversations.replies": { scope: (given) => historyScope(workspace, given), call: repliesMethod(workspace) },
    "users.info": needing("users:read", userInfo),
    "usergroups.list": needing("usergroups:read", () => ({
      ok: true,
      usergroups: workspace.userGroups.map(({ id, handle }) => ({ id, handle })),
    })),
    "usergroups.users.list": needing("usergroups:read", groupUsers),
    "files.getUploadURLExternal": needing("files:write", files.uploadUrl),
    "files.completeUploadExternal": needing("files:write", files.complete),
  };
}
