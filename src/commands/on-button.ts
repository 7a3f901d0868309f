import type { View } from "@slack/types";
import type { Report } from "../reports/model.ts";
import { slackReport } from "../reports/render/slack.ts";
import { slackReportDetails } from "../reports/render/slack-details.ts";
import { answerButtons, type ButtonValue } from "./buttons.ts";
import { type Asked, answerPrivately, directMessage, finishPosted, invite } from "./delivery/answer.ts";
import { slackFailure } from "./delivery/errors.ts";
import { type Message, patiently } from "./delivery/sender.ts";
import { runAndAnswer, type SurfaceDeps } from "./run-and-answer.ts";

/** A click on a button under an answer, already acknowledged. */
export interface Click extends Asked {
  readonly value: ButtonValue;
  readonly triggerId: string;
  /** The posted message the button is under; undefined under an ephemeral one. */
  readonly message: { readonly channel: string; readonly ts: string } | undefined;
}

const say = (click: Click, text: string) =>
  click.responseUrl.send({ response_type: "ephemeral", replace_original: false, text });

/** Posts the report to the channel as a real message that names who shared it. */
export async function onShare(deps: SurfaceDeps, click: Click): Promise<void> {
  const { report, note } = await reportOf(deps, click);
  const { text, blocks } = slackReport(report);
  const by: Message = {
    text,
    blocks: [
      { type: "context", elements: [{ type: "mrkdwn", text: `Shared by <@${click.user}>${note}` }] },
      ...blocks,
      ...answerButtons(report, { shareable: false }),
    ],
  };
  try {
    await deps.sender.post(click.channel, by);
    await replaceWith(deps, click, "Shared in this channel.");
  } catch (error) {
    const { kind, code } = slackFailure(error);
    deps.logger.warn({ code, channel: click.channel }, "cannot share to the channel");
    if (kind === "no-access") {
      const posted = await click.responseUrl.send({ response_type: "in_channel", replace_original: false, ...by }).then(
        () => true,
        () => false,
      );
      if (posted) return replaceWith(deps, click, `Shared. ${invite}`);
    }
    await directMessage(deps, click.user, { text: `I could not share it there (${code}). ${invite}` }).catch(
      (err: unknown) => deps.logger.error({ err }, "an answer could not be delivered"),
    );
  }
}

async function replaceWith(deps: SurfaceDeps, click: Click, text: string): Promise<void> {
  await click.responseUrl
    .send({ replace_original: true, text })
    .catch((err: unknown) => deps.logger.warn({ err }, "the shared answer's own copy stays"));
}

/** Opens the dialog at once, because the trigger lives three seconds, and fills it when the report is there. */
export async function onDetails(deps: SurfaceDeps, click: Click): Promise<void> {
  const loading = modal("Details", [{ type: "section", text: { type: "mrkdwn", text: "Loading…" } }]);
  const opened = await deps.client.views
    .open({ trigger_id: click.triggerId, view: loading })
    .catch(async (error: unknown) => {
      const { kind, code } = slackFailure(error);
      deps.logger.warn({ code }, "cannot open the details");
      const text =
        kind === "gone"
          ? "Slack's few seconds for opening a dialog had passed. Press Details again."
          : `The details could not be opened (${code}). Press Details again.`;
      await say(click, text).catch(() => directMessage(deps, click.user, { text }));
      return undefined;
    });
  if (opened?.view?.id === undefined) return;
  const { report, note } = await reportOf(deps, click);
  const { title, blocks } = slackReportDetails(report);
  const extra = note === "" ? [] : [{ type: "context" as const, elements: [{ type: "mrkdwn" as const, text: note }] }];
  const viewId = opened.view.id;
  await patiently(() => deps.client.views.update({ view_id: viewId, view: modal(title, [...extra, ...blocks]) })).catch(
    (err: unknown) => deps.logger.warn({ err }, "the details could not be filled"),
  );
}

/** Runs the same again, in the place of the answer. */
export async function onAgain(deps: SurfaceDeps, click: Click): Promise<void> {
  const wanted = { runbook: click.value.runbook, params: click.value.params, user: click.user };
  const { message } = click;
  if (message === undefined) {
    const answer = await answerPrivately(deps, click, `Reading ${wanted.runbook} again…`, true);
    return runAndAnswer(deps, { ...wanted, shareable: true }, answer);
  }
  return runAndAnswer(deps, { ...wanted, shareable: false }, { finish: (again) => finishPosted(deps, message, again) });
}

/** Runs what a finding suggested, as an answer of its own. */
export async function onNext(deps: SurfaceDeps, click: Click): Promise<void> {
  const answer = await answerPrivately(deps, click, `Reading ${click.value.runbook}…`);
  await runAndAnswer(
    deps,
    { runbook: click.value.runbook, params: click.value.params, user: click.user, shareable: true },
    answer,
  );
}

/** The report the button belongs to; when it is no longer kept, a fresh one, and a word that it is. */
async function reportOf(deps: SurfaceDeps, click: Click): Promise<{ readonly report: Report; readonly note: string }> {
  const kept = await deps.reports.get(click.value.runId);
  if (kept !== undefined) return { report: kept, note: "" };
  const { runbook, params } = click.value;
  const report = await deps.runner.run({ runbook, params, requester: { surface: "slack", id: click.user } });
  void deps.reports.put(report);
  return { report, note: " · that report was no longer kept, this is a fresh one" };
}

function modal(title: string, blocks: View["blocks"] | readonly View["blocks"][number][]): View {
  return {
    type: "modal",
    title: { type: "plain_text", text: title },
    close: { type: "plain_text", text: "Close" },
    blocks: [...blocks],
  };
}
