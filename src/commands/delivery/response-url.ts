import type { KnownBlock } from "@slack/types";
import { BotError } from "../../errors.ts";

/** Slack takes five answers on one response_url, within thirty minutes of the command or click. */
const uses = 5;
const lifetimeMs = 30 * 60_000;
const timeoutMs = 5_000;

export interface ResponseBody {
  readonly text: string;
  readonly blocks?: readonly KnownBlock[];
  readonly response_type?: "ephemeral" | "in_channel";
  readonly replace_original?: boolean;
}

export interface ResponseUrl {
  /** Throws BotError `slack.response-url` with Slack's error code as its cause when it is spent, expired or refused. */
  send(body: ResponseBody): Promise<void>;
}

/** Counts its own uses, so that the last one is not wasted on finding out that there is none. */
export function openResponseUrl(url: string, now: () => number = Date.now): ResponseUrl {
  const opened = now();
  let used = 0;
  return {
    async send(body) {
      if (used >= uses) throw spent("used_url");
      if (now() - opened >= lifetimeMs) throw spent("expired_url");
      used += 1;
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      }).catch((cause: unknown) => {
        throw new BotError("slack.response-url", "Slack cannot be reached to answer", "Check the network to Slack", {
          cause,
        });
      });
      const answer = await response.text();
      if (response.ok && !answer.includes('"ok":false')) return;
      const code =
        /"error"\s*:\s*"([^"]+)"/.exec(answer)?.[1] ??
        (response.status === 404 ? "not_found" : answer.slice(0, 100) || `http_${response.status}`);
      throw spent(code);
    },
  };
}

/** For what Slack gives no way back with, such as a dialog: the next best way is taken. */
export const noResponseUrl: ResponseUrl = {
  send: async () => {
    throw spent("no_response_url");
  },
};

function spent(code: string): BotError {
  return new BotError("slack.response-url", `Slack no longer takes an answer here (${code})`, "Run the command again", {
    cause: code,
  });
}
