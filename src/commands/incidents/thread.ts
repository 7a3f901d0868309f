import { type Incident, incidentState } from "../../alerts/incident.ts";
import type { Keeper } from "../../alerts/keeper.ts";
import { explain } from "../../errors.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import { slackFailure } from "../delivery/errors.ts";
import type { Posted } from "../delivery/sender.ts";
import { reportMessage, type SurfaceDeps } from "../run-and-answer.ts";
import { incidentCard } from "./incident-card.ts";

export interface ThreadDeps extends SurfaceDeps {
  readonly incidents: Pick<Keeper, "amend">;
  /** Whom a new incident of this severity calls: `<!subteam^S…>`, `<!here>`. */
  mentionsFor(severity: string): string;
  /** Which runbook dfbot.yaml wants for an alert. */
  runbookFor(alert: string): string | undefined;
  readonly now: () => Date;
}

/** Somebody who began to post or to triage and said nothing for this long has died. */
const atItMs = 20_000;

/** Brings the thread of an incident up to it: its message, and once, in the thread, what most likely causes it. */
export async function showIncident(deps: ThreadDeps, incident: Incident): Promise<void> {
  if (incident.slack === undefined) return;
  const shown = incident.slack.ts === undefined ? await post(deps, incident) : await update(deps, incident);
  if (shown !== undefined && shown.state === "open" && shown.slack?.triaged === undefined)
    await triageOnce(deps, shown);
}

/** Of several processes that try, the one posts that could write into the incident that it is about to. */
async function post(deps: ThreadDeps, { id }: Incident): Promise<Incident | undefined> {
  let mine = false;
  const claimed = await deps.incidents.amend(id, (before) => {
    const { slack } = before;
    mine = slack !== undefined && slack.ts === undefined && !isAtIt(deps, slack.postingAt);
    return mine && slack !== undefined
      ? { ...before, slack: { ...slack, postingAt: deps.now().toISOString() } }
      : before;
  });
  if (!mine || claimed.slack === undefined) return undefined;
  const posted = await deps.sender.post(
    claimed.slack.channel,
    incidentCard(claimed, deps.mentionsFor(claimed.severity)),
  );
  return await deps.incidents.amend(id, (before) => {
    const { postingAt: _, ...slack } = before.slack ?? { channel: posted.channel };
    return { ...before, slack: { ...slack, channel: posted.channel, ts: posted.ts, shown: incidentState(claimed) } };
  });
}

async function update(deps: ThreadDeps, incident: Incident): Promise<Incident | undefined> {
  const posted = postedOf(incident);
  const state = incidentState(incident);
  if (posted === undefined || incident.slack?.shown === state) return incident;
  try {
    await deps.sender.update(posted, incidentCard(incident));
  } catch (error) {
    // The message was deleted, or the channel closed: nobody will ever see it.
    if (!["gone", "no-access"].includes(slackFailure(error).kind)) throw error;
  }
  return await deps.incidents.amend(incident.id, (before) =>
    before.slack === undefined ? before : { ...before, slack: { ...before.slack, shown: state } },
  );
}

async function triageOnce(deps: ThreadDeps, { id }: Incident): Promise<void> {
  let mine = false;
  const claimed = await deps.incidents.amend(id, (before) => {
    const { slack } = before;
    mine = slack?.ts !== undefined && slack.triaged === undefined && !isAtIt(deps, slack.triagingAt);
    return mine && slack !== undefined
      ? { ...before, slack: { ...slack, triagingAt: deps.now().toISOString() } }
      : before;
  });
  if (!mine) return;
  const first = await triage(deps, claimed);
  await deps.incidents.amend(id, (before) => {
    const { triagingAt: _, ...slack } = before.slack ?? { channel: "" };
    return before.slack === undefined ? before : { ...before, slack: { ...slack, triaged: first } };
  });
}

/** Reads what the alert is about and says in the thread what most likely causes it. Returns its first line. */
export async function triage(deps: ThreadDeps, incident: Incident): Promise<string> {
  const posted = postedOf(incident);
  if (posted === undefined) return "";
  const { runbook, params } = triageOf(incident, deps.runbookFor(incident.alertName));
  try {
    const report = await deps.runner.run({ runbook, params, requester: { surface: "webhook", id: incident.id } });
    void deps.reports.put(report);
    await deps.sender.post(posted.channel, reportMessage(report, { shareable: false }), posted.ts);
    return report.summary;
  } catch (error) {
    const text = `I could not look into it: ${escapedUpTo(explain(error), 1_000)}`;
    await deps.sender.post(posted.channel, { text }, posted.ts);
    return text;
  }
}

/**
 * What looks into an incident: what dfbot.yaml says for the alert, else what its rule says, else the general triage. An alert that
 * names its instance by `namespace` and `app`, as the shipped rules do, is looked into there.
 */
function triageOf({ alertName, groupLabels, alerts, triageRunbook }: Incident, wanted: string | undefined) {
  const labels = { ...alerts[0]?.labels, ...groupLabels };
  const { namespace, app } = labels;
  const instance = namespace !== undefined && app !== undefined ? { instance: `${namespace}/${app}` } : {};
  const alert = /^\w{1,100}$/.test(alertName) ? alertName : "unknown";
  const runbook = wanted ?? triageRunbook ?? "triage";
  return { runbook, params: runbook === "triage" ? { alert, ...instance } : instance };
}

function postedOf({ slack }: Incident): Posted | undefined {
  return slack?.ts === undefined ? undefined : { channel: slack.channel, ts: slack.ts };
}

function isAtIt({ now }: ThreadDeps, since: string | undefined): boolean {
  return since !== undefined && now().getTime() - Date.parse(since) < atItMs;
}
