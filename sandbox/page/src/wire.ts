import { z } from "zod";
import type { FaultState, Outcome, PageState } from "../../slack/page-api.ts";

// The page's policy allows no code made from strings, which would be a little faster here.
z.config({ jitless: true });

/** What the simulation sends, checked before anything is drawn. Unknown fields of blocks stay: other code reads them. */
const block = z.looseObject({ type: z.string() });

const person = z.object({
  id: z.string(),
  name: z.string(),
  real_name: z.string(),
  part: z.string(),
  is_bot: z.boolean(),
});

const channel = z.object({
  id: z.string(),
  name: z.string(),
  is_im: z.boolean(),
  is_member: z.boolean(),
  bot_is_member: z.boolean(),
});

const file = z.object({
  id: z.string(),
  name: z.string(),
  title: z.string(),
  mimetype: z.string(),
  size: z.number(),
  url: z.string(),
  preview: z.string().exactOptional(),
});

const message = z.object({
  channel: z.string(),
  ts: z.string(),
  thread_ts: z.string().exactOptional(),
  user: z.string(),
  text: z.string(),
  blocks: z.array(block),
  ephemeral: z.boolean(),
  edited: z.boolean(),
  files: z.array(file),
  reply_count: z.number(),
});

const view = z.object({
  id: z.string(),
  type: z.enum(["modal", "home"]),
  title: z.string(),
  submit: z.string().exactOptional(),
  close: z.string().exactOptional(),
  blocks: z.array(block),
  errors: z.record(z.string(), z.string()),
});

export const pageStateSchema: z.ZodType<PageState> = z.object({
  me: z.string(),
  people: z.array(person),
  channels: z.array(channel),
  groups: z.array(z.object({ id: z.string(), handle: z.string() })),
  messages: z.array(message),
  modals: z.array(view),
  home: view.exactOptional(),
  commands: z.array(z.object({ command: z.string(), description: z.string(), usage_hint: z.string() })),
  bot_online: z.boolean(),
});

export const outcomeSchema: z.ZodType<Outcome> = z.object({ ok: z.boolean(), error: z.string().exactOptional() });

export const faultsSchema: z.ZodType<readonly FaultState[]> = z.array(
  z.object({ name: z.string(), title: z.string(), description: z.string(), on: z.boolean() }),
);
