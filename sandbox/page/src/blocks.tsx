import { Message, type Block as SlackBlock } from "slack-blocks-to-jsx";
import type { ActionInput, Block, PageState } from "../../slack/page-api.ts";
import { Actions } from "./actions.tsx";

/** Where blocks are, for the actions in them. */
export type Source = Pick<ActionInput, "message" | "view_id">;

interface Props {
  readonly state: PageState;
  readonly blocks: readonly Block[];
  readonly source: Source;
}

/** Blocks as Slack shows them. The renderer draws; what a person can act on is ours, so that it does act. */
export function Blocks({ state, blocks, source }: Props) {
  return (
    <div className="flex flex-col gap-1">
      {runs(blocks).map((run) =>
        run.acts ? (
          <Actions key={run.key} state={state} block={run.blocks[0] ?? { type: "actions" }} source={source} />
        ) : (
          <div key={run.key} className="min-w-0 overflow-x-auto">
            <Message
              theme="light"
              withoutWrapper
              logo=""
              name=""
              hooks={{ emoji: (emoji, parse) => parse(emoji) || `:${emoji.name}:` }}
              blocks={run.blocks.map(formatted) as unknown as SlackBlock[]}
              data={{
                users: state.people.map(({ id, real_name }) => ({ id, name: real_name })),
                channels: state.channels.map(({ id, name }) => ({ id, name })),
              }}
            />
          </div>
        ),
      )}
    </div>
  );
}

interface Run {
  readonly key: string;
  readonly acts: boolean;
  readonly blocks: readonly Block[];
}

/** Neighbours of the same kind together, so that the renderer keeps its own spacing. */
function runs(blocks: readonly Block[]): readonly Run[] {
  const result: { key: string; acts: boolean; blocks: Block[] }[] = [];
  for (const [index, block] of blocks.entries()) {
    const acts = block.type === "actions";
    const last = result.at(-1);
    if (!acts && last !== undefined && !last.acts) last.blocks.push(block);
    else result.push({ key: String(index), acts, blocks: [block] });
  }
  return result;
}

/**
 * Two things that the renderer reads otherwise than Slack: `verbatim`, which there only stops links from being made of
 * URLs and names, and shortcodes, of which it misses some and sees others in times of day.
 * Source: https://docs.slack.dev/reference/block-kit/composition-objects/text-object
 */
function formatted(value: unknown): unknown {
  if (typeof value === "string")
    return value.replace(/:(large_\w+_circle|white_circle|red_circle):/g, (code, name) => circles[name] ?? code);
  if (Array.isArray(value)) return value.map(formatted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (key === "verbatim" ? [] : [[key, formatted(inner)]])),
  );
}

const circles: Readonly<Record<string, string>> = {
  large_green_circle: "🟢",
  large_yellow_circle: "🟡",
  white_circle: "⚪",
  red_circle: "🔴",
};
