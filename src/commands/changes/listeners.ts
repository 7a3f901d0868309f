import type { App } from "@slack/bolt";
import { z } from "zod";
import { type Handle, onPress, onSubmit } from "../listen.ts";
import {
  onApprove,
  onAskAgain,
  onAskWhy,
  onCancel,
  onReason,
  onRerun,
  onRunDetails,
  type RunClick,
} from "./on-click.ts";
import { readRunButton, reasonViewIds, runActionIds } from "./run-buttons.ts";
import type { ChangeDeps } from "./surface.ts";

const reasonSchema = z.object({ run: z.string(), digest: z.string(), channel: z.string() });

const buttons: Readonly<Record<string, (deps: ChangeDeps, click: RunClick) => Promise<void>>> = {
  [runActionIds.approve]: onApprove,
  [runActionIds.reject]: (deps, click) => onAskWhy(deps, click, "reject"),
  [runActionIds.breakGlass]: (deps, click) => onAskWhy(deps, click, "breakGlass"),
  [runActionIds.cancel]: onCancel,
  [runActionIds.details]: onRunDetails,
  [runActionIds.rerun]: onRerun,
  [runActionIds.again]: onAskAgain,
};

/** The buttons and dialogs of the runs' cards. */
export function listenToCards(app: App, deps: ChangeDeps, handle: Handle, outdated: string): void {
  for (const [id, listener] of Object.entries(buttons)) {
    onPress(app, handle, id, async (pressed) => {
      const value = readRunButton(pressed.value);
      if (value !== undefined) return await listener(deps, { ...pressed, value });
      await pressed.responseUrl.send({ response_type: "ephemeral", replace_original: false, text: outdated });
    });
  }
  for (const [id, choice] of [
    [reasonViewIds.reject, "reject"],
    [reasonViewIds.breakGlass, "break-glass"],
  ] as const) {
    onSubmit(app, handle, id, async (view, user) => {
      const value = reasonSchema.parse(JSON.parse(view.private_metadata));
      const reason = view.state.values["reason"]?.["reason"]?.value ?? "";
      await onReason(deps, user, value, choice, reason);
    });
  }
}
