import { cardState, hasEnded, type RunRecord } from "../../runbooks/durable/record.ts";
import { slackFailure } from "../delivery/errors.ts";
import type { Posted } from "../delivery/sender.ts";
import { longDiff, planOf, runCard } from "./run-card.ts";
import type { ChangeDeps, ChangeSurface } from "./surface.ts";

type CardDeps = Pick<ChangeDeps, "client" | "sender" | "logger" | "changes">;

/** Somebody who began to post a card and said nothing for this long has died. */
const postingMs = 10_000;

/**
 * Posts the card of a run that has none, and notes where it is. Of several who try, one does: whoever can write into the run
 * that they are about to. Throws what slackFailure can read.
 */
export async function postCard({ changes, sender, ...deps }: CardDeps, { id }: RunRecord): Promise<void> {
  let mine = false;
  const record = await changes.driver.amend(id, (before) => {
    const now = changes.now();
    const { slack } = before;
    mine =
      slack !== undefined &&
      slack.ts === undefined &&
      (slack.postingAt === undefined || now.getTime() - Date.parse(slack.postingAt) > postingMs);
    return mine && slack !== undefined ? { ...before, slack: { ...slack, postingAt: now.toISOString() } } : before;
  });
  if (!mine || record.slack === undefined) return;
  const posted = await sender.post(record.slack.channel, cardOf(changes, record)).catch(async (error: unknown) => {
    if (hasEnded(record.state) && isInVain(error)) await noteShown(changes, record);
    throw error;
  });
  const shown = await changes.driver.amend(id, (before) => {
    const { postingAt: _, ...slack } = before.slack ?? { channel: posted.channel };
    return { ...before, slack: { ...slack, channel: posted.channel, ts: posted.ts } };
  });
  await showRun({ ...deps, changes, sender }, shown);
}

/** Brings a run's card up to date; several updates that wait become one, and it shows the run as it is when it is sent. */
export async function showRun({ client, logger, ...deps }: CardDeps, record: RunRecord): Promise<void> {
  const posted = postedOf(record);
  if (posted === undefined) return;
  try {
    await deps.sender.update(posted, cardOf(deps.changes, record));
    if (record.owner === undefined) await noteShown(deps.changes, record);
  } catch (err) {
    logger.warn({ err, run: record.id }, "a run's card could not be updated");
    if (hasEnded(record.state) && isInVain(err)) await noteShown(deps.changes, record);
  }
  await attachDiff({ client, logger, ...deps }, record, posted);
}

/** The message is gone, or the bot may not write there: nobody will ever see it. */
function isInVain(error: unknown): boolean {
  return ["gone", "no-access"].includes(slackFailure(error).kind);
}

/** So that whoever looks at the run finds out when its card is behind, because a process died between the two. */
async function noteShown({ driver }: ChangeSurface, record: RunRecord): Promise<void> {
  const shown = cardState(record);
  await driver.amend(record.id, (before) =>
    before.slack === undefined || before.slack.shown === shown || before.owner !== undefined
      ? before
      : { ...before, slack: { ...before.slack, shown } },
  );
}

/** One line of what a step is at, on the card until its next change. */
export async function showProgress({ sender, changes }: CardDeps, record: RunRecord, progress: string): Promise<void> {
  const posted = postedOf(record);
  if (posted !== undefined) await sender.update(posted, cardOf(changes, record, progress));
}

/** Where a run's card is. */
export function postedOf({ slack }: RunRecord): Posted | undefined {
  return slack?.ts === undefined ? undefined : { channel: slack.channel, ts: slack.ts };
}

export function titleOf({ runbooks }: ChangeSurface, id: string): string {
  return runbooks.find((one) => one.id === id)?.title ?? id;
}

function cardOf(changes: ChangeSurface, record: RunRecord, progress?: string) {
  const parts = { title: titleOf(changes, record.runbook), policy: changes.policyFor(record) };
  return runCard(record, progress === undefined ? parts : { ...parts, progress });
}

/** A diff that is too long for the card goes into its thread, once for each plan. */
async function attachDiff({ client, changes, logger }: CardDeps, record: RunRecord, posted: Posted): Promise<void> {
  const plan = planOf(record);
  const text = plan === undefined ? undefined : longDiff(plan);
  if (plan === undefined || text === undefined || hasEnded(record.state)) return;
  if (record.slack?.attached === plan.digest) return;
  let mine = false;
  try {
    await changes.driver.amend(record.id, (before) => {
      mine = before.slack !== undefined && before.slack.attached !== plan.digest;
      return mine && before.slack !== undefined
        ? { ...before, slack: { ...before.slack, attached: plan.digest } }
        : before;
    });
    if (!mine) return;
    await client.filesUploadV2({
      channel_id: posted.channel,
      thread_ts: posted.ts,
      filename: `plan-${plan.digest.slice(0, 12)}.diff`,
      title: plan.title,
      content: text,
    });
  } catch (err) {
    logger.warn({ err, run: record.id }, "the diff of a plan could not be attached; Details has it");
  }
}
