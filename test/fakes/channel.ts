import { vi } from "vitest";
import type { Outcome } from "../../sandbox/slack/page-api.ts";
import type { SlackSimulation } from "../../sandbox/slack/server.ts";
import type { StoredMessage, StoredView } from "../../sandbox/slack/workspace.ts";

const withinMs = 40_000;
/** Ada, who asks for things unless somebody else is named. */
const asker = "U0ADA";

/** What people see and press in one channel of the sandbox's Slack. */
export interface Channel {
  messages(): readonly StoredMessage[];
  /** What only this person was told, newest last. */
  toldTo(user: string): readonly string[];
  ask(text: string, user?: string): Promise<Outcome>;
  /** Messages that begin a thread and say this. */
  parents(words: RegExp): readonly StoredMessage[];
  replies(thread: string): readonly StoredMessage[];
  /** Waits for the latest message that says this, in a thread or, without one, outside of all. */
  said(words: RegExp, thread?: string): Promise<StoredMessage>;
  /** Asks for a change whose plan is shown first, presses the button under it, and returns the card that asks for approval. */
  askFor(line: string, timeoutMs?: number): Promise<StoredMessage>;
  press(actionId: string, message: StoredMessage, user: string): Promise<Outcome>;
  /** Waits for the dialog that somebody has open and that says this. */
  dialog(user: string, words?: RegExp): Promise<StoredView>;
}

/** Everything that is written in a message. */
export function textOf(message: StoredMessage): string {
  return `${message.text} ${JSON.stringify(message.blocks)}`;
}

export function watchChannel(slack: () => SlackSimulation, channel: string): Channel {
  const messages = () => slack().workspace.messages.filter((message) => message.channel === channel);
  const replies = (thread: string) => messages().filter(({ thread_ts }) => thread_ts === thread);
  const seen: Channel = {
    messages,
    replies,
    parents: (words) => messages().filter((one) => one.thread_ts === undefined && words.test(textOf(one))),
    toldTo: (user) =>
      messages()
        .filter(({ onlyFor }) => onlyFor === user)
        .map(({ text }) => text),
    ask: (text, user = asker) => slack().people.command({ user, channel, text: `/dragonfly ${text}` }),
    said: (words, thread) =>
      vi.waitUntil(
        () =>
          messages().findLast(
            (one) => one.thread_ts === thread && one.onlyFor === undefined && words.test(textOf(one)),
          ),
        {
          timeout: withinMs,
          interval: 50,
        },
      ),
    askFor: async (line, timeoutMs = withinMs) => {
      const { ask, press, said, toldTo } = seen;
      const slow = { timeout: timeoutMs, interval: 100 };
      const before = toldTo(asker).length;
      await ask(line);
      const plan = await vi.waitUntil(
        () => messages().findLast((one) => one.onlyFor === asker && textOf(one).includes("plan_ask")),
        slow,
      );
      await press("plan_ask", plan, asker);
      const run = await vi.waitUntil(() => /run `(r-[\w-]+)`/.exec(toldTo(asker).slice(before).join(" "))?.[1], slow);
      return said(new RegExp(`Waiting for approval[\\s\\S]*${run}`));
    },
    press: (actionId, { ts }, user) =>
      slack().people.action({ user, message: { channel, ts }, block_id: "", action_id: actionId }),
    dialog: (user, words = /./) =>
      vi.waitUntil(
        () =>
          slack().workspace.views.findLast(
            (view) => view.user === user && view.type === "modal" && words.test(JSON.stringify(view)),
          ),
        { timeout: withinMs, interval: 50 },
      ),
  };
  return seen;
}
