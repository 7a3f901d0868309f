import type { View } from "@slack/types";
import type { Report } from "../reports/model.ts";
import { slackReport } from "../reports/render/slack.ts";
import { slackReportDetails } from "../reports/render/slack-details.ts";
import { answerButtons, type ButtonValue } from "./buttons.ts";
import type { ChangeDeps } from "./changes/surface.ts";
import { type Asked, answerPrivately, finishPosted, sayPrivately, whyNotThere } from "./delivery/answer.ts";
import { slackFailure } from "./delivery/errors.ts";
import { firstThatWorks } from "./delivery/first-that-works.ts";
import { type Message, patiently } from "./delivery/sender.ts";
import { askAsTyped } from "./planning/planning.ts";
import { failureText, runAndAnswer, type SurfaceDeps } from "./run-and-answer.ts";

/** A click on a button under an answer, already acknowledged. */
export interface Click extends Asked {
  readonly value: ButtonValue;
  readonly triggerId: string;
  /** The posted message the button is under; undefined under an ephemeral one. */
  readonly message: { readonly channel: string; readonly ts: string } | undefined;
}

/** Posts the report to the channel as a real message that names who shared it. */
export async function onShare(deps: SurfaceDeps, click: Click): Promise<void> {
  const found = await reportOf(deps, click);
  if ("problem" in found) return sayPrivately(deps, click, found.problem);
  const { report, note } = found;
  const { text, blocks } = slackReport(report);
  const by: Message = {
    text,
    blocks: [
      { type: "context", elements: [{ type: "mrkdwn", text: `Shared by <@${click.user}>${note}` }] },
      ...blocks,
      ...answerButtons(report, { shareable: false }),
    ],
  };
  let done: string | undefined = "Shared in this channel.";
  await firstThatWorks(deps.logger, by, report.runId, [
    async (answer) => {
      await deps.sender.post(click.channel, answer);
    },
    async (answer, failure) => {
      if (failure.kind !== "no-access") throw failure.error;
      await click.responseUrl.send({ response_type: "in_channel", replace_original: false, ...answer });
      done = `Shared. ${whyNotThere(failure)}`;
    },
    // The answer, with its Share button, stays for another try.
    async (_answer, failure) => {
      done = undefined;
      await sayPrivately(deps, click, `I could not share it. ${whyNotThere(failure)}`);
    },
  ]);
  if (done === undefined) return;
  await click.responseUrl
    .send({ replace_original: true, text: done })
    .catch((err: unknown) => deps.logger.warn({ err }, "the shared answer's own copy stays"));
}

/** Opens the dialog at once, because the trigger lives three seconds, and fills it when the report is there. */
export async function onDetails(deps: SurfaceDeps, click: Click): Promise<void> {
  const opened = await deps.client.views
    .open({ trigger_id: click.triggerId, view: sentenceModal("Loading…") })
    .catch(async (error: unknown) => {
      const { kind, code } = slackFailure(error);
      deps.logger.warn({ code }, "cannot open the details");
      const why =
        kind === "gone"
          ? "Slack's few seconds for opening a dialog had passed."
          : `The details could not be opened (${code}).`;
      await sayPrivately(deps, click, `${why} Press Details again.`);
      return undefined;
    });
  const viewId = opened?.view?.id;
  if (viewId === undefined) return;
  const fill = (view: View) => patiently(() => deps.client.views.update({ view_id: viewId, view }));
  const found = await reportOf(deps, click);
  const view = "problem" in found ? sentenceModal(found.problem) : detailsModal(found.report, found.note);
  await fill(view).catch(async (err: unknown) => {
    deps.logger.warn({ err }, "the details could not be filled");
    // Closed meanwhile; nobody waits for it.
    if (slackFailure(err).kind === "gone") return;
    const said = "Slack would not take the details; `dfbot` in a terminal prints them.";
    await fill(sentenceModal(said)).catch(() => sayPrivately(deps, click, said));
  });
}

/** Runs the same again, in the place of the answer. */
export async function onAgain(deps: SurfaceDeps, click: Click): Promise<void> {
  const { message, user, responseUrl } = click;
  const wanted = { runbook: click.value.runbook, params: click.value.params, user };
  if (message === undefined) {
    const answer = answerPrivately(deps, click, `Reading ${wanted.runbook} again…`, "original");
    return runAndAnswer(deps, { ...wanted, shareable: true }, answer);
  }
  return runAndAnswer(
    deps,
    { ...wanted, shareable: false },
    { finish: (again, runId) => finishPosted(deps, message, { user, responseUrl }, again, runId) },
  );
}

/** Runs what a finding suggested, as an answer of its own. */
export async function onNext(deps: ChangeDeps, click: Click): Promise<void> {
  const { runbook, params } = click.value;
  // One that changes something is asked for, as if it had been typed.
  if (deps.changes.runbooks.some(({ id }) => id === runbook))
    return await askAsTyped(deps, { ...click, askIn: click.channel }, { runbook, params });
  const answer = answerPrivately(deps, click, `Reading ${runbook}…`);
  await runAndAnswer(deps, { runbook, params, user: click.user, shareable: true }, answer);
}

type Found = { readonly report: Report; readonly note: string } | { readonly problem: string };

/** The report the button belongs to; when it is no longer kept, a fresh one, and a word that it is; or why neither. */
async function reportOf(deps: SurfaceDeps, click: Click): Promise<Found> {
  const kept = await deps.reports.get(click.value.runId);
  if (kept !== undefined) return { report: kept, note: "" };
  const { runbook, params } = click.value;
  try {
    const report = await deps.runner.run({ runbook, params, requester: { surface: "slack", id: click.user } });
    void deps.reports.put(report);
    return { report, note: " · that report was no longer kept, this is a fresh one" };
  } catch (error) {
    return { problem: failureText(deps, runbook, error) };
  }
}

function detailsModal(report: Report, note: string): View {
  const { title, blocks } = slackReportDetails(report);
  const extra = note === "" ? [] : [{ type: "context" as const, elements: [{ type: "mrkdwn" as const, text: note }] }];
  return modal(title, [...extra, ...blocks]);
}

function sentenceModal(text: string): View {
  return modal("Details", [{ type: "section", text: { type: "mrkdwn", text } }]);
}

function modal(title: string, blocks: readonly View["blocks"][number][]): View {
  return {
    type: "modal",
    title: { type: "plain_text", text: title },
    close: { type: "plain_text", text: "Close" },
    blocks: [...blocks],
  };
}
