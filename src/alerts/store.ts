import type { Incident } from "./incident.ts";

export interface KeptIncident {
  readonly record: Incident;
  readonly revision: string;
}

/** Where incidents are kept: seen by every process of the bot, and of two simultaneous writers exactly one wins. */
export interface IncidentStore {
  /** Rejects with BotError `incident.exists`. */
  create(incident: Incident): Promise<KeptIncident>;
  get(id: string): Promise<KeptIncident | undefined>;
  /** Rejects with BotError `incident.conflict` when it is no longer the form that was read. */
  update(kept: KeptIncident, incident: Incident): Promise<KeptIncident>;
  /** All of them, or those about which there is something left to do, oldest first. */
  list(which?: "open"): Promise<readonly KeptIncident[]>;
  remove(id: string): Promise<void>;
  /** Takes the name of an alert group for an incident when it is free. Returns the id of the incident that has it now. */
  claim(lock: string, id: string): Promise<string>;
  release(lock: string, id: string): Promise<void>;
}
