/** Where Alertmanager has a test alert. */
export interface TestAlertState {
  /** Ids of the silences, and fingerprints of the alerts, that keep it from being told of. */
  readonly silencedBy: readonly string[];
  readonly inhibitedBy: readonly string[];
  /** Names of the receivers that its routes lead to. */
  readonly receivers: readonly string[];
}

/** An alert that means nothing, sent by the way of all others to see whether it comes back. It ends by itself, and nobody is told. */
export interface TestAlerts {
  /** The request that `send` makes, as a person would make it. */
  command(nonce: string): string;
  /** Gives it to Alertmanager; `nonce` tells it from all others. Throws BotError `alertmanager.*`. */
  send(nonce: string, signal: AbortSignal): Promise<void>;
  /** Nonces of those that came in at the webhook lately, of any process of the bot. Throws BotError `kubernetes.*`. */
  arrived(signal: AbortSignal): Promise<readonly string[]>;
  /** Undefined: Alertmanager does not have it. Throws BotError `alertmanager.*`. */
  state(nonce: string, signal: AbortSignal): Promise<TestAlertState | undefined>;
  /**
   * How many requests to webhooks have failed since Alertmanager started, by its own count. Undefined: it does not say. Throws
   * BotError `alertmanager.*`.
   */
  failedRequests(signal: AbortSignal): Promise<number | undefined>;
}
