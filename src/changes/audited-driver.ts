import type { GroupCache } from "../approvals/group-cache.ts";
import type { AuditContents } from "../audit/entry.ts";
import type { ChangeSurface } from "../commands/changes/surface.ts";
import { BotError } from "../errors.ts";
import type { Requester } from "../runbooks/definition.ts";
import type { RunDriver } from "../runbooks/durable/driver.ts";
import type { RunRecord } from "../runbooks/durable/record.ts";
import type { AuditLog } from "./audit-log.ts";

export interface AuditedDriverDeps {
  readonly audit: Pick<AuditLog, "write">;
  readonly groups: GroupCache;
  /** Rejects with the reason why no change can be taken on now. */
  admit(runbook: string, requester: Requester): Promise<void>;
}

/** The actor of what nobody asked for at that moment. */
export const itself: AuditContents["actor"] = { person: "dfbot", via: "system", identity: "dfbot" };

/** The driver with every request, vote and refusal written down: a request before it is accepted, or it is not accepted. */
export function auditedDriver(driver: RunDriver, deps: AuditedDriverDeps): ChangeSurface["driver"] {
  const { audit, groups } = deps;
  const person = (id: string): AuditContents["actor"] => ({ person: id, via: "slack", identity: id });
  const refused = (contents: Omit<AuditContents, "at">) => (error: unknown) => {
    audit.write({ ...contents, reason: codeOf(error) });
    throw error;
  };
  return {
    amend: driver.amend,
    voidApproval: async (run, digest, reason) => {
      const record = await driver.voidApproval(run, digest, reason);
      const asked = record.checkpoints.findLast((one) => one.kind === "approval");
      if (asked?.kind === "approval" && asked.digest === digest && asked.outcome?.state === "voided")
        audit.write({ actor: itself, action: "approval.voided", reason, ...aboutRun(record) });
      return record;
    },
    submit: async (wanted) => {
      const { id: run, runbook, requester } = wanted;
      const about = { run, runbook };
      await groups.refresh();
      const actor = actorOf(requester);
      await deps.admit(runbook, requester).catch(refused({ actor, action: "run.refused", ...about }));
      audit.write({ actor, action: "run.requested", ...about });
      return await driver.submit(wanted).catch(refused({ actor: itself, action: "run.refused", ...about }));
    },
    vote: async (run, ballot) => {
      await groups.refresh();
      const { person: who, digest, choice, reason } = ballot;
      const said = { actor: person(who), run, digest };
      const record = await driver.vote(run, ballot).catch(refused({ ...said, action: "approval.refused" }));
      const why = reason === undefined || reason === "" ? {} : { reason };
      audit.write({ ...said, ...why, action: `approval.${choice}`, ...aboutRun(record) });
      return record;
    },
    cancel: async (run, by, reason) => {
      const record = await driver.cancel(run, by, reason);
      audit.write({ actor: person(by), action: "run.cancel", ...aboutRun(record) });
      return record;
    },
    rerun: async (run, by) => {
      const record = await driver
        .rerun(run, by)
        .catch(refused({ actor: person(by), action: "run.rerun.refused", run }));
      audit.write({ actor: person(by), action: "run.rerun", ...aboutRun(record) });
      return record;
    },
  };
}

/** Whoever opened a merge request comes by the webhook, with the id that their clicks have, or their user name there. */
function actorOf({ surface, id }: Requester): AuditContents["actor"] {
  return { person: id, via: surface === "webhook" ? "gitlab" : "slack", identity: id.replace(/^gitlab:/, "") };
}

/** What an entry says about a run, whatever happened to it. */
export function aboutRun({ id, runbook, lock, checkpoints }: RunRecord) {
  const asked = checkpoints.findLast((one) => one.kind === "approval");
  return {
    run: id,
    runbook,
    ...(lock === undefined ? {} : { target: lock }),
    ...(asked?.kind === "approval" ? { digest: asked.digest } : {}),
  };
}

function codeOf(error: unknown): string {
  return error instanceof BotError ? error.code : "error";
}
