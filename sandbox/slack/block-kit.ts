import { z } from "zod";

/**
 * Slack's rules for blocks, as strict schemas: unknown fields and types are refused, every documented length holds.
 * Sources: https://docs.slack.dev/reference/block-kit/blocks and /block-elements, /composition-objects; @slack/types.
 */

export type Surface = "message" | "modal" | "home";

const text = (max: number) => z.string().min(1).max(max);
const plainText = (max: number) =>
  z.strictObject({ type: z.literal("plain_text"), text: text(max), emoji: z.boolean().optional() });
const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal("mrkdwn"), text: text(max), verbatim: z.boolean().optional() });
const anyText = (max: number) => z.union([plainText(max), mrkdwn(max)]);
const identifier = z.string().min(1).max(255);

const confirm = z.strictObject({
  title: plainText(100),
  text: anyText(300),
  confirm: plainText(30),
  deny: plainText(30),
  style: z.enum(["primary", "danger"]).optional(),
});
const option = z.strictObject({
  text: anyText(75),
  value: text(150),
  description: anyText(75).optional(),
  url: text(3_000).optional(),
});
const optionGroup = z.strictObject({ label: plainText(75), options: z.array(option).min(1).max(100) });
const interactive = { action_id: identifier, confirm: confirm.optional(), focus_on_load: z.boolean().optional() };
const placeholder = plainText(150).optional();

const button = z.strictObject({
  type: z.literal("button"),
  action_id: identifier.optional(),
  text: plainText(75),
  value: text(2_000).optional(),
  url: text(3_000).optional(),
  style: z.enum(["primary", "danger"]).optional(),
  confirm: confirm.optional(),
  accessibility_label: text(75).optional(),
});
const staticSelect = z
  .strictObject({
    type: z.literal("static_select"),
    ...interactive,
    placeholder,
    options: z.array(option).min(1).max(100).optional(),
    option_groups: z.array(optionGroup).min(1).max(100).optional(),
    initial_option: option.optional(),
  })
  .refine(
    (element) => (element.options === undefined) !== (element.option_groups === undefined),
    "needs options or option_groups",
  );
const pickers = (["users_select", "conversations_select", "channels_select"] as const).map((type) =>
  z.strictObject({ type: z.literal(type), ...interactive, placeholder }),
);
const overflow = z.strictObject({
  type: z.literal("overflow"),
  action_id: identifier,
  options: z.array(option).min(1).max(5),
  confirm: confirm.optional(),
});
const checkboxes = z.strictObject({
  type: z.literal("checkboxes"),
  ...interactive,
  options: z.array(option).min(1).max(10),
  initial_options: z.array(option).optional(),
});
const radios = z.strictObject({
  type: z.literal("radio_buttons"),
  ...interactive,
  options: z.array(option).min(1).max(10),
  initial_option: option.optional(),
});
const textInput = z.strictObject({
  type: z.literal("plain_text_input"),
  action_id: identifier,
  placeholder,
  initial_value: z.string().max(3_000).optional(),
  multiline: z.boolean().optional(),
  min_length: z.number().int().min(0).max(3_000).optional(),
  max_length: z.number().int().min(1).max(3_000).optional(),
  focus_on_load: z.boolean().optional(),
  dispatch_action_config: z.strictObject({ trigger_actions_on: z.array(z.string()) }).optional(),
});
const numberInput = z.strictObject({
  type: z.literal("number_input"),
  action_id: identifier,
  placeholder,
  is_decimal_allowed: z.boolean(),
  initial_value: z.string().optional(),
  min_value: z.string().optional(),
  max_value: z.string().optional(),
  focus_on_load: z.boolean().optional(),
});
const image = z.strictObject({ type: z.literal("image"), image_url: text(3_000), alt_text: text(2_000) });

const actionElement = z.union([button, staticSelect, ...pickers, overflow, checkboxes, radios]);
const inputElement = z.union([textInput, numberInput, staticSelect, ...pickers, checkboxes, radios]);

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

const viewSchema = z.strictObject({
  type: z.enum(["modal", "home"]),
  title: plainText(24).optional(),
  submit: plainText(24).optional(),
  close: plainText(24).optional(),
  blocks: z.array(z.unknown()),
  private_metadata: z.string().max(3_000).optional(),
  callback_id: z.string().max(255).optional(),
  external_id: z.string().max(255).optional(),
  clear_on_close: z.boolean().optional(),
  notify_on_close: z.boolean().optional(),
  submit_disabled: z.boolean().optional(),
});

export type ViewDefinition = z.infer<typeof viewSchema>;

/** Parses a view, or says what Slack would refuse: `invalid_arguments` with json-pointers. Limit of the whole: 250 KB. */
export function parseView(
  value: unknown,
): { readonly view: ViewDefinition } | { readonly problems: readonly string[] } {
  const parsed = viewSchema.safeParse(value);
  if (!parsed.success)
    return {
      problems: parsed.error.issues.map((issue) => `${issue.message} [json-pointer:/view/${issue.path.join("/")}]`),
    };
  const { data } = parsed;
  const problems = blockProblems(data.blocks, data.type).map(({ message }) =>
    message.replace("[json-pointer:", "[json-pointer:/view"),
  );
  if (data.type === "modal" && data.title === undefined)
    problems.push("missing required field: title [json-pointer:/view]");
  const hasInput = data.blocks.some((block) => typeOf(block) === "input");
  if (data.type === "modal" && hasInput && data.submit === undefined)
    problems.push("a modal with input blocks needs submit [json-pointer:/view/submit]");
  if (JSON.stringify(data).length > 250_000) problems.push("view_too_large");
  return problems.length > 0 ? { problems } : { view: data };
}
