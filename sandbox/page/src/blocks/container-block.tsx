import { ChevronRight } from "lucide-react";
import { Collapsible } from "radix-ui";
import { type ReactNode, useState } from "react";
import { z } from "zod";
import { textSchema } from "../../../slack/elements/schema.ts";
import type { Block } from "../../../slack/page-api.ts";
import { withEmoji } from "../text/emoji.ts";
import { SlackText } from "../text/slack-text.tsx";
import { imageSchema, Picture } from "./image-block.tsx";
import { Unreadable } from "./unreadable.tsx";

const schema = z.object({
  title: textSchema.optional(),
  rich_text_title: z.unknown().optional(),
  subtitle: textSchema.optional(),
  icon: imageSchema.optional(),
  child_blocks: z.array(z.looseObject({ type: z.string() })),
  is_collapsible: z.boolean().optional(),
  default_collapsed: z.boolean().optional(),
  has_header_divider: z.boolean().optional(),
});
type Container = z.infer<typeof schema>;

interface Props {
  readonly block: Block;
  /** Draws the blocks inside; given, because blocks know containers. */
  readonly children: (blocks: readonly Block[]) => ReactNode;
}

/** A titled group of blocks, which may fold. What the reader opened stays open when the message is updated. */
export function ContainerBlock({ block, children }: Props) {
  const container = schema.safeParse(block).data;
  const [open, setOpen] = useState(container?.default_collapsed !== true);
  if (container === undefined) return <Unreadable type={block.type} />;
  const content = <div className="px-3 pt-0.5 pb-3">{children(container.child_blocks)}</div>;
  const divider = container.has_header_divider === true && open ? "border-b border-line mb-2" : "";
  if (container.is_collapsible !== true)
    return (
      <section className="rounded-lg border border-line">
        <div className={`px-3 py-2 ${divider}`}>
          <Heading container={container} />
        </div>
        {content}
      </section>
    );
  return (
    <Collapsible.Root open={open} onOpenChange={setOpen} className="rounded-lg border border-line">
      <Collapsible.Trigger
        className={`group flex w-full items-center gap-2 rounded-lg px-3 py-2 text-left hover:bg-subtle ${divider}`}
      >
        <ChevronRight
          aria-hidden
          className="size-4 shrink-0 text-muted transition-transform group-data-[state=open]:rotate-90"
        />
        <Heading container={container} />
      </Collapsible.Trigger>
      <Collapsible.Content>{content}</Collapsible.Content>
    </Collapsible.Root>
  );
}

function Heading({ container }: { readonly container: Container }) {
  const { icon, title, subtitle, rich_text_title } = container;
  return (
    <span className="flex min-w-0 flex-1 items-center gap-2">
      {icon === undefined ? null : <Picture image={icon} className="size-5 rounded object-cover" />}
      <span className="min-w-0 flex-1">
        <span className="block font-bold wrap-anywhere">
          {title === undefined ? plainText(rich_text_title) : withEmoji(title.text)}
        </span>
        {subtitle === undefined ? null : (
          <span className="block text-[13px] text-muted">
            <SlackText text={subtitle} />
          </span>
        )}
      </span>
    </span>
  );
}

/** The words of a rich text, for a place that is a button and may hold no blocks. */
function plainText(value: unknown): string {
  if (Array.isArray(value)) return value.map(plainText).join("");
  const node = z.looseObject({ text: z.string().optional(), elements: z.unknown().optional() }).safeParse(value).data;
  return node?.text ?? (node?.elements === undefined ? "" : plainText(node.elements));
}
