import { z } from "zod";
import { parseView } from "./view-rules.ts";
import { addView, blocksOf, modalsOf, removeViews, replaceView, stackLimit } from "./views.ts";
import type { StoredView, Workspace } from "./workspace.ts";

const answerSchema = z.discriminatedUnion("response_action", [
  z.object({ response_action: z.literal("errors"), errors: z.record(z.string(), z.string().min(1)) }),
  z.object({ response_action: z.literal("update"), view: z.unknown() }),
  z.object({ response_action: z.literal("push"), view: z.unknown() }),
  z.object({ response_action: z.literal("clear") }),
]);
const trouble = "We had some trouble connecting. Try again?";

/**
 * Does what the app answers to a submission; returns what the person is told when the dialog stays as it is.
 * Source: https://docs.slack.dev/surfaces/modals#response_actions
 */
export function answerSubmission(workspace: Workspace, view: StoredView, body: unknown): string | undefined {
  // An empty ack closes this view, and the one below it is seen again.
  if (body === undefined || z.strictObject({}).safeParse(body).success) {
    removeViews(workspace, [view]);
    return undefined;
  }
  const answer = answerSchema.safeParse(body).data;
  if (answer === undefined) return trouble;
  if (answer.response_action === "clear") {
    removeViews(workspace, modalsOf(workspace, view.user));
    return undefined;
  }
  if (answer.response_action === "errors") {
    const inputs = blocksOf(view).filter(({ type }) => type === "input");
    const known = Object.keys(answer.errors).every((id) => inputs.some((block) => block["block_id"] === id));
    // Slack shows an error only at an input block; for any other it says that something went wrong.
    if (!known || Object.keys(answer.errors).length === 0) return trouble;
    view.errors = answer.errors;
    workspace.changed();
    return "The form has mistakes.";
  }
  const parsed = parseView(answer.view, "modal");
  if ("problem" in parsed) return trouble;
  const { external_id } = parsed.view;
  const own = answer.response_action === "update" ? view : undefined;
  // An external id names one view of the whole team.
  const isTaken = workspace.views.some((other) => other !== own && other.definition.external_id === external_id);
  if (external_id !== undefined && isTaken) return trouble;
  if (answer.response_action === "update") replaceView(workspace, view, parsed.view);
  else if (modalsOf(workspace, view.user).length >= stackLimit) return trouble;
  else addView(workspace, view.user, parsed.view, view);
  return undefined;
}
