import { z } from "zod";
import { textSchema } from "../../../slack/elements/schema.ts";
import type { Block } from "../../../slack/page-api.ts";
import { withEmoji } from "../text/emoji.ts";
import { Unreadable } from "./unreadable.tsx";

const schema = z.object({ text: textSchema });

export function HeaderBlock({ block }: { readonly block: Block }) {
  const header = schema.safeParse(block).data;
  if (header === undefined) return <Unreadable type={block.type} />;
  return <h3 className="mt-2 text-[18px] leading-snug font-black wrap-anywhere">{withEmoji(header.text.text)}</h3>;
}
