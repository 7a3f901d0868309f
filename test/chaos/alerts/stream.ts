import { setTimeout as sleep } from "node:timers/promises";
import { notification } from "../../fakes/notification.ts";
import type { Dice } from "../random/dice.ts";
import { severities, webhookToken } from "./stage.ts";

/** One alert group: when its notifications are due (ms from the start of the stream), and what each says. */
export interface Group {
  readonly name: string;
  readonly severity: string;
  /** Its end is told of only when everything is well again. */
  readonly stays: boolean;
  readonly steps: readonly { readonly atMs: number; readonly pods: number; readonly status: "firing" | "resolved" }[];
}

/** Groups that open, grow, and in part resolve, over so many milliseconds. */
export function makeGroups(dice: Dice, prefix: string, count: number, lengthMs: number): readonly Group[] {
  return Array.from({ length: count }, (_, index) => {
    const stays = index % 3 !== 0;
    const opensAt = dice.between(0, lengthMs - 1_500);
    const growsAt = dice.between(opensAt + 200, lengthMs - 700);
    const grow = dice.chance(0.7) ? [{ atMs: growsAt, pods: 2, status: "firing" as const }] : [];
    const pods = 1 + grow.length;
    const repeats = Array.from({ length: dice.between(0, 3) }, () => ({
      atMs: dice.between(growsAt, lengthMs - 400),
      pods,
      status: "firing" as const,
    })).toSorted((a, b) => a.atMs - b.atMs);
    const end = stays ? [] : [{ atMs: lengthMs - dice.between(0, 400), pods, status: "resolved" as const }];
    const steps = [{ atMs: opensAt, pods: 1, status: "firing" as const }, ...grow, ...repeats, ...end];
    return { name: `${prefix}${index}`, severity: severities[index % severities.length] ?? "warning", stays, steps };
  });
}

/** The last word on a group that has stayed open. */
export function endOf({ steps }: Group): Group["steps"][number] {
  return { atMs: 0, pods: steps.at(-1)?.pods ?? 1, status: "resolved" };
}

export interface Sent {
  /** Of every answer that came. */
  readonly statuses: number[];
  /** Notifications that were answered with 200. */
  accepted: number;
}

/**
 * A pair of Alertmanagers that does not know of each other: each sends every notification, those of one group in turn, to whichever
 * replica the Service picks, and again until it is taken.
 */
export async function sendAll(
  urls: readonly string[],
  dice: Dice,
  groups: readonly Group[],
  sent: Sent,
): Promise<void> {
  const began = Date.now();
  const deliver = async ({ name, severity }: Group, { pods, status }: Group["steps"][number]) => {
    const pod = (n: number) => `dragonfly-${n}`;
    const told = { group: name, severity, status, pods: Array.from({ length: pods }, (_, n) => pod(n)) };
    const body = JSON.stringify(notification({ ...told, alertname: "DragonflyPodDown" }));
    for (;;) {
      const code = await post(dice.pick(urls), body);
      if (code !== undefined) sent.statuses.push(code);
      if (code === 200) break;
      await sleep(dice.between(200, 600));
    }
    sent.accepted += 1;
  };
  const alertmanager = async (lateMs: number) => {
    const inTurn = async (group: Group) => {
      for (const step of group.steps) {
        await sleep(Math.max(0, began + step.atMs + lateMs - Date.now()));
        await deliver(group, step);
      }
    };
    await Promise.all(groups.map(inTurn));
  };
  await Promise.all([alertmanager(0), alertmanager(dice.between(20, 400))]);
}

/** Undefined when no answer came. */
async function post(url: string, body: string): Promise<number | undefined> {
  try {
    const answer = await fetch(`${url}/webhooks/alertmanager`, {
      method: "POST",
      headers: { authorization: `Bearer ${webhookToken}`, "content-type": "application/json" },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return undefined;
  }
}
