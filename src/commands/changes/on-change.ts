import type { AuditFilter } from "../../audit/chain.ts";
import type { AuditEntry } from "../../audit/entry.ts";
import { BotError } from "../../errors.ts";
import { truncate } from "../../reports/render/clean.ts";
import { codeSlack, escapedUpTo } from "../../reports/render/slack-text.ts";
import { hasEnded, type RunRecord } from "../../runbooks/durable/record.ts";
import { newRunId } from "../../runbooks/durable/run-id.ts";
import { type Asked, sayPrivately, whyNotThere } from "../delivery/answer.ts";
import { slackFailure } from "../delivery/errors.ts";
import { failureText } from "../run-and-answer.ts";
import { postCard } from "./card.ts";
import type { ChangeDeps } from "./surface.ts";
import { mention, requesterOf, slackTime } from "./words.ts";

export interface WantedChange {
  readonly runbook: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Of the run, when it is known before: asked for twice, it is one. */
  readonly run?: string;
}

/**
 * Asks for a change. It is kept first, then its card is posted where others can see and approve it. False when it is refused, which
 * the person is told.
 */
export async function onChangeCommand(deps: ChangeDeps, asked: Asked, wanted: WantedChange): Promise<boolean> {
  const { changes } = deps;
  const { runbook, params, run = newRunId(changes.now()) } = wanted;
  let record: RunRecord;
  try {
    record = await changes.driver.submit({
      id: run,
      runbook,
      params,
      requester: { surface: "slack", id: asked.user },
      slack: { channel: asked.channel },
    });
  } catch (error) {
    // The same was asked for already, by the same dialog or button.
    if (wanted.run !== undefined && error instanceof BotError && error.code === "run.exists") return true;
    await sayPrivately(deps, asked, failureText(deps, runbook, error));
    return false;
  }
  return await postCard(deps, record).then(
    () => true,
    (error: unknown) => withoutCard(deps, asked, record, error),
  );
}

/** The run is kept and nobody sees it. False when it was taken back. */
async function withoutCard(deps: ChangeDeps, asked: Asked, { id }: RunRecord, error: unknown): Promise<boolean> {
  const failure = slackFailure(error);
  if (failure.kind !== "no-access") {
    // The run is kept, and its card comes with the next look at the runs.
    deps.logger.warn({ code: failure.code, run: id }, "a run's card could not be posted; trying again");
    await sayPrivately(deps, asked, `Run \`${id}\` is accepted. Slack does not take its card yet; it follows.`);
    return true;
  }
  await deps.changes.driver.cancel(id, asked.user, "nobody could have seen it").catch(() => undefined);
  const why = "Nothing was begun: a change is asked for where others can see and approve it.";
  await sayPrivately(deps, asked, `${why} ${whyNotThere(failure)}`);
  return false;
}

const mostRuns = 15;

/** The newest runs, or those that wait for a decision. */
export async function onRuns(deps: ChangeDeps, asked: Asked, all: boolean): Promise<void> {
  const runs = await deps.changes.runs().catch((error: unknown) => failureText(deps, "runs", error));
  if (typeof runs === "string") return sayPrivately(deps, asked, runs);
  const wanted = runs.filter(({ state }) => all || state === "waiting").toReversed();
  const lines = wanted.slice(0, mostRuns).map(runLine);
  const nothing = all ? "No change has been asked for yet." : "Nothing waits for a decision.";
  const more = wanted.length > mostRuns ? [`… and ${wanted.length - mostRuns} older`] : [];
  await sayPrivately(deps, asked, lines.length === 0 ? nothing : [...lines, ...more].join("\n"));
}

/** One line for a list of runs. */
export function runLine({ id, runbook, state, requester, requestedAt, endedAt }: RunRecord): string {
  const when = hasEnded(state) && endedAt !== undefined ? `ended ${slackTime(endedAt)}` : slackTime(requestedAt);
  return `• \`${id}\` ${runbook}: *${state}*, asked for by ${requesterOf(requester)}, ${when}`;
}

const mostEntries = 30;

/** What the audit log has that matches, newest last. */
export async function onAudit(deps: ChangeDeps, asked: Asked, filter: AuditFilter): Promise<void> {
  const found = await deps.changes.audit(filter).catch((error: unknown) => failureText(deps, "audit", error));
  if (typeof found === "string") return sayPrivately(deps, asked, found);
  const { entries, complete } = found;
  const head =
    entries.length === 0
      ? "The audit log has nothing that matches."
      : `${entries.length} ${entries.length === 1 ? "entry" : "entries"}${entries.length > mostEntries ? `, the newest ${mostEntries}` : ""}:`;
  const missing = complete ? [] : ["_The store is away: what other replicas of the bot wrote is not in here._"];
  const lines = [head, ...entries.slice(-mostEntries).map(auditLine), ...missing];
  await sayPrivately(deps, asked, truncate(lines.join("\n"), 11_000));
}

function auditLine({ at, actor, action, run, runbook, target, digest, effect, reason }: AuditEntry): string {
  const about = [
    runbook,
    target,
    effect === undefined ? undefined : `“${effect}”`,
    digest === undefined ? undefined : `plan ${digest.slice(0, 12)}`,
  ];
  const words = about.flatMap((word) => (word === undefined ? [] : [escapedUpTo(word, 100)]));
  const why = reason === undefined ? "" : `: ${escapedUpTo(reason, 150)}`;
  const which = run === undefined ? "" : ` ${codeSlack(run, 66)}`;
  return `• ${slackTime(at)} ${mention(actor.person)} *${action}* ${words.join(", ")}${which}${why}`;
}
