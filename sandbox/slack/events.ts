import { randomBytes } from "node:crypto";
import type { Acknowledged, Delivery, Outgoing } from "./delivery.ts";
import type { SlackFaults } from "./faults.ts";
import type { InstalledApp } from "./installed-app.ts";
import type { Workspace } from "./workspace.ts";

export interface Events {
  /** Sends an event that the app subscribed to, and waits for the first ack; undefined when it did not subscribe. */
  send(event: { readonly type: string } & Readonly<Record<string, unknown>>): Promise<Acknowledged | undefined>;
  /** Gives up the retries that are still to come. */
  stop(): void;
}

/** Almost at once, after a minute, after five. Source: https://docs.slack.dev/apis/events-api/#retries */
const slackRetryMs = [100, 60_000, 300_000];

/** The Events API: the same envelope over HTTP and over a socket, sent again while nobody acknowledges. */
export function createEvents(
  workspace: Workspace,
  app: InstalledApp,
  delivery: Delivery,
  faults: SlackFaults,
  retryMs: readonly number[] = slackRetryMs,
): Events {
  const timers = new Set<NodeJS.Timeout>();

  const retryLater = (outgoing: Outgoing, failure: Acknowledged, attempt: number) => {
    const wait = retryMs[attempt - 1];
    if (wait === undefined || failure.noRetry === true) return;
    const timer = setTimeout(async () => {
      timers.delete(timer);
      const answer = await delivery.send(outgoing, { attempt, reason: failure.reason ?? "unknown_error" });
      if (!answer.ok) retryLater(outgoing, answer, attempt + 1);
    }, wait).unref();
    timers.add(timer);
  };

  return {
    async send(event) {
      if (!app.botEvents.includes(event.type)) return undefined;
      const outgoing: Outgoing = {
        kind: "events_api",
        payload: {
          token: "fake-verification-token",
          team_id: workspace.teamId,
          api_app_id: workspace.appId,
          event: { ...event, event_ts: workspace.nextTs() },
          type: "event_callback",
          event_id: `Ev${randomBytes(5).toString("hex").toUpperCase()}`,
          event_time: Math.floor(Date.now() / 1_000),
          authorizations: [
            {
              enterprise_id: null,
              team_id: workspace.teamId,
              user_id: workspace.botUserId,
              is_bot: true,
              is_enterprise_install: false,
            },
          ],
          is_ext_shared_channel: false,
        },
      };
      const first = delivery.send(outgoing);
      if (faults.deliverTwice) void delivery.send(outgoing, { attempt: 1, reason: "http_timeout" });
      const answer = await first;
      if (!answer.ok) retryLater(outgoing, answer, 1);
      return answer;
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
