/** Knobs that make Slack behave as it does on a bad day. All may be turned while it runs. */
export interface SlackFaults {
  /** Answer 429 with this Retry-After to a method, or to writes to a channel (`chat.postMessage:C0OPS`). */
  readonly rateLimited: Map<string, number>;
  /** Answer a method with this error code. */
  readonly failing: Map<string, string>;
  /** Answer every method with HTTP 500. */
  broken: boolean;
  /** Cut the connection of every method in place of an answer: before anything was done, or after. */
  cut: "before" | "after" | undefined;
  /** Every Web API answer waits this long. */
  latencyMs: number;
  /** Triggers and response_urls are too old the moment they are made. */
  expireTriggers: boolean;
  expireResponseUrls: boolean;
  /** Deliver every command and interaction twice, as Slack does when it misses the ack. */
  deliverTwice: boolean;
}

export function noSlackFaults(): SlackFaults {
  return {
    rateLimited: new Map(),
    failing: new Map(),
    broken: false,
    cut: undefined,
    latencyMs: 0,
    expireTriggers: false,
    expireResponseUrls: false,
    deliverTwice: false,
  };
}
