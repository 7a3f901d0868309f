import { z } from "zod";
import type { MessageMetadata } from "../workspace.ts";
import type { Arguments } from "./answer.ts";

const format = z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) });

export type GivenMetadata =
  | { readonly metadata: MessageMetadata | undefined; readonly warning?: string }
  | { readonly error: string };

/**
 * The metadata that came with a message. A wrong event_type is only warned of, and the metadata is dropped.
 * Source: https://docs.slack.dev/messaging/message-metadata
 */
export function metadataOf(given: Arguments): GivenMetadata {
  const value = given["metadata"];
  if (value === undefined) return { metadata: undefined };
  const parsed = format.safeParse(value);
  if (!parsed.success) return { error: "invalid_metadata_format" };
  if (!/^[\w-]+$/.test(parsed.data.event_type)) return { metadata: undefined, warning: "invalid_metadata_schema" };
  return { metadata: parsed.data };
}

/** An empty object takes the metadata of a message away. Source: https://docs.slack.dev/reference/methods/chat.update */
export function removesMetadata(given: Arguments): boolean {
  return z.strictObject({}).safeParse(given["metadata"]).success;
}

/** How Slack tells of a warning in an answer. */
export function warned(warning: string | undefined): Readonly<Record<string, unknown>> {
  return warning === undefined ? {} : { warning, response_metadata: { warnings: [warning] } };
}
