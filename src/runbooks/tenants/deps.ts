import type { GitChanges } from "../../platform/git.ts";
import type { ChangeDeps } from "../changes/members.ts";

/** Something to tell somebody once. */
export interface Note {
  /** Deterministic: the same key is never told twice. */
  readonly key: string;
  /** Slack id of a channel or a person, or `threadOf` a run. */
  readonly to: string;
  /** Plain text; whoever posts it escapes it for Slack. */
  readonly text: string;
}

export interface TenantDeps extends ChangeDeps {
  readonly git: GitChanges;
  /** Posts a message in Slack, once for its key. Rejects when it is not known to be there. */
  tell(note: Note, signal: AbortSignal): Promise<void>;
}

/** What is needed to say what a change would be; nothing in it can change anything. */
export type PlanDeps = Pick<TenantDeps, "config" | "platform">;

const threadPrefix = "run/";

/** The thread under the card of a run. */
export function threadOf(runId: string): string {
  return `${threadPrefix}${runId}`;
}

/** The run in the thread of whose card a note is to be; undefined when it goes to a channel or a person. */
export function runOfThread(to: string): string | undefined {
  return to.startsWith(threadPrefix) ? to.slice(threadPrefix.length) : undefined;
}
