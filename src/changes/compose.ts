import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { DecisionContext } from "../approvals/decide.ts";
import { createGroupCache } from "../approvals/group-cache.ts";
import { membershipsOf } from "../approvals/membership.ts";
import { policyFor } from "../approvals/policy.ts";
import type { ChangeSurface } from "../commands/changes/surface.ts";
import type { Config } from "../config/file.ts";
import { BotError } from "../errors.ts";
import type { Logger } from "../logging.ts";
import { catalog } from "../runbooks/catalog/index.ts";
import { changeCatalog } from "../runbooks/changes/catalog.ts";
import type { Requester, Runbook } from "../runbooks/definition.ts";
import type { ChangeRunbook } from "../runbooks/durable/definition.ts";
import { createRunDriver } from "../runbooks/durable/driver.ts";
import { hasEnded, type RunRecord } from "../runbooks/durable/record.ts";
import type { RunStore } from "../runbooks/durable/store.ts";
import { pastWakeUps, type WakeUp, wakeUpsOf } from "../runbooks/durable/wake-ups.ts";
import type { TenantDeps } from "../runbooks/tenants/deps.ts";
import { createRunQueue } from "../store/run-queue.ts";
import type { Store } from "../store/store.ts";
import { auditGaps, createGapFiller } from "./audit-gaps.ts";
import { openAuditLog } from "./audit-log.ts";
import { aboutRun, auditedDriver, itself } from "./audited-driver.ts";
import { createCardWatch } from "./card-watch.ts";
import { createClock } from "./clock.ts";
import { declaredGroups, mayRun } from "./permissions.ts";
import { remind } from "./reminders.ts";

export interface ChangesOptions extends TenantDeps {
  readonly config: Config;
  readonly runs: RunStore;
  readonly store: Store;
  readonly storeUrl: () => string;
  readonly storePrefix: string;
  readonly dataDir: string;
  readonly logger: Logger;
  /** Runbooks of the platform team's own. */
  readonly own: { readonly changes: readonly ChangeRunbook[]; readonly reads: readonly Runbook[] };
  /** Slack ids of the people in a Slack user group. */
  readonly readGroup: (id: string) => Promise<readonly string[]>;
  /** Told of every new form of a run. */
  readonly onChange: (record: RunRecord) => void;
  /** Told once of a run that ended in this process, for metrics. */
  readonly onEnded?: (record: RunRecord) => void;
  /** One line of what a step is at. */
  readonly onProgress: (record: RunRecord, text: string) => void;
  /** A run that was accepted and whose card nobody has posted. */
  readonly onCardMissing: (record: RunRecord) => void;
  /** Says something in the thread of a run's card. */
  readonly sayInThread: (record: RunRecord, text: string) => Promise<void>;
}

export interface Changes {
  readonly surface: ChangeSurface;
  start(): void;
  /** The store's connections were made anew. */
  reconnect(): void;
  /** The queue may have lost anything: fills it again from the runs. */
  storeIsBack(): void;
  stop(): Promise<void>;
}

/** Somebody who was taken out of a group must not count for long, and Slack need not be asked at every click. */
const groupFreshMs = 60_000;
const groupAtMostMs = 300_000;
/** Longer than whoever is at it needs. */
const cardWithinMs = 5_000;
const dayMs = 24 * 3_600_000;

/** A silence is looked into again, on a new connection: it may have been this process that stood still, or a store in a failover. */
async function checkedTwice(store: Store): Promise<unknown> {
  return store.checkQueue().catch((fault: unknown) => {
    if (fault instanceof BotError && fault.code === "store.hanging") return store.checkQueue();
    throw fault;
  });
}

