import { z } from "zod";
import { textSchema } from "../../../slack/elements/schema.ts";
import type { Block } from "../../../slack/page-api.ts";
import { SlackText } from "../text/slack-text.tsx";
import { imageSchema, Picture } from "./image-block.tsx";
import { Unreadable } from "./unreadable.tsx";

const pictured = imageSchema.extend({ type: z.literal("image") });
const schema = z.object({ elements: z.array(z.union([pictured, textSchema])) });

/** Small print. */
export function ContextBlock({ block }: { readonly block: Block }) {
  const context = schema.safeParse(block).data;
  if (context === undefined) return <Unreadable type={block.type} />;
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-[12px] leading-snug text-muted">
      {context.elements.map((element, index) =>
        "image_url" in element ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: elements have no identity but their place
          <Picture key={index} image={element} className="size-5 rounded object-cover" />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: elements have no identity but their place
          <SlackText key={index} text={element} />
        ),
      )}
    </div>
  );
}
