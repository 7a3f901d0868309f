import PQueue from "p-queue";
import type { Incident } from "../../alerts/incident.ts";
import { severityRank } from "../../alerts/severity.ts";
import { explain } from "../../errors.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import type { Message } from "../delivery/sender.ts";
import { reportMessage } from "../run-and-answer.ts";
import type { ThreadDeps } from "./surface.ts";

export interface TriageReply {
  readonly message: Message;
  /** Its first line. */
  readonly said: string;
}

/** In a storm a few at once, so that the platform is not asked for everything a hundred times while it suffers. */
const queue = new PQueue({ concurrency: 3 });

/** Looks into an incident, the severe ones first. Never rejects: why it could not is an answer too. */
export function triageInTurn(deps: ThreadDeps, incident: Incident): Promise<TriageReply> {
  return queue.add(() => triage(deps, incident), { priority: -severityRank(incident.severity) });
}

async function triage(deps: ThreadDeps, incident: Incident): Promise<TriageReply> {
  const { runbook, params } = triageOf(incident, deps.runbookFor(incident.alertName));
  try {
    const report = await deps.runner.run({ runbook, params, requester: { surface: "webhook", id: incident.id } });
    void deps.reports.put(report);
    return { message: reportMessage(report, { shareable: false }), said: report.summary };
  } catch (error) {
    const said = `I could not look into it: ${escapedUpTo(explain(error), 1_000)}`;
    return { message: { text: said }, said };
  }
}

/**
 * What looks into an incident: what dfbot.yaml says for the alert, else what its rule says, else the general triage. An alert that
 * names its instance by `namespace` and `app`, as the shipped rules do, is looked into there.
 */
function triageOf(incident: Incident, wanted: string | undefined) {
  const { alertName, triageRunbook } = incident;
  const alert = /^\w{1,100}$/.test(alertName) ? alertName : "unknown";
  const runbook = wanted ?? triageRunbook ?? "triage";
  const instance = instanceOf(incident);
  const target = instance === undefined ? {} : { instance };
  return { runbook, params: runbook === "triage" ? { alert, ...target } : target };
}

/** `namespace/name` of the instance that an incident is about, when its labels say so. */
export function instanceOf({ alerts, groupLabels }: Incident): string | undefined {
  const { namespace, app } = { ...alerts[0]?.labels, ...groupLabels };
  return namespace === undefined || app === undefined ? undefined : `${namespace}/${app}`;
}
