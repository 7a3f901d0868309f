import type { App, BlockAction, ButtonAction, ViewSubmitAction } from "@slack/bolt";
import { z } from "zod";
import { openResponseUrl } from "../delivery/response-url.ts";
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

/** Acks, then works; each delivery once. */
export type Handle = (
  what: string,
  ack: () => Promise<void>,
  identity: string,
  work: () => Promise<void>,
) => Promise<void>;

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
    app.action<BlockAction<ButtonAction>>({ type: "block_actions", action_id: id }, ({ body, action, ack }) =>
      handle(
        id,
        () => ack(),
        `action:${action.action_ts}:${body.user.id}:${id}`,
        async () => {
          const responseUrl = openResponseUrl(body.response_url);
          const value = readRunButton(action.value);
          if (value === undefined) {
            return responseUrl.send({ response_type: "ephemeral", replace_original: false, text: outdated });
          }
          // From the App Home there is no channel; what has to be said goes to the person.
          const channel = body.channel?.id ?? body.user.id;
          await listener(deps, { user: body.user.id, channel, responseUrl, value, triggerId: body.trigger_id });
        },
      ),
    );
  }
  for (const [id, choice] of [
    [reasonViewIds.reject, "reject"],
    [reasonViewIds.breakGlass, "break-glass"],
  ] as const) {
    app.view<ViewSubmitAction>(id, ({ body, view, ack }) =>
      handle(
        id,
        () => ack(),
        `view:${view.id}:${view.hash}:${body.user.id}`,
        async () => {
          const value = reasonSchema.parse(JSON.parse(view.private_metadata));
          const reason = view.state.values["reason"]?.["reason"]?.value ?? "";
          await onReason(deps, body.user.id, value, choice, reason);
        },
      ),
    );
  }
}
