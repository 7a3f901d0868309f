import type { AuditFilter } from "../../audit/chain.ts";
import type { AuditEntry } from "../../audit/entry.ts";
import { truncate } from "../../reports/render/clean.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import { hasEnded, type RunRecord } from "../../runbooks/durable/record.ts";
import { newRunId } from "../../runbooks/durable/run-id.ts";
import { type Asked, sayPrivately, whyNotThere } from "../delivery/answer.ts";
import { slackFailure } from "../delivery/errors.ts";
import { failureText } from "../run-and-answer.ts";
import { postCard } from "./card.ts";
import type { ChangeDeps } from "./surface.ts";
import { mention, requesterOf, slackTime } from "./words.ts";

/** Asks for a change. It is kept first, then its card is posted where others can see and approve it. */
export async function onChangeCommand(
  deps: ChangeDeps,
  asked: Asked,
  wanted: { readonly runbook: string; readonly params: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { changes } = deps;
  let record: RunRecord;
  try {
    record = await changes.driver.submit({
      id: newRunId(changes.now()),
      ...wanted,
      requester: { surface: "slack", id: asked.user },
      slack: { channel: asked.channel },
    });
  } catch (error) {
    return sayPrivately(deps, asked, failureText(deps, wanted.runbook, error));
  }
  await postCard(deps, record).catch(async (error: unknown) => {
    const failure = slackFailure(error);
    if (failure.kind !== "no-access") {
      // The run is kept, and its card comes with the next look at the runs.
      deps.logger.warn({ code: failure.code, run: record.id }, "a run's card could not be posted; trying again");
      return sayPrivately(
        deps,
        asked,
        `Run \`${record.id}\` is accepted. Slack does not take its card yet; it follows.`,
      );
    }
    await changes.driver.cancel(record.id, asked.user, "nobody could have seen it").catch(() => undefined);
    await sayPrivately(
      deps,
      asked,
      `Nothing was begun: a change is asked for where others can see and approve it. ${whyNotThere(failure)}`,
    );
  });
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
  const which = run === undefined ? "" : ` \`${escapedUpTo(run, 64)}\``;
  return `• ${slackTime(at)} ${mention(actor.person)} *${action}* ${words.join(", ")}${which}${why}`;
}
