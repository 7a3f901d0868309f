import type { DecisionContext } from "../../approvals/decide.ts";
import type { AuditFilter } from "../../audit/chain.ts";
import type { AuditEntry } from "../../audit/entry.ts";
import type { ChangeRunbook } from "../../runbooks/durable/definition.ts";
import type { RunDriver } from "../../runbooks/durable/driver.ts";
import type { RunRecord } from "../../runbooks/durable/record.ts";
import type { SurfaceDeps } from "../run-and-answer.ts";

/** What the Slack surface needs of the change runbooks. */
export interface ChangeSurface {
  readonly runbooks: readonly ChangeRunbook[];
  readonly driver: Pick<RunDriver, "submit" | "vote" | "voidApproval" | "cancel" | "rerun" | "amend">;
  runs(): Promise<readonly RunRecord[]>;
  run(id: string): Promise<RunRecord | undefined>;
  /** Policy and members as far as they are known without asking Slack. */
  knownContext(record: RunRecord): DecisionContext;
  /** Policy and members as they are now; asks Slack when what is known is not fresh. */
  decisionContext(record: RunRecord): Promise<DecisionContext>;
  /** Rejects with BotError `permission.denied` when this person may not run this runbook. */
  permit(runbook: string, person: string): Promise<void>;
  audit(filter: AuditFilter): Promise<{ readonly entries: readonly AuditEntry[]; readonly complete: boolean }>;
  /** Where somebody who went ahead alone is told of. */
  readonly auditChannel: string | undefined;
  /** Where a change goes that is asked for in no channel, unless its asker says otherwise. */
  readonly operationsChannel: string | undefined;
  /** What a list can hold, by the name of the parameter, for forms. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
  readonly now: () => Date;
}

export interface ChangeDeps extends SurfaceDeps {
  readonly changes: ChangeSurface;
}