/** The change runbooks of this process: driver, queue and clock, and the audit log that everything about them goes to. */
export function composeChanges(options: ChangesOptions): Changes {
  const { config, logger, runs, store } = options;
  const runbooks = [...changeCatalog(options), ...options.own.changes];
  const audit = openAuditLog(options);
  const policyOf = (record: RunRecord) =>
    policyFor(config, record.runbook, targetOf(record), runbooks.find(({ id }) => id === record.runbook)?.approval);
  const groups = createGroupCache({
    ids: Object.values(config.approvals.groups).flatMap(({ slackUserGroup }) => slackUserGroup ?? []),
    read: options.readGroup,
    now: () => new Date(),
    freshMs: groupFreshMs,
    onFailure: (group, err) => logger.warn({ group, err }, "a user group could not be read"),
  });
  const delegations = config.approvals.delegations.map(({ from, to, since, until }) => ({
    from,
    to,
    since: new Date(since),
    until: new Date(until),
  }));
  const memberships = () => membershipsOf(config, groups.readings(), new Date(), groupAtMostMs);
  const decisionContext = (record: RunRecord): DecisionContext => ({
    now: new Date(),
    policy: policyOf(record),
    memberships: memberships(),
    delegations,
  });
  const remindersOf = (record: RunRecord) => policyOf(record)?.remindAfterMinutes ?? [];
  const wakeUps = (record: RunRecord) => wakeUpsOf(record, remindersOf(record));
  const driver = createRunDriver({
    store: runs,
    runbooks,
    process: `${hostname()}-${randomBytes(4).toString("hex")}`,
    now: () => new Date(),
    leaseMs: config.runs.leaseSeconds * 1_000,
    concurrency: config.runs.concurrency,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    approvalLifeMs: (record) => (policyOf(record)?.expiresAfterMinutes ?? 60) * 60_000,
    decisionContext,
    onEffect: (record, { name, phase }) =>
      audit.write({ actor: itself, action: `effect.${phase}`, effect: name, ...aboutRun(record) }),
    onStep: options.onChange,
    onProgress: options.onProgress,
    onLog: ({ id: run, runbook }, message, fields) => logger.info({ run, runbook, ...fields }, message),
    onChange: (record) => {
      if (hasEnded(record.state)) {
        const reason = record.failure?.message;
        const why = reason === undefined ? {} : { reason };
        try {
          audit.write({ actor: itself, action: `run.${record.state}`, ...aboutRun(record), ...why });
        } catch (err) {
          // It has ended all the same: what it did was written down before it was done.
          logger.error({ err, run: record.id, state: record.state }, "the end of a run is not in the audit log");
        }
        options.onEnded?.(record);
      }
      clock.ask(wakeUps(record));
      if (hasEnded(record.state)) clock.drop(pastWakeUps(record, remindersOf(record)));
      options.onChange(record);
    },
    onTrouble: (run, err) => logger.warn({ run, err }, "a run could not be carried on; trying again"),
  });
  const onWakeUp = async (wakeUp: WakeUp) => {
    if (wakeUp.why !== "remind") return await driver.wake(wakeUp.run);
    const record = (await runs.get(wakeUp.run))?.record;
    if (record === undefined) return;
    await groups.refresh();
    const later = await remind(record, wakeUp, { ...options, driver, context: decisionContext(record) });
    if (later !== undefined) clock.ask([later]);
  };
  const queue = createRunQueue({
    store,
    url: options.storeUrl,
    prefix: options.storePrefix,
    concurrency: config.runs.concurrency,
    now: () => new Date(),
    onWakeUp,
    onError: (err) => logger.debug({ err }, "the queue of runs"),
  });
  const behind = createCardWatch(cardWithinMs);
  const fillAuditGaps = createGapFiller({
    look: async () => {
      const [records, { entries, complete }] = await Promise.all([runs.list(), audit.search({})]);
      return complete
        ? auditGaps(
            records.map(({ record }) => record),
            entries,
          )
        : undefined;
    },
    write: audit.write,
    now: () => performance.now(),
  });
  const clock = createClock({
    queue,
    logger,
    sweep: async () => {
      // Whoever accepted a run posts its card, and whoever ended it shows that; when that process died, another one does.
      const open = await driver.sweep();
      for (const record of behind.look(open)) {
        if (record.slack?.ts === undefined) options.onCardMissing(record);
        else options.onChange(record);
      }
    },
    reconcile: async () => {
      const open = (await runs.list("open")).map(({ record }) => record);
      const done = await queue.reconcile(open.flatMap(wakeUps));
      await audit.mirror();
      await fillAuditGaps();
      return done;
    },
    prune: () => driver.prune(new Date(Date.now() - config.runs.keepDays * dayMs)),
  });
  const permit = async (runbook: string, person: string) => {
    await groups.refresh();
    const declared = declaredGroups(runbook, [...catalog, ...runbooks, ...options.own.reads], config);
    const refusal = mayRun({ config, runbook, person, declared, memberships: memberships() });
    if (refusal !== undefined) throw refusal;
  };
  /** Checked at the moment of the request: what was known a second ago says little of a store that dies. */
  const admit = async (runbook: string, { surface, id: person }: Requester) => {
    // Who may open a merge request is for the Git host to say; what is in it is for the approvers.
    if (surface !== "webhook") await permit(runbook, person);
    const own = runbooks.find(({ id }) => id === runbook)?.approval;
    if (policyFor(config, runbook, "", own) === undefined) {
      throw new BotError(
        "approval.no-policy",
        `Nobody may approve ${runbook}, so it cannot be asked for`,
        `Say who may in dfbot.yaml: approvals.policies.${runbook}`,
      );
    }
    await checkedTwice(store).catch((cause: unknown) => {
      const why = cause instanceof BotError ? cause.message : "it does not answer";
      throw new BotError(
        "store.unavailable",
        `No change is taken on while the bot's queue is away: ${why}`,
        "Reading still works: /dragonfly status. Ask again when I say that the store is back",
        { cause },
      );
    });
  };
  return {
    surface: {
      runbooks,
      driver: auditedDriver(driver, { audit, groups, admit }),
      runs: async () => (await runs.list()).map(({ record }) => record),
      run: async (id) => (await runs.get(id))?.record,
      knownContext: decisionContext,
      decisionContext: async (record) => {
        await groups.refresh();
        return decisionContext(record);
      },
      permit,
      audit: audit.search,
      auditChannel: config.slack.channels.audit ?? config.slack.channels.operations,
      operationsChannel: config.slack.channels.operations,
      choices: { clusters: config.clusters.map(({ name }) => name) },
      now: () => new Date(),
    },
    start: () => clock.start(),
    reconnect: () => queue.reconnect(),
    storeIsBack: () => clock.queueIsBack(),
    stop: async () => {
      await clock.stop();
      await driver.stop();
      await queue.stop();
    },
  };

  /** What the policy is looked up by: the target of the plan when there is one, else what the run holds. */
  function targetOf({ lock, checkpoints }: RunRecord): string {
    const asked = checkpoints.findLast((one) => one.kind === "approval");
    const plan = asked?.kind === "approval" ? asked.plan : undefined;
    if (typeof plan === "object" && plan !== null && "target" in plan && typeof plan.target === "string") {
      return plan.target;
    }
    return lock ?? `${config.shared.namespace}/${config.shared.name}`;
  }
}
