import type { Dependency } from "../checks.ts";
import { escapedUpTo } from "../reports/render/slack-text.ts";
import type { RunStore } from "../runbooks/durable/store.ts";
import type { Posted, Sender } from "./delivery/sender.ts";

export interface StoreNoticeDeps {
  /** Where it is said; without one it is only in the log and in /readyz. */
  readonly channel: string | undefined;
  readonly sender: Sender;
  /** Of all replicas of the bot one says it: whoever gets this lock. */
  readonly locks: Pick<RunStore, "claim" | "release">;
  readonly process: string;
  readonly now: () => Date;
  onTrouble(error: unknown): void;
}

export interface StoreNotice {
  /** Told of every change of what the store is like. */
  changed(store: Dependency): void;
  stop(): void;
}

const lock = "notice/store";
/** A failover takes a second or two, and is nothing to be told of. */
const patienceMs = 4_000;
/** Whoever still holds the lock this long after the store is back has died. */
const forgetAfterMs = 30_000;

/** One message about an outage of the store, brought up to date when it is over. */
export function createStoreNotice(deps: StoreNoticeDeps): StoreNotice {
  let said: { readonly posted: Posted; readonly since: Date; readonly detail: string } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let since: Date | undefined;
  let working: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>) => {
    working = working.then(work).catch(deps.onTrouble);
  };
  const later = (ms: number, work: () => Promise<void>) => {
    clearTimeout(timer);
    timer = setTimeout(() => inTurn(work), ms);
    timer.unref();
  };

  const tell = (detail: string, began: Date) => async () => {
    if (deps.channel === undefined || (await deps.locks.claim(lock, deps.process)) !== deps.process) return;
    const text = `:warning: *The bot's own store is not usable* since ${clock(began)}: ${escapedUpTo(detail, 500)}\nReading still works, and decisions about changes under way count. New changes are refused until it is back.`;
    said = { posted: await deps.sender.post(deps.channel, message(text)), since: began, detail };
  };
  const takeBack = async () => {
    if (said === undefined) return;
    const { posted, since: began, detail } = said;
    const seconds = Math.round((deps.now().getTime() - began.getTime()) / 1_000);
    const text = `:white_check_mark: *The bot's own store is back*, after ${seconds} s. It was: ${escapedUpTo(detail, 500)}`;
    await deps.sender.update(posted, message(text));
    said = undefined;
    await deps.locks.release(lock, deps.process);
  };
  const forget = async () => {
    const holder = await deps.locks.claim(lock, deps.process);
    await deps.locks.release(lock, holder);
  };

  return {
    changed: ({ state, detail }) => {
      if (deps.channel === undefined) return;
      if (state === "ok") {
        since = undefined;
        clearTimeout(timer);
        inTurn(takeBack);
        later(forgetAfterMs, forget);
      } else if (state !== "unknown" && since === undefined) {
        since = deps.now();
        later(patienceMs, tell(detail, since));
      }
    },
    stop: () => clearTimeout(timer),
  };
}

function message(text: string) {
  return { text, blocks: [{ type: "section" as const, text: { type: "mrkdwn" as const, text } }] };
}

function clock(at: Date): string {
  return `<!date^${Math.floor(at.getTime() / 1_000)}^{time_secs}|${at.toISOString()}>`;
}
