import PQueue from "p-queue";
import type { Incident } from "../../alerts/incident.ts";
import { severityRank } from "../../alerts/severity.ts";
import { explain } from "../../errors.ts";
import type { Chart } from "../../reports/model.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import type { Message } from "../delivery/sender.ts";
import { reportMessage } from "../run-and-answer.ts";
import { paramsOf } from "./incident-params.ts";
import type { ThreadDeps } from "./surface.ts";

export interface TriageReply {
  readonly message: Message;
  /** Its first line. */
  readonly said: string;
  readonly charts: readonly Chart[];
}

/** In a storm a few at once, so that the platform is not asked for everything a hundred times while it suffers. */
const queue = new PQueue({ concurrency: 3 });

/** Looks into an incident, the severe ones first. Never rejects: why it could not is an answer too. */
export function triageInTurn(deps: ThreadDeps, incident: Incident): Promise<TriageReply> {
  return queue.add(() => triage(deps, incident), { priority: -severityRank(incident.severity) });
}

async function triage(deps: ThreadDeps, incident: Incident): Promise<TriageReply> {
  const { runbooks } = deps.runner;
  // What dfbot.yaml says for the alert, else what its rule says, else the general one.
  const runbook = deps.runbookFor(incident.alertName) ?? incident.triageRunbook ?? "triage";
  const found = runbooks.find(({ id }) => id === runbook);
  const params = found === undefined ? {} : paramsOf(found, incident);
  try {
    const report = await deps.runner.run({ runbook, params, requester: { surface: "webhook", id: incident.id } });
    void deps.reports.put(report);
    return { message: reportMessage(report, { shareable: false }), said: report.summary, charts: report.charts };
  } catch (error) {
    const said = `I could not look into it: ${escapedUpTo(explain(error), 1_000)}`;
    return { message: { text: said }, said, charts: [] };
  }
}
