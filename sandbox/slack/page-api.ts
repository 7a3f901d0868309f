/**
 * The contract between the Slack simulation and the page that a visitor sees. Plain JSON over HTTP on the
 * simulation's own port, under `/sandbox/`; nothing of it exists in the real Slack, and the bot never calls it.
 *
 *   GET  /sandbox/state?user=U1          -> PageState, as this person may see it
 *   GET  /sandbox/events?user=U1         -> text/event-stream, one `state` event (PageState) now and after every change
 *   POST /sandbox/command                CommandInput  -> CommandOutcome (after the bot acknowledged, or 3 s)
 *   POST /sandbox/action                 ActionInput   -> Outcome
 *   POST /sandbox/view/submit            ViewInput     -> Outcome (errors by block id, as Slack shows them in the form)
 *   POST /sandbox/view/close             {user, view_id} -> Outcome
 *   POST /sandbox/message                {user, channel, text, thread_ts?} -> Outcome (a person types a message)
 *   POST /sandbox/home                   {user, tab?} -> Outcome (the person opens the App Home, or its messages)
 *   GET  /sandbox/faults                 -> FaultState[]      (present when the world registers faults)
 *   POST /sandbox/faults/:name           {on: boolean} -> FaultState[]
 */

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly real_name: string;
  /** Shown beside the name in the person picker: "requester", "approver", "outsider". */
  readonly part: string;
  readonly is_bot: boolean;
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly is_im: boolean;
  /** Whether this person and the bot are in it. */
  readonly is_member: boolean;
  readonly bot_is_member: boolean;
}

export type Block = { readonly type: string } & Readonly<Record<string, unknown>>;

export interface PageFile {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly mimetype: string;
  readonly size: number;
  /** Path on the simulation's own origin. */
  readonly url: string;
  /** The beginning of a text. */
  readonly preview?: string;
}

export interface PageMessage {
  readonly channel: string;
  readonly ts: string;
  readonly thread_ts?: string;
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Only this person sees it ("Only visible to you"). */
  readonly ephemeral: boolean;
  readonly edited: boolean;
  readonly files: readonly PageFile[];
  readonly reply_count: number;
}

export interface UserGroup {
  readonly id: string;
  readonly handle: string;
}

export interface PageView {
  readonly id: string;
  readonly type: "modal" | "home";
  readonly title: string;
  readonly submit?: string;
  readonly close?: string;
  readonly blocks: readonly Block[];
  /** Validation errors of the last submission, by block id. */
  readonly errors: Readonly<Record<string, string>>;
}

export interface SlashCommand {
  readonly command: string;
  readonly description: string;
  readonly usage_hint: string;
}

export interface PageState {
  readonly me: string;
  readonly people: readonly Person[];
  readonly channels: readonly Channel[];
  readonly groups: readonly UserGroup[];
  readonly messages: readonly PageMessage[];
  /** The open modals of this person, the one on top last. */
  readonly modals: readonly PageView[];
  readonly home?: PageView;
  readonly commands: readonly SlashCommand[];
  /** False while the bot is not connected (socket mode) or not answering (HTTP mode). */
  readonly bot_online: boolean;
}

export interface CommandInput {
  readonly user: string;
  readonly channel: string;
  readonly thread_ts?: string;
  /** The whole line: `/dragonfly status --share`. */
  readonly text: string;
}

export interface ActionInput {
  readonly user: string;
  /** Either the message the element is in ... */
  readonly message?: { readonly channel: string; readonly ts: string };
  /** ... or the view. */
  readonly view_id?: string;
  readonly block_id: string;
  readonly action_id: string;
  /** Button value, selected option's value, picked date, ...: what the person chose. */
  readonly value?: string;
  /** The same for an element that takes several: checkboxes and multi-select menus. */
  readonly values?: readonly string[];
  /** What is entered in the other elements of the view, which Slack sends along. */
  readonly form?: ViewInput["values"];
}

export interface ViewInput {
  readonly user: string;
  readonly view_id: string;
  /** State of the inputs in Slack's own shape: block id -> action id -> element state. */
  readonly values: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface Outcome {
  readonly ok: boolean;
  /** What Slack would show: "/dragonfly failed with the error \"operation_timeout\"". */
  readonly error?: string;
}

export interface FaultState {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly on: boolean;
}
