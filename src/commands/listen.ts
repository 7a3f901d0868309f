import type { App, BlockAction, ButtonAction, StaticSelectAction, ViewSubmitAction } from "@slack/bolt";
import type { Asked } from "./delivery/answer.ts";
import { openResponseUrl } from "./delivery/response-url.ts";
import type { Posted } from "./delivery/sender.ts";

/** Acks, then works; each delivery once. */
export type Handle = (
  what: string,
  ack: () => Promise<void>,
  identity: string,
  work: () => Promise<void>,
) => Promise<void>;

/** A button was pressed, or something was chosen from a menu; already acknowledged. */
export interface Pressed extends Asked {
  /** Of the button, or of what was chosen. */
  readonly value: string | undefined;
  /** Lives three seconds. */
  readonly triggerId: string;
  /** The posted message it is under; undefined under an ephemeral one, in a dialog and in the App Home. */
  readonly message: Posted | undefined;
  /** The dialog it is in, with what that was opened with. */
  readonly view: { readonly id: string; readonly privateMetadata: string } | undefined;
}

/** Listens to one button or menu, or to those whose names match. */
export function onPress(
  app: App,
  handle: Handle,
  id: string | RegExp,
  work: (pressed: Pressed) => Promise<void>,
): void {
  app.action<BlockAction<ButtonAction | StaticSelectAction>>(
    { type: "block_actions", action_id: id },
    ({ body, action, ack }) =>
      handle(
        action.action_id,
        () => ack(),
        `action:${action.action_ts}:${body.user.id}:${action.action_id}`,
        () => work(pressedOf(body, action)),
      ),
  );
}

/** Listens to a dialog that is sent off; a second delivery of it is none. */
export function onSubmit(
  app: App,
  handle: Handle,
  callbackId: string,
  work: (view: ViewSubmitAction["view"], user: string) => Promise<void>,
): void {
  app.view<ViewSubmitAction>(callbackId, ({ body, view, ack }) =>
    handle(
      callbackId,
      () => ack(),
      `view:${view.id}:${view.hash}:${body.user.id}`,
      () => work(view, body.user.id),
    ),
  );
}

function pressedOf(
  body: BlockAction<ButtonAction | StaticSelectAction>,
  action: ButtonAction | StaticSelectAction,
): Pressed {
  const { container, user, channel } = body;
  const ts = container["is_ephemeral"] === true ? undefined : container["message_ts"];
  return {
    user: user.id,
    // From the App Home and from a dialog there is no channel; what has to be said goes to the person.
    channel: channel?.id ?? user.id,
    responseUrl: openResponseUrl(body.response_url),
    value: "selected_option" in action ? action.selected_option.value : action.value,
    triggerId: body.trigger_id,
    message: typeof ts === "string" && channel !== undefined ? { channel: channel.id, ts } : undefined,
    view: body.view === undefined ? undefined : { id: body.view.id, privateMetadata: body.view.private_metadata },
  };
}
