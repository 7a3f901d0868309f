import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { BotError } from "../../errors.ts";
import { type Reading, read } from "../../platform/reading.ts";
import type { TestAlertState } from "../../platform/test-alerts.ts";
import type { ObserveContext } from "../instance/observe.ts";

/** What became of a test alert. */
export type TestAlertOutcome =
  | { readonly kind: "back"; readonly seconds: number }
  /** Alertmanager did not take it. */
  | { readonly kind: "refused"; readonly said: string }
  /** Alertmanager has it, and somebody told it to tell nobody. */
  | { readonly kind: "suppressed"; readonly state: TestAlertState }
  /** Alertmanager took it and it was not seen again in time. What Alertmanager says of it, as far as it does. */
  | {
      readonly kind: "lost";
      readonly seconds: number;
      readonly state: TestAlertState | undefined;
      readonly failedRequests: number | undefined;
    };

const lookEveryMs = 200;
/** By then it is back, as a rule; if not, whether it is silenced is worth a question. */
const askAfterMs = 1_000;
/** What is late is told from what is lost by waiting a while longer. */
const patience = 1.5;

/**
 * Sends an alert that means nothing to Alertmanager and waits until the bot's webhook has had it, whichever process that was. A
 * reading that failed says that this could not be tried: no Alertmanager, or nobody can say what arrived.
 */
export function observeTestAlert({ config, platform, signal }: ObserveContext): Promise<Reading<TestAlertOutcome>> {
  const { testAlerts } = platform;
  const nonce = randomBytes(8).toString("hex");
  const waitMs = config.verify.testAlertSeconds * 1_000 * patience;
  const timeoutMs = waitMs + 3 * config.readTimeoutMs;
  return read({ command: testAlerts.command(nonce), timeoutMs, signal }, async (inner) => {
    const ask = <T>(question: (within: AbortSignal) => Promise<T>) =>
      question(AbortSignal.any([inner, AbortSignal.timeout(config.readTimeoutMs)]));
    // Beside the point when the alert comes back, so that it cannot be told is no failure.
    const counted = ask((within) => testAlerts.failedRequests(within)).catch(() => undefined);
    const failedBefore = await counted;
    const sent = performance.now();
    try {
      await ask((within) => testAlerts.send(nonce, within));
    } catch (error) {
      if (error instanceof BotError && error.code === "alertmanager.refused") {
        return { kind: "refused", said: error.message };
      }
      throw error;
    }
    const since = () => performance.now() - sent;
    let asked = false;
    for (;;) {
      const arrived = await testAlerts.arrived(inner);
      if (arrived.includes(nonce)) return { kind: "back", seconds: since() / 1_000 };
      if (since() > waitMs) break;
      if (!asked && since() > askAfterMs) {
        asked = true;
        const state = await ask((within) => testAlerts.state(nonce, within)).catch(() => undefined);
        if (state !== undefined && isSuppressed(state)) return { kind: "suppressed", state };
      }
      await sleep(lookEveryMs, undefined, { signal: inner });
    }
    const [state, failedAfter] = await Promise.all([
      ask((within) => testAlerts.state(nonce, within)).catch(() => undefined),
      ask((within) => testAlerts.failedRequests(within)).catch(() => undefined),
    ]);
    const failedRequests =
      failedBefore === undefined || failedAfter === undefined ? undefined : failedAfter - failedBefore;
    return { kind: "lost", seconds: since() / 1_000, state, failedRequests };
  });
}

function isSuppressed({ silencedBy, inhibitedBy }: TestAlertState): boolean {
  return silencedBy.length + inhibitedBy.length > 0;
}
