import type { Sandbox } from "../../../sandbox/sandbox.ts";
import type { RunRecord } from "../../../src/runbooks/durable/record.ts";

/** One way to need a runbook. */
export interface Need {
  /** What somebody types; undefined when the run comes of what `begin` does. */
  readonly command?: string;
  begin?(): Promise<void>;
  /** What is not as it should be when the run has ended well. */
  problems(run: RunRecord | undefined): readonly string[] | Promise<readonly string[]>;
}

export interface Ask {
  /** What it sends to change something: once for one approval. Undefined when `problems` of the need look at what came of it. */
  readonly effect?: RegExp;
  /** Where the sample kills as well: at the last boundary with this name. */
  readonly sampledAt?: string;
  /** It changes the Git project: a plan is shown before it is asked for. */
  readonly inGit?: true;
  /** Brings the world to where somebody would ask for it. */
  need(sandbox: Sandbox): Promise<Need>;
}
