import type { z } from "zod";
import type { Conclusion, Requester } from "../definition.ts";
import type { ApprovalOutcome } from "./record.ts";

export interface StepOptions {
  /** For one attempt; default 30 seconds. */
  readonly timeoutMs?: number;
  /** Further attempts after the first failure; default none. */
  readonly retries?: number;
  /** Before the first retry, doubled with each; default 500. */
  readonly backoffMs?: number;
}

export interface StepContext {
  /**
   * Aborts when the time of the attempt is over; that of a step also when the run is cancelled, when this process stops, and when
   * another one took the run. An effect that was begun is brought to its end.
   */
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** An effect that was begun before, and nobody knows how far it came. */
  readonly interrupted: boolean;
}

/** Something that changes the world once. */
export interface Effect<T> {
  /** Looks whether it is done already, by its deterministic name; undefined when not. Asked before every `apply`. */
  find(step: StepContext): Promise<T | undefined>;
  apply(step: StepContext): Promise<T>;
}

/** What a plan must have for the engine; the rest of it is the approvals' business. */
export interface ApprovablePlan {
  readonly digest: string;
}

/**
 * What a change runbook works with. Its code runs from the top again whenever the run is carried on, with recorded results in
 * place of what was done: so it may branch only on its parameters and on results, and does everything else in steps, one
 * after the other. Results are JSON.
 */
export interface DurableContext<Params> {
  readonly runId: string;
  /** Who asked for the run. */
  readonly requester: Requester;
  readonly params: Params;
  /** Aborts when somebody cancels the run, when this process stops, and when another one took the run. */
  readonly signal: AbortSignal;
  /** One line for the card, for as long as the step takes. Not kept: after a crash the step says it anew. */
  progress(text: string): void;
  /** A line for the log of the process. Not repeated when the code runs through recorded steps again. */
  log(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Does something that may be done again: reading, checking, waiting for a state. */
  step<T>(name: string, fn: (step: StepContext) => Promise<T>, options?: StepOptions): Promise<T>;
  /** Does something that must be done once. */
  effect<T>(name: string, effect: Effect<T>, options?: StepOptions): Promise<T>;
  /** Parks the run; no worker waits. */
  sleep(name: string, ms: number): Promise<void>;
  /** Parks the run until people have decided. Goes on only when approved; any other outcome ends the run. */
  approve<Plan extends ApprovablePlan>(
    name: string,
    plan: Plan,
  ): Promise<{ readonly plan: Plan; readonly outcome: ApprovalOutcome }>;
}

export interface ChangeRunbook<Schema extends z.ZodObject = z.ZodObject> {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly params: Schema;
  readonly positional: readonly string[];
  readonly effect: "change";
  /** Groups of dfbot.yaml whose members may ask for it, unless dfbot.yaml says otherwise; default: everybody in the workspace. */
  readonly permission?: readonly string[];
  /** False: left out of help and lists, because nobody types it. */
  readonly listed?: boolean;
  /** Who must approve it when dfbot.yaml has no policy of its name; this comes before the policy for `*`. */
  readonly approval?: {
    readonly groups: readonly string[];
    readonly quorum?: number;
    readonly fromEachGroup?: boolean;
  };
  /** What it alone may change at a time, from its parameters; undefined: nothing that others change. */
  lock?(params: z.infer<Schema>): string | undefined;
  /** Goes up with every change of the steps' names or order; default 1. */
  readonly version: number;
  /** Earlier versions, for runs that began with them. Without, such a run stops and says so. */
  readonly previous: readonly ChangeRunbook<Schema>[];
  run(context: DurableContext<z.infer<Schema>>): Promise<Conclusion>;
}
