import { missingOf, requestOf } from "../../approvals/decide.ts";
import { cardState, hasEnded, type RunRecord } from "../../runbooks/durable/record.ts";
import { slackFailure } from "../delivery/errors.ts";
import { postOnce } from "../delivery/post-once.ts";
import type { Posted } from "../delivery/sender.ts";
import { longDiff, planOf } from "./plan-blocks.ts";
import { askedOf } from "./run-buttons.ts";
import { runCard } from "./run-card.ts";
import type { ChangeDeps, ChangeSurface } from "./surface.ts";

type CardDeps = Pick<ChangeDeps, "client" | "sender" | "logger" | "changes">;

/** Posts the card of a run that has none, once, and notes where it is. Throws what slackFailure can read. */
export async function postCard({ changes, sender, ...deps }: CardDeps, record: RunRecord): Promise<void> {
  const { id, slack } = record;
  if (slack === undefined) return;
  let newest = record;
  const posted = await postOnce({
    sender,
    now: changes.now,
    channel: slack.channel,
    mark: id,
    // Somebody waits for it.
    sending: { importance: 10 },
    note: async (edit) => {
      newest = await changes.driver.amend(id, (before) => {
        const note = before.slack === undefined ? undefined : edit({ at: before.slack.postingAt, ts: before.slack.ts });
        if (note === undefined || before.slack === undefined) return before;
        const { postingAt: _, ...kept } = before.slack;
        const place = note.ts === undefined ? { postingAt: note.at } : { ts: note.ts };
        return { ...before, slack: { ...kept, ...place } };
      });
    },
    message: () => cardOf(changes, newest),
  }).catch(async (error: unknown) => {
    if (hasEnded(newest.state) && isInVain(error)) await noteShown(changes, newest);
    throw error;
  });
  if (posted !== undefined) await showRun({ ...deps, changes, sender }, newest);
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
  const asked = askedOf(record);
  const known = changes.knownContext(record);
  const isOpen = record.state === "waiting" && asked !== undefined && asked.outcome === undefined;
  const missing = isOpen ? missingOf(requestOf(record, asked), known) : undefined;
  const parts = { title: titleOf(changes, record.runbook), policy: known.policy, missing };
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
