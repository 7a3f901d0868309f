import { z } from "zod";
import type { Acknowledged, Delivery, Outgoing } from "./delivery.ts";
import { formMistakes, formValues } from "./elements/form.ts";
import type { Events } from "./events.ts";
import type { SlackFaults } from "./faults.ts";
import type { InstalledApp } from "./installed-app.ts";
import type { ActionInput, Block, CommandInput, Outcome, SlashCommand, ViewInput } from "./page-api.ts";
import {
  chosenAction,
  enteredAfter,
  enteredIn,
  interactionOf,
  messageContext,
  usedElement,
  viewContext,
} from "./payloads.ts";
import type { ResponseTicket, Tickets } from "./tickets.ts";
import { answerSubmission } from "./view-answers.ts";
import { blocksOf, modalsOf, removeViews, viewPayload } from "./views.ts";
import type { StoredView, Workspace } from "./workspace.ts";

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
  /** Opens a tab of the App Home, of which the app hears when it subscribed to that. */
  openHome(input: { readonly user: string; readonly tab?: "home" | "messages" }): Promise<Outcome>;
  /** What the app last published for this person; undefined before. */
  homeOf(user: string): StoredView | undefined;
}

interface Parts {
  readonly workspace: Workspace;
  readonly tickets: Tickets;
  readonly delivery: Delivery;
  readonly faults: SlackFaults;
  readonly events: Events;
  readonly app: InstalledApp;
  readonly commands: readonly SlashCommand[];
}

const failed = (error: string): Outcome => ({ ok: false, error });
const timedOut = (command: string) => failed(`${command} failed with the error "operation_timeout"`);
const noAnswer = "The app did not answer in time.";

const ackMessage = z.looseObject({
  text: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
  response_type: z.string().optional(),
});

export function createPeople({ workspace, tickets, delivery, faults, events, app, commands }: Parts): People {
  const person = (id: string) => workspace.people.find((candidate) => candidate.id === id);
  const homeOf = (user: string) => workspace.views.find((view) => view.user === user && view.type === "home");
  /** A person's own view; nobody can use another's. */
  const viewOf = (user: string, id: string | undefined) =>
    workspace.views.find((view) => view.id === id && view.user === user);

  const deliver = async (outgoing: Outgoing): Promise<Acknowledged> => {
    const first = delivery.send(outgoing);
    if (faults.deliverTwice) void delivery.send(outgoing, { attempt: 1, reason: "http_timeout" });
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
          team_domain: "sandbox",
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
      const view = viewOf(input.user, input.view_id);
      const blocks = message?.blocks ?? (view === undefined ? [] : blocksOf(view));
      const used = usedElement(blocks, input);
      if (who === undefined || used === undefined) return failed("That element is no longer there.");
      if (!used.dispatches) return failed("That element tells the app nothing before the form is sent.");
      const chosen = chosenAction(used.element, input);
      if (chosen === undefined) return failed("That is none of its options.");
      const entered = enteredAfter(used, input);
      const context =
        message !== undefined
          ? messageContext(
              workspace,
              message,
              tickets.response(message.channel, input.user, { channel: message.channel, ts: message.ts }),
              entered,
            )
          : view !== undefined
            ? viewContext(workspace, view, entered)
            : {};
      const acknowledged = await deliver({
        kind: "interactive",
        payload: {
          ...interactionOf(workspace, "block_actions", who),
          trigger_id: tickets.trigger(input.user),
          ...context,
          actions: [{ ...chosen, action_id: input.action_id, block_id: used.blockId, action_ts: workspace.nextTs() }],
        },
      });
      return acknowledged.ok ? { ok: true } : failed(noAnswer);
    },

    async submitView({ user, view_id, values }) {
      const who = person(user);
      const view = viewOf(user, view_id);
      if (who === undefined || view?.type !== "modal") return failed("That dialog is no longer open.");
      const entered = enteredIn(values);
      // What Slack refuses by itself the app never hears of.
      const mistakes = formMistakes(blocksOf(view), formValues(blocksOf(view), entered));
      if (Object.keys(mistakes).length > 0) {
        view.errors = mistakes;
        workspace.changed();
        return failed("The form has mistakes.");
      }
      const acknowledged = await deliver({
        kind: "interactive",
        payload: {
          ...interactionOf(workspace, "view_submission", who),
          trigger_id: tickets.trigger(user),
          view: viewPayload(workspace, view, entered),
          response_urls: [],
        },
      });
      const trouble = acknowledged.ok
        ? answerSubmission(workspace, view, acknowledged.body)
        : "We had some trouble connecting. Try again?";
      return trouble === undefined ? { ok: true } : failed(trouble);
    },

    async closeView({ user, view_id }) {
      const who = person(user);
      const view = viewOf(user, view_id);
      if (who === undefined || view?.type !== "modal") return failed("That dialog is no longer open.");
      const { definition } = view;
      const cleared = definition.type === "modal" && definition.clear_on_close === true;
      removeViews(workspace, cleared ? modalsOf(workspace, user) : [view]);
      if (definition.type === "modal" && definition.notify_on_close === true)
        await deliver({
          kind: "interactive",
          payload: {
            ...interactionOf(workspace, "view_closed", who),
            view: viewPayload(workspace, view),
            is_cleared: cleared,
          },
        });
      return { ok: true };
    },

    say({ user, channel, text, thread_ts }) {
      if (workspace.channel(channel) === undefined || text.trim() === "") return failed("unknown channel");
      workspace.add({ channel, user, text, blocks: [], ...(thread_ts === undefined ? {} : { thread_ts }) });
      return { ok: true };
    },

    async openHome({ user, tab = "home" }) {
      if (person(user) === undefined) return failed("unknown person");
      if (tab === "home" && !app.homeTab) return failed("This app has no Home tab.");
      const home = homeOf(user);
      const acknowledged = await events.send({
        type: "app_home_opened",
        user,
        channel: workspace.directChannel(user).id,
        tab,
        // Only the Home tab has a view, and only once one was published.
        ...(tab === "home" && home !== undefined ? { view: viewPayload(workspace, home) } : {}),
      });
      return acknowledged?.ok === false ? failed(noAnswer) : { ok: true };
    },

    homeOf,
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
}
