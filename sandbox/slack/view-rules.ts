import { z } from "zod";
import { identifier, plainText } from "./block-elements.ts";
import { blockProblems } from "./block-kit.ts";

const maximumBytes = 250_000;

const common = {
  blocks: z.array(z.unknown()),
  private_metadata: z.string().max(3_000).optional(),
  callback_id: z.string().max(255).optional(),
  external_id: identifier.optional(),
};
const schemas = {
  modal: z.strictObject({
    type: z.literal("modal"),
    ...common,
    title: plainText(24),
    submit: plainText(24).optional(),
    close: plainText(24).optional(),
    clear_on_close: z.boolean().optional(),
    notify_on_close: z.boolean().optional(),
    submit_disabled: z.boolean().optional(),
  }),
  home: z.strictObject({ type: z.literal("home"), ...common }),
} as const;

export type ViewDefinition = z.infer<(typeof schemas)["modal"]> | z.infer<(typeof schemas)["home"]>;
export interface ViewProblem {
  /** Slack's error code. */
  readonly error: "invalid_arguments" | "view_too_large";
  /** What Slack puts into response_metadata.messages. */
  readonly messages: readonly string[];
}

/**
 * Parses a view of this type, or says what Slack would refuse.
 * Sources: https://docs.slack.dev/reference/views/modal-views and /home-tab-views
 */
export function parseView(
  value: unknown,
  type: "modal" | "home",
): { readonly view: ViewDefinition } | { readonly problem: ViewProblem } {
  const refused = (messages: readonly string[]) => ({ problem: { error: "invalid_arguments" as const, messages } });
  const parsed = schemas[type].safeParse(value);
  if (!parsed.success)
    return refused(parsed.error.issues.map(({ message, path }) => pointed(message, ["view", ...path.map(String)])));
  const { data } = parsed;
  if (Buffer.byteLength(JSON.stringify(data)) > maximumBytes)
    return { problem: { error: "view_too_large", messages: [] } };
  const problems = blockProblems(data.blocks, type).map(({ message }) =>
    message.replace("[json-pointer:", "[json-pointer:/view"),
  );
  const hasInput = data.blocks.some((block) => z.object({ type: z.literal("input") }).safeParse(block).success);
  if (data.type === "modal" && hasInput && data.submit === undefined)
    problems.push(pointed("a modal with input blocks needs submit", ["view", "submit"]));
  return problems.length > 0 ? refused(problems) : { view: data };
}

function pointed(message: string, path: readonly string[]): string {
  return `[ERROR] ${message} [json-pointer:/${path.join("/")}]`;
}
