import type { Backlog } from "../../alerts/backlog.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import { section, slackTime } from "../changes/words.ts";
import type { Message, Posted, Sender } from "../delivery/sender.ts";

export interface BacklogNoticeDeps {
  /** Where alerts of this severity are told of; without one it is only in the log. */
  channelFor(severity: string): string | undefined;
  mentionsFor(severity: string): string;
  readonly sender: Sender;
  readonly now: () => Date;
  /** Two replicas that notice the same at the same time: a moment of one's own, in milliseconds. */
  readonly moment: () => number;
  onTrouble(error: unknown): void;
}

export interface BacklogNotice {
  /** Told of what waits, again while it grows, and of nothing when it is seen to. */
  changed(backlog: Backlog | undefined): void;
}

const mark = "backlog";
/** Whatever was marked before this is of another time: its process died before it could say that it was over. */
const sameOutageMs = 30 * 60_000;

/**
 * The last thing that works when neither the cluster nor the store answers: one message that says which alerts wait, brought up to
 * date, and closed when they have their threads. Nothing but Slack is there to agree on who says it, so the channel is looked at.
 */
export function createBacklogNotice(deps: BacklogNoticeDeps): BacklogNotice {
  let said: { readonly posted: Posted; readonly text: string; readonly mine: boolean } | undefined;
  let since: Date | undefined;
  let working: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>) => {
    working = working.then(work).catch(deps.onTrouble);
  };

  const tell = async (backlog: Backlog) => {
    const channel = deps.channelFor(backlog.severity);
    if (channel === undefined) return;
    const text = textOf(backlog);
    if (said === undefined) {
      await new Promise((resolve) => setTimeout(resolve, deps.moment()));
      const found = await deps.sender.find(channel, mark, new Date(deps.now().getTime() - sameOutageMs));
      const mentions = deps.mentionsFor(backlog.severity);
      const sending = { mark, importance: 20 };
      const posted =
        found ??
        (await deps.sender.post(channel, message(`${text}${mentions === "" ? "" : `\n${mentions}`}`), sending));
      said = { posted, text, mine: found === undefined };
    } else if (said.mine && said.text !== text) {
      await deps.sender.update(said.posted, message(text));
      said = { ...said, text };
    }
  };
  const close = async (began: Date) => {
    if (said === undefined) return;
    const { posted } = said;
    const seconds = Math.round((deps.now().getTime() - began.getTime()) / 1_000);
    const text = `:white_check_mark: *Incidents can be kept again*, after ${seconds} s. What waited has its threads now.`;
    await deps.sender.update(posted, message(text), { mark: `${mark} that is over` });
    said = undefined;
  };

  return {
    changed: (backlog) => {
      if (backlog !== undefined) {
        since = backlog.since;
        inTurn(() => tell(backlog));
      } else if (since !== undefined) {
        const began = since;
        since = undefined;
        inTurn(() => close(began));
      }
    },
  };
}

function textOf({ since, notifications, names }: Backlog): string {
  const which = names.length === 0 ? "" : `: ${escapedUpTo(names.slice(0, 20).join(", "), 1_500)}`;
  return [
    `:rotating_light: *Alerts come in, and I cannot keep incidents of them*: the cluster's API does not answer since ${slackTime(since.toISOString())}.`,
    `${notifications} ${notifications === 1 ? "notification waits" : "notifications wait"} on my disk${which}.`,
    "None is lost; their threads come when it answers again. Until then look at Alertmanager and at the cluster.",
  ].join("\n");
}

function message(text: string): Message {
  return { text, blocks: [section(text)] };
}
