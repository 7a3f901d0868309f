import type { InstalledApp } from "../installed-app.ts";
import type { Tickets } from "../tickets.ts";
import { parseView, type ViewProblem } from "../view-rules.ts";
import { addView, modalsOf, removeViews, replaceView, stackLimit, viewPayload } from "../views.ts";
import type { StoredView, Workspace } from "../workspace.ts";
import { type Arguments, type Method, no, textOf } from "./answer.ts";

/** The views.* methods. */
export function viewMethods(workspace: Workspace, tickets: Tickets, app: InstalledApp) {
  const refused = ({ error, messages }: ViewProblem) => (messages.length === 0 ? no(error) : no(error, messages));
  const shown = (view: StoredView) => ({ ok: true, view: viewPayload(workspace, view) });
  /** An external id names one view of the whole team. */
  const isTaken = (externalId: string | undefined, own: StoredView | undefined) =>
    externalId !== undefined &&
    workspace.views.some((view) => view !== own && view.definition.external_id === externalId);
  const conflicts = (given: Arguments, view: StoredView | undefined) => {
    const hash = textOf(given, "hash");
    return hash !== undefined && hash !== view?.hash;
  };

  const openOn =
    (place: "alone" | "top"): Method =>
    (given) => {
      const parsed = parseView(given["view"], "modal");
      if ("problem" in parsed) return refused(parsed.problem);
      const trigger = tickets.takeTrigger(String(given["trigger_id"] ?? ""));
      if ("error" in trigger) return no(trigger.error);
      const open = modalsOf(workspace, trigger.user);
      if (place === "top" && open.length >= stackLimit) return no("push_limit_reached");
      if (isTaken(parsed.view.external_id, undefined)) return no("duplicate_external_id");
      if (place === "alone") removeViews(workspace, open);
      return shown(addView(workspace, trigger.user, parsed.view, place === "top" ? open.at(-1) : undefined));
    };
  const update: Method = (given) => {
    const parsed = parseView(given["view"], "modal");
    if ("problem" in parsed) return refused(parsed.problem);
    const [id, externalId] = [textOf(given, "view_id"), textOf(given, "external_id")];
    if (id === undefined && externalId === undefined) return no("invalid_arguments", ["[ERROR] missing view_id"]);
    const view = workspace.views.find((candidate) =>
      id === undefined ? candidate.definition.external_id === externalId : candidate.id === id,
    );
    // The home tab is only published, never updated.
    if (view?.type !== "modal") return no("not_found");
    if (conflicts(given, view)) return no("hash_conflict");
    if (isTaken(parsed.view.external_id, view)) return no("duplicate_external_id");
    replaceView(workspace, view, parsed.view);
    return shown(view);
  };
  const publish: Method = (given) => {
    if (!app.homeTab) return no("not_enabled");
    const user = textOf(given, "user_id");
    // Slack's word for a person who is not there (bolt-python#954).
    if (user === undefined || !workspace.people.some(({ id, is_bot }) => id === user && !is_bot))
      return no("invalid_arguments", ["[ERROR] invalid `user_id`"]);
    const parsed = parseView(given["view"], "home");
    if ("problem" in parsed) return refused(parsed.problem);
    const old = workspace.views.find((view) => view.user === user && view.type === "home");
    if (conflicts(given, old)) return no("hash_conflict");
    if (isTaken(parsed.view.external_id, old)) return no("duplicate_external_id");
    // Each person has one home view, which keeps its id.
    if (old === undefined) return shown(addView(workspace, user, parsed.view));
    replaceView(workspace, old, parsed.view);
    return shown(old);
  };
  return { open: openOn("alone"), push: openOn("top"), update, publish };
}
