import { z } from "zod";
import type { Acknowledged, Delivery, Outgoing } from "./delivery.ts";
import type { SlackFaults } from "./faults.ts";
import type { ActionInput, Block, CommandInput, Outcome, SlashCommand, ViewInput } from "./page-api.ts";
import type { ResponseTicket, Tickets } from "./tickets.ts";
import type { StoredMessage, StoredView, Workspace } from "./workspace.ts";

/** What people do in Slack, turned into the payloads that Slack sends an app. */
export interface People {
  command(input: CommandInput): Promise<Outcome & { readonly ackMs?: number }>;
  action(input: ActionInput): Promise<Outcome>;
  submitView(input: ViewInput): Promise<Outcome>;
  closeView(input: { readonly user: string; readonly view_id: string }): Promise<Outcome>;
  say(input: {
    readonly user: string;
    readonly channel: string;
    readonly text: string;
    readonly thread_ts?: string | undefined;
  }): Outcome;
  openHome(user: string): Promise<Outcome>;
}

const failed = (error: string): Outcome => ({ ok: false, error });
const timedOut = (command: string) => failed(`${command} failed with the error "operation_timeout"`);

const ackMessage = z.looseObject({
  text: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
  response_type: z.string().optional(),
});
const viewAck = z.looseObject({
  response_action: z.string().optional(),
  errors: z.record(z.string(), z.string()).optional(),
});

