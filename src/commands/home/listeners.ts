import type { App } from "@slack/bolt";
import { mayDecide, requestOf } from "../../approvals/decide.ts";
import { explain } from "../../errors.ts";
import { hasEnded, type RunRecord } from "../../runbooks/durable/record.ts";
import { postedOf, titleOf } from "../changes/card.ts";
import { planOf } from "../changes/plan-blocks.ts";
import { askedOf } from "../changes/run-buttons.ts";
import type { ChangeDeps } from "../changes/surface.ts";
import { type Handle, onPress } from "../listen.ts";
import { changeNamed, openForm } from "../planning/planning.ts";
import { type HomeContents, type HomeRun, homeActionIds, homeView } from "./home-view.ts";

export { homeActionIds };

/** The App Home: published whenever its owner looks at it. */
export function listenToHome(app: App, deps: ChangeDeps, handle: Handle): void {
  app.event("app_home_opened", ({ event, body }) =>
    // Bolt has answered an event by the time its listener runs.
    handle(
      "home",
      async () => undefined,
      `event:${body.event_id}`,
      async () => {
        if (event.tab === "home") await showHome(deps, event.user);
      },
    ),
  );
  onPress(app, handle, homeActionIds.refresh, ({ user }) => showHome(deps, user));
  onPress(app, handle, homeActionIds.propose, async (pressed) => {
    await openForm(deps, { ...pressed, askIn: undefined }, pressed.value ?? "", {});
  });
  // A button with a link opens it by itself, and still wants its ack.
  onPress(app, handle, homeActionIds.open, async () => undefined);
}

/** The change that is begun here. */
const tenantProposal = "tenant-propose";

/** First what is known at once, then, in its place, with the state of the platform. */
async function showHome(deps: ChangeDeps, user: string): Promise<void> {
  const publish = (contents: HomeContents) =>
    deps.client.views
      .publish({ user_id: user, view: homeView(contents) })
      .catch((err: unknown) => deps.logger.warn({ err }, "an App Home could not be shown"));
  const at = deps.changes.now();
  const known = { ...(await runsOf(deps, user)), proposal: changeNamed(deps, tenantProposal)?.id };
  await publish({ ...known, platform: undefined, at });
  const platform = await deps.runner
    .run({ runbook: "status", params: {}, requester: { surface: "slack", id: user } })
    .catch((error: unknown) => explain(error));
  await publish({ ...known, platform, at: deps.changes.now() });
}

const mostAsked = 5;

async function runsOf(
  deps: ChangeDeps,
  user: string,
): Promise<Pick<HomeContents, "waiting" | "asked"> & { readonly trouble?: string }> {
  const { changes } = deps;
  try {
    const runs = (await changes.runs()).toReversed();
    const open = runs.filter(({ state, cancel }) => state === "waiting" && cancel === undefined);
    const wanted = await Promise.all(
      open.map(async (record) => ((await waitsFor(deps, record, user)) ? [record] : [])),
    );
    const mine = runs.filter(({ requester }) => requester.surface === "slack" && requester.id === user);
    const asked = [
      ...mine.filter(({ state }) => !hasEnded(state)),
      ...mine.filter(({ state }) => hasEnded(state)).slice(0, mostAsked),
    ];
    const shown = (records: readonly RunRecord[]) => Promise.all(records.map((record) => homeRun(deps, record)));
    return { waiting: await shown(wanted.flat()), asked: await shown(asked) };
  } catch (error) {
    return { waiting: [], asked: [], trouble: explain(error) };
  }
}

async function waitsFor({ changes }: ChangeDeps, record: RunRecord, user: string): Promise<boolean> {
  const asked = askedOf(record);
  if (asked === undefined || asked.outcome !== undefined) return false;
  if (asked.votes.some(({ person }) => person === user)) return false;
  return mayDecide(user, requestOf(record, asked), await changes.decisionContext(record));
}

async function homeRun({ changes, client }: ChangeDeps, record: RunRecord): Promise<HomeRun> {
  const posted = postedOf(record);
  const link =
    posted === undefined
      ? undefined
      : await client.chat.getPermalink({ channel: posted.channel, message_ts: posted.ts }).then(
          ({ permalink }) => permalink,
          () => undefined,
        );
  return { record, title: planOf(record)?.title ?? titleOf(changes, record.runbook), link };
}
