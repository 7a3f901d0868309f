import type { ChainReport } from "../audit/chain.ts";
import type { Report } from "../reports/model.ts";
import type { Runbook, RunRequest } from "../runbooks/definition.ts";
import type { RunRecord } from "../runbooks/durable/record.ts";

export interface ConfigCheck {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

/** A terminal that can be drawn on. Its size is 0 where it does not know. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  on(event: "resize", listener: () => void): unknown;
  off(event: "resize", listener: () => void): unknown;
}

/** Everything the command line touches outside itself. */
export interface CliDeps {
  readonly runbooks: readonly Runbook[];
  readonly run: (request: RunRequest, signal: AbortSignal) => Promise<Report>;
  /** Runs the service until it is told to stop; returns the exit code. */
  readonly serve: () => Promise<number>;
  readonly checkConfig: () => ConfigCheck | Promise<ConfigCheck>;
  /** Checks the chain of the audit log in DATA_DIR; `heads` are hashes that must be in it. */
  readonly verifyAudit: (heads: readonly string[]) => ChainReport | Promise<ChainReport>;
  /** Changes that were asked for, oldest first. */
  readonly runs: () => Promise<readonly RunRecord[]>;
  /** Ids of the runbooks that change something: those are asked for in Slack. */
  readonly changes: readonly string[];
  readonly user: string;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** A person is watching: progress is shown, and colour used. */
  readonly isTerminal: boolean;
  /** False keeps colour off a terminal too (NO_COLOR); as `isTerminal` when left out. */
  readonly colour?: boolean | undefined;
  /** Width of the terminal; 100 when there is none, or it does not know (0). */
  readonly columns?: number | undefined;
  /** What `--watch` draws on; without it there is a line for each change. */
  readonly screen?: Screen | undefined;
  /** Aborts when the person presses Ctrl-C. */
  readonly signal: AbortSignal;
}
