import type { z } from "zod";
import type { Config } from "../config/file.ts";
import type { Platform } from "../platform/ports.ts";
import type { AuditSeal, Chart, Finding, ReportTable } from "../reports/model.ts";

/** Who asked, in the terms of the surface they came from. Shown in reports and logs. */
export interface Requester {
  readonly surface: "slack" | "cli" | "webhook" | "schedule";
  /** Slack user id, operating-system user, or the name of the caller. */
  readonly id: string;
}

/** A run as the core sees it: nothing of Slack, HTTP or argv in it. */
export interface RunRequest {
  readonly runbook: string;
  /** Not parsed yet: the runbook's own schema does that. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly requester: Requester;
}

export interface RunContext<Params> {
  readonly params: Params;
  readonly config: Config;
  readonly platform: Platform;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/** What a runbook concludes; the runner adds identity, time and the verdict. */
export interface Conclusion {
  /** One line. The verdict itself is derived from the findings. */
  readonly summary: string;
  readonly findings: readonly Finding[];
  readonly tables: readonly ReportTable[];
  readonly charts?: readonly Chart[];
  readonly auditSeal?: AuditSeal;
}

export interface Runbook<Schema extends z.ZodObject = z.ZodObject> {
  /** Lower case with dashes; also the word typed in Slack and on the command line. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly params: Schema;
  /** Names of the parameters that may be given by position, in order: `/dragonfly status <instance>`. */
  readonly positional: readonly string[];
  readonly effect: "read";
  /** Groups of dfbot.yaml whose members may run it, unless dfbot.yaml says otherwise; default: everybody in the workspace. */
  readonly permission?: readonly string[];
  /**
   * Another name by which dfbot.yaml's `permissions` know it, where more is done than the runbook usually does: then both must allow
   * it. Without an entry, those may who could approve a change of that name.
   */
  readonly alsoNeeds?: (params: z.infer<Schema>) => string | undefined;
  /** False: left out of help and lists, because people come to it by another way. */
  readonly listed?: boolean;
  run(context: RunContext<z.infer<Schema>>): Promise<Conclusion>;
}
