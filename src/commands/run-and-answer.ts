import { BotError, explain } from "../errors.ts";
import type { Report } from "../reports/model.ts";
import { slackReport } from "../reports/render/slack.ts";
import { escapedUpTo } from "../reports/render/slack-text.ts";
import type { Runner } from "../runbooks/runner.ts";
import { answerButtons } from "./buttons.ts";
import type { Answer, DeliveryDeps } from "./delivery/answer.ts";
import type { Message } from "./delivery/sender.ts";
import type { ReportKeeper } from "./report-keeper.ts";

export interface SurfaceDeps extends DeliveryDeps {
  readonly runner: Runner;
  readonly reports: ReportKeeper;
}

export interface Wanted {
  readonly runbook: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly user: string;
  readonly shareable: boolean;
}

/** Runs a runbook and puts its report, or the reason why there is none, in the answer's place. */
export async function runAndAnswer(deps: SurfaceDeps, wanted: Wanted, answer: Answer): Promise<void> {
  try {
    const report = await deps.runner.run({
      runbook: wanted.runbook,
      params: wanted.params,
      requester: { surface: "slack", id: wanted.user },
    });
    void deps.reports.put(report);
    await answer.finish(reportMessage(report, wanted), report.runId);
  } catch (error) {
    await answer.finish({ text: failureText(deps, wanted.runbook, error) });
  }
}

/** Why there is no report, in words for a person; what is not meant for people goes to the log. */
export function failureText(deps: Pick<SurfaceDeps, "logger">, runbook: string, error: unknown): string {
  if (error instanceof BotError) return escapedUpTo(explain(error), 2_500);
  deps.logger.error({ err: error, runbook }, "a run failed");
  return "Something went wrong in the bot itself; its log has the details.";
}

export function reportMessage(report: Report, options: { readonly shareable: boolean }): Message {
  const { text, blocks } = slackReport(report);
  return { text, blocks: [...blocks, ...answerButtons(report, options)] };
}
