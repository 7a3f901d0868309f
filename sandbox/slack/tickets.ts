import { randomBytes } from "node:crypto";
import type { SlackFaults } from "./faults.ts";

/** What Slack hands out with an interaction: a trigger for opening a view, and a URL to answer at. */
export interface ResponseTicket {
  readonly url: string;
  readonly channel: string;
  readonly user: string;
  readonly made: number;
  uses: number;
  /**
   * The message that replace_original and delete_original mean: the one that was clicked. A command's URL has none, so it
   * always makes a new message (bolt-js#2287, bolt-python#1268).
   */
  original: { readonly channel: string; readonly ts: string } | undefined;
}

const triggerLifeMs = 3_000;
const responseLifeMs = 30 * 60_000;
export const responseUses = 5;

/** Source: https://docs.slack.dev/interactivity/handling-user-interaction (trigger 3 s, once; response_url 5 times in 30 min). */
export function createTickets(faults: SlackFaults, origin: () => string) {
  const triggers = new Map<string, { readonly user: string; readonly made: number; used: boolean }>();
  const responses = new Map<string, ResponseTicket>();
  return {
    trigger(user: string): string {
      const id = `${Date.now()}.${randomBytes(6).toString("hex")}`;
      triggers.set(id, { user, made: Date.now(), used: false });
      return id;
    },
    /** The person whose trigger it is, or Slack's error code. */
    takeTrigger(id: string): { readonly user: string } | { readonly error: string } {
      const trigger = triggers.get(id);
      if (trigger === undefined) return { error: "invalid_trigger_id" };
      if (trigger.used) return { error: "exchanged_trigger_id" };
      if (faults.expireTriggers || Date.now() - trigger.made > triggerLifeMs) return { error: "expired_trigger_id" };
      trigger.used = true;
      return { user: trigger.user };
    },
    response(channel: string, user: string, original: ResponseTicket["original"]): ResponseTicket {
      const key = randomBytes(12).toString("hex");
      const ticket: ResponseTicket = {
        url: `${origin()}/commands/T0SANDBOX/${key}`,
        channel,
        user,
        made: Date.now(),
        uses: 0,
        original,
      };
      responses.set(key, ticket);
      return ticket;
    },
    /** The ticket, its use counted, or Slack's error code. */
    takeResponse(key: string): ResponseTicket | { readonly error: string } {
      const ticket = responses.get(key);
      if (ticket === undefined) return { error: "not_found" };
      if (faults.expireResponseUrls || Date.now() - ticket.made > responseLifeMs) return { error: "expired_url" };
      if (ticket.uses >= responseUses) return { error: "used_url" };
      ticket.uses += 1;
      return ticket;
    },
  };
}

export type Tickets = ReturnType<typeof createTickets>;
