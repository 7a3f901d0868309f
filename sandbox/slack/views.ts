import { formValues, type Values } from "./elements/form.ts";
import type { Block } from "./page-api.ts";
import type { ViewDefinition } from "./view-rules.ts";
import { randomId, type StoredView, type Workspace } from "./workspace.ts";

/** Views on one another, at most. Source: https://docs.slack.dev/surfaces/modals#pushing_views */
export const stackLimit = 3;

/** A view as Slack sends it to the app: what was left out has a value too. */
export function viewPayload(workspace: Workspace, view: StoredView, entered: Values = {}) {
  const { definition, id, hash, type, root, previous } = view;
  return {
    private_metadata: "",
    callback_id: "",
    external_id: "",
    clear_on_close: false,
    notify_on_close: false,
    title: null,
    submit: null,
    close: null,
    ...definition,
    id,
    hash,
    type,
    state: { values: formValues(blocksOf(view), entered) },
    root_view_id: root,
    previous_view_id: previous ?? null,
    team_id: workspace.teamId,
    app_id: workspace.appId,
    app_installed_team_id: workspace.teamId,
    bot_id: workspace.botId,
  };
}

export function blocksOf({ definition }: StoredView): readonly Block[] {
  return definition.blocks as readonly Block[];
}

/** The open modals of a person, the one on top last. */
export function modalsOf(workspace: Workspace, user: string): readonly StoredView[] {
  return workspace.views.filter((view) => view.user === user && view.type === "modal");
}

/** Shows a new view to a person: on top of the modal `below`, or by itself. */
export function addView(
  workspace: Workspace,
  user: string,
  definition: ViewDefinition,
  below: StoredView | undefined = undefined,
): StoredView {
  const id = randomId("V");
  const view: StoredView = {
    id,
    user,
    type: definition.type,
    root: below?.root ?? id,
    previous: below?.id,
    hash: newHash(),
    definition,
    errors: {},
  };
  workspace.views.push(view);
  workspace.changed();
  return view;
}

export function replaceView(workspace: Workspace, view: StoredView, definition: ViewDefinition): void {
  view.definition = definition;
  view.hash = newHash();
  view.errors = {};
  workspace.changed();
}

export function removeViews(workspace: Workspace, views: readonly StoredView[]): void {
  for (const view of views) workspace.views.splice(workspace.views.indexOf(view), 1);
  workspace.changed();
}

function newHash(): string {
  return `${Math.floor(Date.now() / 1_000)}.${randomId("").slice(0, 8).toLowerCase()}`;
}
