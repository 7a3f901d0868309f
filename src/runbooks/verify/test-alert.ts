import type { Config } from "../../config/file.ts";
import type { Finding } from "../../reports/model.ts";
import { check, checkOf, criteria, listed } from "./check.ts";
import type { TestAlertOutcome } from "./observe-test-alert.ts";
import { type ShownVerification, shown } from "./shown.ts";

/** A test alert goes through Alertmanager and comes back to the bot's webhook. */
export function verifyTestAlert(seen: ShownVerification, config: Config): Finding {
  const { testAlertSeconds } = config.verify;
  const named = {
    id: "ac5.webhook",
    criterion: criteria.alerts,
    what: "A test alert",
    expected: `goes through Alertmanager and is back at the bot within ${testAlertSeconds} s`,
  };
  if (seen.testAlert === undefined) {
    const command = "curl $ALERTMANAGER_URL/api/v2/alerts";
    const evidence = [{ command, output: "not run here", at: seen.heartbeats.at }];
    return check({ ...named, found: "not tried: this run only reads", holds: undefined, evidence });
  }
  return checkOf(named, [shown(seen.testAlert, said)], (outcome) => judge(outcome, testAlertSeconds));
}

function judge(outcome: TestAlertOutcome, withinSeconds: number) {
  switch (outcome.kind) {
    case "back": {
      const took = `${outcome.seconds.toFixed(1)} s`;
      return outcome.seconds <= withinSeconds
        ? { holds: true, found: `came back in ${took}` }
        : {
            holds: false,
            found: `came back late, after ${took}: its route waits, or Alertmanager tried more than once`,
          };
    }
    case "refused":
      return { holds: false, found: `was not taken: ${outcome.said}` };
    case "suppressed": {
      const { silencedBy, inhibitedBy } = outcome.state;
      const by = silencedBy.length > 0 ? `the silence ${listed(silencedBy)}` : `another alert (${listed(inhibitedBy)})`;
      // So that other alerts come through is neither shown nor refuted.
      return { holds: undefined, found: `is kept back in Alertmanager by ${by}` };
    }
    case "lost":
      return { holds: false, ...lost(outcome) };
  }
}

/** What Alertmanager answered, and what the bot's webhook saw of it. */
function said(outcome: TestAlertOutcome): string {
  switch (outcome.kind) {
    case "back":
      return `200; at the webhook of the bot after ${outcome.seconds.toFixed(1)} s`;
    case "refused":
      return outcome.said;
    case "suppressed":
      return `200; silencedBy: ${listed(outcome.state.silencedBy)}; inhibitedBy: ${listed(outcome.state.inhibitedBy)}`;
    case "lost":
      return `200; receivers: ${listed(outcome.state?.receivers ?? [], "not known")}\nfailed webhook requests meanwhile: ${outcome.failedRequests ?? "not known"}`;
  }
}

function lost({ seconds, state, failedRequests }: Extract<TestAlertOutcome, { kind: "lost" }>) {
  const to =
    state === undefined ? "Alertmanager does not say where it went" : `it goes to ${listed(state.receivers, "nobody")}`;
  const how =
    failedRequests === undefined
      ? "whether its webhooks fail is not said"
      : failedRequests > 0
        ? `its webhooks failed ${failedRequests} times meanwhile: a wrong token (401), or no way to the bot`
        : "none of its webhooks failed meanwhile: its route leads elsewhere, or waits";
  return {
    found: `was taken by Alertmanager and not back after ${seconds.toFixed(0)} s; ${to}; ${how}`,
  };
}
