import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { createGroupCache, type GroupCache } from "./approvals/group-cache.ts";
import { membershipsOf } from "./approvals/membership.ts";
import { policyFor } from "./approvals/policy.ts";
import type { AuditContents } from "./audit/entry.ts";
import type { ChangeSurface } from "./commands/changes/on-change.ts";
import type { Config } from "./config/file.ts";
import { BotError } from "./errors.ts";
import { type AuditJournal, openAuditJournal } from "./journal/audit-journal.ts";
import type { Logger } from "./logging.ts";
import type { PlatformChanges } from "./platform/changes.ts";
import type { Platform } from "./platform/ports.ts";
import { changeCatalog } from "./runbooks/changes/catalog.ts";
import { createRunDriver, type RunDriver } from "./runbooks/durable/driver.ts";
import { hasEnded, type RunRecord } from "./runbooks/durable/record.ts";
import type { RunStore } from "./runbooks/durable/store.ts";

export interface ChangesOptions {
  readonly config: Config;
  readonly platform: Platform;
  readonly changes: PlatformChanges;
  readonly runs: RunStore;
  readonly dataDir: string;
  readonly logger: Logger;
  /** Slack ids of the people in a Slack user group. */
  readonly readGroup: (id: string) => Promise<readonly string[]>;
  /** Told of every new form of a run. */
  readonly onChange: (record: RunRecord) => void;
}

export interface Changes {
  readonly surface: ChangeSurface;
  start(): void;
  stop(): Promise<void>;
}

const sweepEveryMs = 1_000;
const leaseMs = 15_000;
const concurrency = 4;
/** Somebody who was taken out of a group must not count for long, and Slack need not be asked at every click. */
const groupFreshMs = 60_000;
const groupAtMostMs = 300_000;

/** The change runbooks of this process: their driver, its clock, and the audit log that everything about them goes to. */
export function composeChanges(options: ChangesOptions): Changes {
  const { config, logger, runs } = options;
  const runbooks = changeCatalog(options);
  const journal = openedLate(() => openAuditJournal(options.dataDir, hostname()));
  const audit = (contents: Omit<AuditContents, "at">) => {
    const entry = journal().append({ at: new Date().toISOString(), ...contents });
    logger.info({ audit: entry }, "audit");
  };
  const policyOf = (record: RunRecord) => policyFor(config, record.runbook, targetOf(config, record));
  const groups = createGroupCache({
    ids: Object.values(config.approvals.groups).flatMap(({ slackUserGroup }) => slackUserGroup ?? []),
    read: options.readGroup,
    now: () => new Date(),
    freshMs: groupFreshMs,
    onFailure: (group, err) => logger.warn({ group, err }, "a user group could not be read"),
  });
  const driver = createRunDriver({
    store: runs,
    runbooks,
    process: `${hostname()}-${randomBytes(4).toString("hex")}`,
    now: () => new Date(),
    leaseMs,
    concurrency,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    approvalLifeMs: (record) => (policyOf(record)?.expiresAfterMinutes ?? 60) * 60_000,
    decisionContext: (record) => ({
      now: new Date(),
      policy: policyOf(record),
      memberships: membershipsOf(config, groups.readings(), new Date(), groupAtMostMs),
      delegations: [],
    }),
    onChange: (record) => {
      if (hasEnded(record.state)) {
        const reason = record.failure?.message;
        audit({
          actor: itself,
          action: `run.${record.state}`,
          ...about(record),
          ...(reason === undefined ? {} : { reason }),
        });
      }
      options.onChange(record);
    },
    onTrouble: (run, err) => logger.warn({ run, err }, "a run could not be carried on; trying again"),
  });
  let looking = false;
  let away = false;
  /** One look at a time; an outage is told of once, and its end. */
  const sweep = () => {
    if (looking) return;
    looking = true;
    driver
      .sweep()
      .then(
        () => {
          if (away) logger.info("the runs can be looked at again");
          away = false;
        },
        (err: unknown) => {
          if (!away) logger.warn({ err }, "the runs cannot be looked at; trying again");
          away = true;
        },
      )
      .finally(() => {
        looking = false;
      });
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    surface: {
      runbooks,
      driver: audited(driver, { audit, sweep, config, groups }),
      runs: async () => (await runs.list()).map(({ record }) => record),
      policyFor: policyOf,
      now: () => new Date(),
    },
    start: () => {
      timer = setInterval(sweep, sweepEveryMs);
    },
    stop: async () => {
      clearInterval(timer);
      await driver.stop();
    },
  };
}

interface Around {
  readonly audit: (contents: Omit<AuditContents, "at">) => void;
  readonly sweep: () => void;
  readonly config: Config;
  readonly groups: GroupCache;
}

const itself: AuditContents["actor"] = { person: "dfbot", via: "system", identity: "dfbot" };

/** The driver with every request, vote and refusal written down: a request before it is accepted, or it is not accepted. */
function audited(driver: RunDriver, { audit, sweep, config, groups }: Around): ChangeSurface["driver"] {
  const person = (id: string): AuditContents["actor"] => ({ person: id, via: "slack", identity: id });
  return {
    submit: async (wanted) => {
      const { id: run, runbook, requester } = wanted;
      if (policyFor(config, runbook, "") === undefined) {
        throw new BotError(
          "approval.no-policy",
          `Nobody may approve ${runbook}, so it cannot be asked for`,
          `Say who may in dfbot.yaml: approvals.policies.${runbook}`,
        );
      }
      audit({ actor: person(requester.id), action: "run.requested", run, runbook });
      const record = await driver.submit(wanted).catch((error: unknown) => {
        audit({ actor: itself, action: "run.refused", run, runbook, reason: codeOf(error) });
        throw error;
      });
      sweep();
      return record;
    },
    vote: async (run, ballot) => {
      await groups.refresh();
      const { person: who, digest, choice, reason } = ballot;
      const said = { actor: person(who), run, digest, ...(reason === undefined || reason === "" ? {} : { reason }) };
      const record = await driver.vote(run, ballot).catch((error: unknown) => {
        audit({ ...said, action: "approval.refused", reason: codeOf(error) });
        throw error;
      });
      audit({ ...said, action: `approval.${choice}`, ...about(record) });
      sweep();
      return record;
    },
    cancel: async (run, by, reason) => {
      const record = await driver.cancel(run, by, reason);
      audit({ actor: person(by), action: "run.cancel", ...about(record) });
      sweep();
      return record;
    },
  };
}

function about({ id, runbook, lock, checkpoints }: RunRecord) {
  const asked = checkpoints.findLast((one) => one.kind === "approval");
  return {
    run: id,
    runbook,
    ...(lock === undefined ? {} : { target: lock }),
    ...(asked?.kind === "approval" ? { digest: asked.digest } : {}),
  };
}

/** What the policy is looked up by: the target of the plan when there is one, else what the run holds. */
function targetOf(config: Config, { lock }: RunRecord): string {
  return lock ?? `${config.shared.namespace}/${config.shared.name}`;
}

function codeOf(error: unknown): string {
  return error instanceof BotError ? error.code : "error";
}

/** Opened when it is first needed, and tried again after a failure: reading works without it, changing does not. */
function openedLate(open: () => AuditJournal): () => AuditJournal {
  let journal: AuditJournal | undefined;
  return () => {
    journal ??= open();
    return journal;
  };
}
