import { z } from "zod";
import { actionElement, anyText, identifier, image, inputElement, plainText, text } from "./block-elements.ts";

/**
 * Slack's rules for blocks, as strict schemas: unknown fields and types are refused, every documented length holds.
 * Source: https://docs.slack.dev/reference/block-kit/blocks; @slack/types.
 */

export type Surface = "message" | "modal" | "home";

const id = { block_id: identifier.optional() };
const section = z
  .strictObject({
    type: z.literal("section"),
    ...id,
    text: anyText(3_000).optional(),
    fields: z.array(anyText(2_000)).min(1).max(10).optional(),
    accessory: z.union([actionElement, image]).optional(),
    expand: z.boolean().optional(),
  })
  .refine((block) => block.text !== undefined || block.fields !== undefined, "must provide text or fields");
const actions = z.strictObject({ type: z.literal("actions"), ...id, elements: z.array(actionElement).min(1).max(25) });
const context = z.strictObject({
  type: z.literal("context"),
  ...id,
  elements: z
    .array(z.union([image, anyText(2_000)]))
    .min(1)
    .max(10),
});
const divider = z.strictObject({ type: z.literal("divider"), ...id });
const header = z.strictObject({ type: z.literal("header"), ...id, text: plainText(150), level: z.number().optional() });
const imageBlock = z.strictObject({
  type: z.literal("image"),
  ...id,
  image_url: text(3_000).optional(),
  slack_file: z.strictObject({ id: z.string().optional(), url: z.string().optional() }).optional(),
  alt_text: text(2_000),
  title: plainText(2_000).optional(),
});
const input = z.strictObject({
  type: z.literal("input"),
  ...id,
  label: plainText(2_000),
  element: inputElement,
  hint: plainText(2_000).optional(),
  optional: z.boolean().optional(),
  dispatch_action: z.boolean().optional(),
});
const richText = z.strictObject({
  type: z.literal("rich_text"),
  ...id,
  elements: z.array(
    z.looseObject({
      type: z.enum(["rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"]),
    }),
  ),
});
const cell = z.union([
  z.strictObject({ type: z.literal("raw_text"), text: text(2_000) }),
  z.strictObject({ type: z.literal("raw_number"), value: z.number(), text: z.string().optional() }),
  richText,
]);
const table = z.strictObject({
  type: z.literal("table"),
  ...id,
  rows: z.array(z.array(cell).min(1).max(20)).min(1).max(100),
  column_settings: z
    .array(
      z.strictObject({ align: z.enum(["left", "center", "right"]).optional(), is_wrapped: z.boolean().optional() }),
    )
    .max(20)
    .optional(),
});
const markdown = z.strictObject({ type: z.literal("markdown"), ...id, text: text(12_000) });
const file = z.strictObject({ type: z.literal("file"), ...id, external_id: z.string(), source: z.literal("remote") });
const container = z
  .strictObject({
    type: z.literal("container"),
    ...id,
    title: plainText(150).optional(),
    rich_text_title: richText.optional(),
    subtitle: anyText(150).optional(),
    child_blocks: z
      .array(z.union([actions, context, divider, header, imageBlock, input, richText, section, table]))
      .min(1)
      .max(10),
    width: z.enum(["narrow", "standard", "wide", "full"]).optional(),
    icon: image.optional(),
    is_collapsible: z.boolean().optional(),
    default_collapsed: z.boolean().optional(),
    has_header_divider: z.boolean().optional(),
  })
  .refine((block) => block.title !== undefined || block.rich_text_title !== undefined, "needs a title")
  .refine(
    (block) => block.default_collapsed !== true || block.is_collapsible === true,
    "default_collapsed needs is_collapsible",
  );

const schemas = {
  section,
  actions,
  context,
  divider,
  header,
  image: imageBlock,
  input,
  rich_text: richText,
  table,
  markdown,
  file,
  container,
} as const;
const limits: Readonly<Record<Surface, number>> = { message: 50, modal: 100, home: 100 };
/** Undocumented; measured by others near 13,200 (bolt-js#2509). */
const messageCharacters = 13_200;

export interface BlockProblem {
  /** Slack's error code. */
  readonly error: "invalid_blocks" | "msg_blocks_too_long" | "invalid_blocks_format";
  /** What Slack puts into response_metadata.messages. */
  readonly message: string;
}

/** What Slack would refuse in these blocks; empty when it takes them. */
export function blockProblems(blocks: unknown, surface: Surface): readonly BlockProblem[] {
  if (!Array.isArray(blocks)) return [{ error: "invalid_blocks_format", message: "blocks must be an array" }];
  const problems: BlockProblem[] = [];
  const refuse = (message: string) => problems.push({ error: "invalid_blocks", message: `[ERROR] ${message}` });
  if (blocks.length > limits[surface]) refuse(`no more than ${limits[surface]} items allowed [json-pointer:/blocks]`);
  for (const [index, block] of blocks.entries()) {
    const type = typeOf(block);
    if (!(type in schemas)) {
      refuse(`unsupported type: ${type} [json-pointer:/blocks/${index}/type]`);
      continue;
    }
    const parsed = schemas[type as keyof typeof schemas].safeParse(block);
    for (const issue of parsed.error?.issues.slice(0, 3) ?? [])
      refuse(`${issue.message} [json-pointer:/blocks/${[index, ...issue.path].join("/")}]`);
    if (type === "input" && surface === "message")
      refuse(`unsupported type: input in messages [json-pointer:/blocks/${index}/type]`);
  }
  if (blocks.filter((block) => typeOf(block) === "table").length > 1) refuse("only_one_table_allowed");
  for (const repeated of duplicates(blocks.flatMap(blockIds))) refuse(`duplicate block_id: ${repeated}`);
  for (const repeated of blocks.flatMap((block) => duplicates(actionIdsOf(block))))
    refuse(`duplicate action_id: ${repeated}`);
  if (surface === "message" && problems.length === 0 && characters(blocks) > messageCharacters)
    problems.push({ error: "msg_blocks_too_long", message: `blocks hold ${characters(blocks)} characters` });
  return problems;
}

function typeOf(block: unknown): string {
  return block !== null && typeof block === "object" && "type" in block ? String(block.type) : "undefined";
}

function blockIds(block: unknown): readonly string[] {
  return block !== null && typeof block === "object" && "block_id" in block ? [String(block.block_id)] : [];
}

function actionIdsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(actionIdsOf);
  if (value === null || typeof value !== "object") return [];
  const own = "action_id" in value ? [String(value.action_id)] : [];
  return [...own, ...Object.values(value).flatMap(actionIdsOf)];
}

function duplicates(values: readonly string[]): readonly string[] {
  return [...new Set(values.filter((value, i) => values.indexOf(value) !== i))];
}

function characters(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + characters(item), 0);
  if (value !== null && typeof value === "object")
    return Object.values(value).reduce((sum: number, item) => sum + characters(item), 0);
  return 0;
}