export function createPeople(
  workspace: Workspace,
  tickets: Tickets,
  delivery: Delivery,
  faults: SlackFaults,
  commands: readonly SlashCommand[],
): People {
  const team = { id: workspace.teamId, domain: "sandbox" };
  const person = (id: string) => workspace.people.find((candidate) => candidate.id === id);

  const deliver = async (outgoing: Outgoing): Promise<Acknowledged> => {
    const first = delivery.send(outgoing);
    if (faults.deliverTwice) void delivery.send(outgoing, 1);
    return first;
  };

  return {
    async command({ user, channel: channelId, text, thread_ts }) {
      const [word = "", ...rest] = text.trim().split(/\s+(.*)/s);
      const who = person(user);
      const channel = workspace.channel(channelId);
      if (who === undefined || channel === undefined) return failed("unknown person or channel");
      if (!commands.some(({ command }) => command === word))
        return failed(
          `${word} is not a valid command. In Slack, all messages that start with the "/" character are interpreted as commands.`,
        );
      if (thread_ts !== undefined) return failed(`${word} is not supported in threads. Sorry!`);
      const ticket = tickets.response(channel.id, user, undefined);
      const acknowledged = await deliver({
        kind: "slash_commands",
        payload: {
          token: "fake-verification-token",
          team_id: workspace.teamId,
          team_domain: team.domain,
          channel_id: channel.id,
          channel_name: channel.is_im ? "directmessage" : channel.is_private ? "privategroup" : channel.name,
          user_id: user,
          user_name: who.name,
          command: word,
          text: rest[0] ?? "",
          api_app_id: workspace.appId,
          is_enterprise_install: "false",
          response_url: ticket.url,
          trigger_id: tickets.trigger(user),
        },
      });
      if (!acknowledged.ok) return timedOut(word);
      answerFromAck(acknowledged.body, ticket);
      return { ok: true, ackMs: acknowledged.ms };
    },

    async action(input) {
      const who = person(input.user);
      const message =
        input.message === undefined ? undefined : workspace.message(input.message.channel, input.message.ts);
      const view = workspace.views.find(({ id }) => id === input.view_id);
      const found = findElement(
        (message?.blocks ?? view?.definition.blocks ?? []) as readonly Block[],
        input.action_id,
      );
      if (who === undefined || (message === undefined && view === undefined) || found === undefined)
        return failed("That element is no longer there.");
      const ticket =
        message === undefined
          ? undefined
          : tickets.response(message.channel, input.user, { channel: message.channel, ts: message.ts });
      const acknowledged = await deliver({
        kind: "interactive",
        payload: {
          type: "block_actions",
          user: { id: who.id, username: who.name, name: who.name, team_id: workspace.teamId },
          api_app_id: workspace.appId,
          token: "fake-verification-token",
          team,
          trigger_id: tickets.trigger(input.user),
          is_enterprise_install: false,
          ...(message === undefined ? viewContext(view) : messageContext(message, ticket)),
          actions: [
            {
              ...chosen(found.element, input.value),
              action_id: input.action_id,
              block_id: found.blockId,
              action_ts: workspace.nextTs(),
            },
          ],
        },
      });
      return acknowledged.ok ? { ok: true } : failed("The app did not answer in time.");
    },

    async submitView({ user, view_id, values }) {
      const who = person(user);
      const view = workspace.views.find(({ id }) => id === view_id);
      if (who === undefined || view === undefined) return failed("That dialog is no longer open.");
      const acknowledged = await deliver({
        kind: "interactive",
        payload: {
          type: "view_submission",
          team,
          user: { id: who.id, username: who.name, name: who.name },
          api_app_id: workspace.appId,
          token: "fake-verification-token",
          trigger_id: tickets.trigger(user),
          view: { ...showView(view), state: { values } },
          response_urls: [],
        },
      });
      if (!acknowledged.ok) return failed("We had some trouble connecting. Try again?");
      const answer = viewAck.safeParse(acknowledged.body ?? {});
      if (answer.success && answer.data.response_action === "errors") {
        view.errors = answer.data.errors ?? {};
        workspace.changed();
        return failed("The form has mistakes.");
      }
      // A `update` or `push` action replaces what is shown; anything else closes the view.
      if (!answer.success || answer.data.response_action === undefined || answer.data.response_action === "clear")
        closeViews(user, answer.data?.response_action === "clear" ? undefined : view);
      return { ok: true };
    },

    async closeView({ user, view_id }) {
      const view = workspace.views.find(({ id }) => id === view_id);
      if (view === undefined) return failed("That dialog is no longer open.");
      closeViews(user, view);
      if (view.definition.notify_on_close === true) {
        await deliver({
          kind: "interactive",
          payload: {
            type: "view_closed",
            team,
            user: { id: user },
            api_app_id: workspace.appId,
            token: "fake-verification-token",
            view: showView(view),
            is_cleared: false,
          },
        });
      }
      return { ok: true };
    },

    say({ user, channel, text, thread_ts }) {
      if (workspace.channel(channel) === undefined || text.trim() === "") return failed("unknown channel");
      workspace.add({ channel, user, text, blocks: [], ...(thread_ts === undefined ? {} : { thread_ts }) });
      return { ok: true };
    },

    async openHome(user) {
      const acknowledged = await deliver({
        kind: "events_api",
        payload: {
          token: "fake-verification-token",
          team_id: workspace.teamId,
          api_app_id: workspace.appId,
          event: {
            type: "app_home_opened",
            user,
            channel: workspace.directChannel(user).id,
            tab: "home",
            event_ts: workspace.nextTs(),
          },
          type: "event_callback",
          event_id: `Ev${workspace.nextTs()}`,
          event_time: Math.floor(Date.now() / 1_000),
        },
      });
      return acknowledged.ok ? { ok: true } : failed("The app did not answer in time.");
    },
  };

  /** An ack may carry the first answer itself. */
  function answerFromAck(body: unknown, ticket: ResponseTicket): void {
    const said = typeof body === "string" ? { text: body } : ackMessage.safeParse(body).data;
    if (said === undefined || (said.text ?? "") === "") return;
    const onlyFor = "response_type" in said && said.response_type === "in_channel" ? {} : { onlyFor: ticket.user };
    workspace.add({
      channel: ticket.channel,
      user: workspace.botUserId,
      text: said.text ?? "",
      blocks: ("blocks" in said ? said.blocks : []) as readonly Block[],
      responseUrl: ticket.url,
      ...onlyFor,
    });
  }

  function closeViews(user: string, only: StoredView | undefined): void {
    for (const view of workspace.views.filter(
      (candidate) =>
        candidate.user === user && candidate.type === "modal" && (only === undefined || candidate === only),
    ))
      workspace.views.splice(workspace.views.indexOf(view), 1);
    workspace.changed();
  }

  function messageContext(message: StoredMessage, ticket: ResponseTicket | undefined) {
    const channel = workspace.channel(message.channel);
    const is_ephemeral = message.onlyFor !== undefined;
    return {
      container: { type: "message", message_ts: message.ts, channel_id: message.channel, is_ephemeral },
      channel: { id: message.channel, name: channel?.name ?? "" },
      // Slack sends no message with a click on an ephemeral one.
      ...(is_ephemeral
        ? {}
        : {
            message: {
              type: "message",
              user: message.user,
              ts: message.ts,
              text: message.text,
              blocks: message.blocks,
            },
          }),
      response_url: ticket?.url,
      state: { values: {} },
    };
  }

  function viewContext(view: StoredView | undefined) {
    return { container: { type: "view", view_id: view?.id }, view: view === undefined ? undefined : showView(view) };
  }

  function showView(view: StoredView) {
    return {
      ...view.definition,
      id: view.id,
      hash: view.hash,
      type: view.type,
      team_id: workspace.teamId,
      app_id: workspace.appId,
      bot_id: workspace.botId,
    };
  }
}

type Element = Readonly<Record<string, unknown>>;

/** Looks through blocks, containers and accessories for the element with this action_id. */
function findElement(
  blocks: readonly Block[],
  actionId: string,
): { readonly element: Element; readonly blockId: string } | undefined {
  for (const [index, block] of blocks.entries()) {
    const elements = [...list(block["elements"]), ...list(block["accessory"]), ...list(block["element"])];
    const element = elements.find((candidate) => candidate["action_id"] === actionId);
    if (element !== undefined) return { element, blockId: String(block["block_id"] ?? `b${index}`) };
    const inside = findElement(list(block["child_blocks"]) as readonly Block[], actionId);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function list(value: unknown): readonly Element[] {
  if (Array.isArray(value)) return value as readonly Element[];
  return value !== null && typeof value === "object" ? [value as Element] : [];
}

/** The action as Slack reports it: the button's own value, or what was picked. */
function chosen(element: Element, value: string | undefined): Element {
  const type = String(element["type"]);
  if (type === "button")
    return { type, text: element["text"], ...(element["value"] === undefined ? {} : { value: element["value"] }) };
  if (type === "overflow" || type === "static_select" || type === "radio_buttons") {
    const options = list(element["options"]);
    return { type, selected_option: options.find((option) => option["value"] === value) };
  }
  return { type, value };
}
