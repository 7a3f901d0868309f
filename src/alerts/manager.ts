import type { ActiveAlert } from "../platform/ports.ts";

/** A label must have this value, or match this expression; `isEqual: false` turns it round. */
export interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

export interface Silence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly state: "active" | "pending" | "expired";
}

/** Alertmanager, as far as the bot needs it. Every method throws a BotError `alertmanager.*` when it cannot answer. */
export interface AlertManager {
  /** Every alert that fires now, silenced ones too; its identity is `fingerprint/startsAt`. */
  activeAlerts(signal: AbortSignal): Promise<readonly (ActiveAlert & { readonly identity: string })[]>;
  silences(signal: AbortSignal): Promise<readonly Silence[]>;
  /**
   * Silences, once for each `key`: when a silence with that key in its comment is active already, that one is the answer.
   * Alertmanager itself makes another one for every request. Returns its id.
   */
  silence(
    wanted: {
      readonly key: string;
      readonly matchers: readonly Matcher[];
      readonly endsAt: Date;
      readonly createdBy: string;
      readonly comment: string;
    },
    signal: AbortSignal,
  ): Promise<string>;
  /** Ends a silence now. Nothing happens when it has ended. */
  expire(id: string, signal: AbortSignal): Promise<void>;
}
