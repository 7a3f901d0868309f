import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { SlackSimulation } from "../../../sandbox/slack/server.ts";
import type { StoredMessage } from "../../../sandbox/slack/workspace.ts";
import { textOf } from "../../fakes/channel.ts";
import type { Replica, Stage } from "./stage.ts";
import type { Group } from "./stream.ts";

/** The messages that began a thread of this group: there is to be one. */
export function threadsOf({ workspace }: SlackSimulation, { name }: Group): readonly StoredMessage[] {
  const words = new RegExp(`test ${name}\\b`);
  return workspace.messages.filter((one) => one.thread_ts === undefined && words.test(one.text));
}

/** Why the thread of a group that still fires is not as it should be; undefined when it is. */
export function whyNotOpen(slack: SlackSimulation, group: Group): string | undefined {
  const [card] = threadsOf(slack, group);
  if (card === undefined) return `${group.name}: no thread`;
  const firing = `${group.steps.at(-1)?.pods} firing`;
  if (!card.text.includes(firing)) return `${group.name}: not "${firing}": ${card.text}`;
  const triaged = marksIn(slack, card).some((mark) => mark.endsWith(" triage"));
  return triaged ? undefined : `${group.name}: not triaged`;
}

export function whyNotOver(slack: SlackSimulation, group: Group): string | undefined {
  const [card] = threadsOf(slack, group);
  if (card === undefined) return `${group.name}: no thread`;
  if (!card.text.startsWith("Resolved: ")) return `${group.name}: still open: ${card.text}`;
  if (!card.text.includes(`all ${group.steps.at(-1)?.pods} resolved`)) return `${group.name}: ${card.text}`;
  return marksIn(slack, card).some((mark) => mark.endsWith(" summary")) ? undefined : `${group.name}: no last word`;
}

/** What broke a rule that always holds. */
export function brokenRules(
  { slack, bots }: Pick<Stage, "slack" | "bots">,
  groups: readonly Group[],
): readonly string[] {
  const { messages } = slack.workspace;
  const marks = messages.flatMap((one) => markOf(one) ?? []).filter((mark) => mark.startsWith("i-"));
  const twice = marks.filter((mark, index) => marks.indexOf(mark) !== index);
  const wrong = groups.flatMap((group) => {
    const threads = threadsOf(slack, group);
    const all = messages.filter((one) => threads.some(({ ts }) => one.ts === ts || one.thread_ts === ts));
    const calls = all.filter((one) => textOf(one).includes("S0APPROVERS")).length;
    return [
      ...(threads.length === 1 ? [] : [`${group.name} has ${threads.length} threads`]),
      ...(calls > (group.severity === "critical" ? 1 : 0) ? [`${group.name} calls people ${calls} times`] : []),
      ...all.filter((one) => markOf(one) === undefined).map((one) => `${group.name}: who said ${one.text}?`),
    ];
  });
  return [...wrong, ...twice.map((mark) => `twice: ${mark}`), ...bots.flatMap(outcry)];
}

/** Notifications that a replica has not seen to, and those it has put aside. */
export function leftOn({ dataDir }: Replica): { readonly pending: number; readonly aside: number } {
  const database = new DatabaseSync(join(dataDir, "alerts.sqlite"), { readOnly: true });
  try {
    const count = (table: string) => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"]);
    return { pending: count("batch"), aside: count("aside") };
  } finally {
    database.close();
  }
}

function marksIn({ workspace }: SlackSimulation, { ts, channel }: StoredMessage): readonly string[] {
  return workspace.messages
    .filter((one) => one.thread_ts === ts && one.channel === channel)
    .flatMap((one) => markOf(one) ?? []);
}

function markOf({ metadata }: StoredMessage): string | undefined {
  const mark = metadata?.event_payload["mark"];
  return typeof mark === "string" ? mark : undefined;
}

function outcry(bot: Replica): readonly string[] {
  return bot
    .output()
    .split("\n")
    .filter((line) => line.includes('"unhandled rejection"') || /^\s*at .*\.ts:\d+/.test(line))
    .map((line) => line.slice(0, 400));
}
