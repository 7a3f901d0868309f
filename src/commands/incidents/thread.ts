import { type Incident, incidentState, missingReplies } from "../../alerts/incident.ts";
import { severityRank } from "../../alerts/severity.ts";
import { slackFailure } from "../delivery/errors.ts";
import { claimPost, type PostNote, type PostOnce, postOnce } from "../delivery/post-once.ts";
import type { Message, Posted } from "../delivery/sender.ts";
import { postCharts } from "./chart-files.ts";
import { incidentCard } from "./incident-card.ts";
import { escalationReply, severityReply, summaryReply } from "./replies.ts";
import type { ThreadDeps } from "./surface.ts";
import { triageInTurn } from "./triage-reply.ts";

/** Of what waits for a channel, what people must know first goes first; updates come last. */
const importanceOf = (severity: string) => 10 - 2 * Math.min(severityRank(severity), 3);

/** Brings the thread of an incident up to it: its message, and in the thread what has to stand there, each once. */
export async function showIncident(deps: ThreadDeps, incident: Incident): Promise<void> {
  if (incident.slack === undefined) return;
  const shown = incident.slack.ts === undefined ? await post(deps, incident) : await update(deps, incident);
  if (shown === undefined) return;
  for (const name of missingReplies(shown)) await reply(deps, shown, name);
}

/** Where an incident's message is. */
export function postedOf({ slack }: Incident): Posted | undefined {
  return slack?.ts === undefined ? undefined : { channel: slack.channel, ts: slack.ts };
}

async function post(deps: ThreadDeps, { id, severity, slack }: Incident): Promise<Incident | undefined> {
  if (slack === undefined) return undefined;
  const degraded = deps.degraded();
  let newest: Incident | undefined;
  let shown = "";
  const posted = await postOnce({
    ...deps,
    channel: slack.channel,
    mark: id,
    sending: { importance: importanceOf(severity) },
    note: async (edit) => {
      newest = await deps.incidents.amend(id, (before) => {
        if (before.slack === undefined) return before;
        const note = edit(before.slack);
        if (note === undefined) return before;
        if (note.ts === undefined) {
          const state = degraded === undefined ? {} : { degraded };
          return { ...before, slack: { ...before.slack, ...note, ...state } };
        }
        return { ...before, slack: { ...before.slack, ...note, shown, severity: before.slack.severity ?? severity } };
      });
    },
    message: () => {
      if (newest === undefined) throw new Error("nothing was claimed");
      shown = incidentState(newest);
      const called = newest.slack?.called === newest.severity;
      return incidentCard(deps, newest, called ? "" : deps.mentionsFor(newest.severity));
    },
  });
  return posted === undefined ? undefined : newest;
}

async function update(deps: ThreadDeps, incident: Incident): Promise<Incident | undefined> {
  const posted = postedOf(incident);
  const state = incidentState(incident);
  if (posted === undefined || incident.slack?.shown === state) return incident;
  try {
    await deps.sender.update(posted, incidentCard(deps, incident));
  } catch (error) {
    // The message was deleted, or the channel closed: nobody will ever see it.
    if (!["gone", "no-access"].includes(slackFailure(error).kind)) throw error;
  }
  return await deps.incidents.amend(incident.id, (before) =>
    before.slack === undefined ? before : { ...before, slack: { ...before.slack, shown: state } },
  );
}

async function reply(deps: ThreadDeps, incident: Incident, name: string): Promise<void> {
  const posted = postedOf(incident);
  if (posted === undefined) return;
  const once = (message: () => Message, said?: string): PostOnce => ({
    ...deps,
    channel: posted.channel,
    mark: `${incident.id} ${name}`,
    // What is said in a thread comes after every incident has one.
    sending: { thread: posted.ts, importance: importanceOf(incident.severity) - 9 },
    note: (edit) => noteReply(deps, incident.id, name, edit, said),
    message,
  });
  if (name !== "triage") {
    const message = replyOf(deps, incident, name);
    if (message === undefined)
      await noteReply(deps, incident.id, name, ({ at }) => ({ at: at ?? deps.now().toISOString(), ts: "-" }));
    else await postOnce(once(() => message));
    return;
  }
  const claim = await claimPost(once(() => ({ text: "" })));
  if (claim === undefined) return;
  const { message, said, charts } = await triageInTurn(deps, incident);
  const stands = await postOnce(
    once(() => message, said),
    claim,
  );
  // Not waited for: a picture that takes its time must not hold up what the incident's message says next.
  if (stands !== undefined) void postCharts(deps, posted, charts);
}

/** Undefined for what needs no words. */
function replyOf(deps: ThreadDeps, incident: Incident, name: string): Message | undefined {
  if (name === "summary") return summaryReply(incident);
  if (name.startsWith("escalation ")) return escalationReply(deps, incident, Number(name.split(" ")[1]));
  return severityReply(deps, incident);
}

async function noteReply(
  deps: ThreadDeps,
  id: string,
  name: string,
  edit: (before: PostNote) => PostNote | undefined,
  said?: string,
): Promise<void> {
  await deps.incidents.amend(id, (before) => {
    if (before.slack === undefined) return before;
    const note = edit(before.slack.replies[name] ?? {});
    if (note?.at === undefined) return before;
    const kept = {
      at: note.at,
      ...(note.ts === undefined ? {} : { ts: note.ts }),
      ...(said === undefined ? {} : { said }),
    };
    return { ...before, slack: { ...before.slack, replies: { ...before.slack.replies, [name]: kept } } };
  });
}
