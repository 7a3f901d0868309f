import { z } from "zod";
import type {
  ActionInput,
  CommandInput,
  FaultState,
  Outcome,
  PageMessage,
  PageState,
  ViewInput,
} from "../../slack/page-api.ts";
import { faultsSchema, outcomeSchema, pageStateSchema } from "./wire.ts";

const refusal = z.object({ message: z.string().optional(), error: z.string().optional() });
const silence: Outcome = { ok: false, error: "The sandbox does not answer. Is it still running?" };

/** Asks the simulation to do something; whatever goes wrong on the way becomes an outcome with a sentence. */
async function ask(path: string, body: unknown): Promise<Outcome> {
  try {
    const response = await post(path, body);
    const answer = outcomeSchema.safeParse(await response.json());
    return (
      answer.data ?? { ok: false, error: `The sandbox answered ${response.status} and nothing that can be shown.` }
    );
  } catch {
    return silence;
  }
}

function post(path: string, body: unknown): Promise<Response> {
  return fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

type Said = Pick<PageMessage, "user" | "channel" | "text"> & { readonly thread_ts?: string };

/** What a person can do in Slack. */
export const slack = {
  command: (input: CommandInput) => ask("/sandbox/command", input),
  say: (input: Said) => ask("/sandbox/message", input),
  act: (input: ActionInput) => ask("/sandbox/action", input),
  submitView: (input: ViewInput) => ask("/sandbox/view/submit", input),
  closeView: (user: string, view_id: string) => ask("/sandbox/view/close", { user, view_id }),
  openHome: (user: string, tab: "home" | "messages" = "home") => ask("/sandbox/home", { user, tab }),
};

/** The state as this person may see it. Throws when there is none. */
export async function fetchState(user: string): Promise<PageState> {
  const response = await fetch(`/sandbox/state?user=${encodeURIComponent(user)}`);
  return pageStateSchema.parse(await response.json());
}

/** The faults of the world. Throws when it does not answer. */
export async function fetchFaults(): Promise<readonly FaultState[]> {
  const response = await fetch("/sandbox/faults");
  return faultsSchema.parse(await response.json());
}

/** Breaks or heals one thing. Throws an Error whose message is for the visitor. */
export async function setFault(name: string, on: boolean): Promise<readonly FaultState[]> {
  const response = await post(`/sandbox/faults/${encodeURIComponent(name)}`, { on });
  const answer: unknown = await response.json();
  const faults = faultsSchema.safeParse(answer);
  if (faults.success) return faults.data;
  const { message, error } = refusal.safeParse(answer).data ?? {};
  throw new Error(message ?? error ?? `The sandbox answered ${response.status}.`);
}
