import { expect } from "vitest";
import { z } from "zod";
import { blockProblems } from "../../../sandbox/slack/block-kit.ts";

/** No container and no table outside messages. Source: the "available in surfaces" of the blocks' documentation pages. */
const messageOnly = ["container", "table"];
const markedUp = z.object({ type: z.literal("mrkdwn"), text: z.string(), verbatim: z.literal(true).optional() });

/** Fails unless Slack would take the blocks, and every text in them is escaped and harmless. */
export function expectSlackTakes(blocks: readonly { readonly type: string }[], surface: "message" | "modal"): void {
  expect(blockProblems(blocks, surface)).toEqual([]);
  if (surface === "modal") expect(blocks.filter(({ type }) => messageOnly.includes(type))).toEqual([]);
  for (const text of mrkdwnOf(blocks)) {
    // Without it Slack makes links and mentions of its own out of plain words.
    expect(text.verbatim).toBe(true);
    expectEscaped(text.text);
  }
}

/** Fails when Slack would read a mention, a link or half an entity in the text, or a terminal a command. */
export function expectEscaped(text: string): void {
  const bare = text.replaceAll(/<!date\^\d+\^\{date_short_pretty\} \{time_secs\}\|[^<>|]*>/g, "");
  expect(bare).not.toMatch(/[<>]/);
  expect(bare).not.toMatch(/&(?!(amp|lt|gt);)/);
  expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
}

/** Every string of the value, however deep. */
export function strings(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(strings);
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(strings) : [];
}

/** Every text that Slack formats. */
export function mrkdwnOf(value: unknown): readonly z.infer<typeof markedUp>[] {
  const parsed = markedUp.safeParse(value);
  if (parsed.success) return [parsed.data];
  if (Array.isArray(value)) return value.flatMap(mrkdwnOf);
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(mrkdwnOf) : [];
}
