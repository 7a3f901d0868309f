import { z } from "zod";
import { elementSchema, textSchema } from "../../../slack/elements/schema.ts";
import type { Block } from "../../../slack/page-api.ts";
import { ElementView } from "../elements/element-view.tsx";
import { Trouble } from "../elements/trouble.tsx";
import { useAct } from "../elements/use-act.ts";
import { SlackText } from "../text/slack-text.tsx";
import { imageSchema, Picture } from "./image-block.tsx";
import { Unreadable } from "./unreadable.tsx";

const schema = z.object({
  text: textSchema.optional(),
  fields: z.array(textSchema).optional(),
  accessory: z.union([elementSchema, imageSchema]).optional(),
});

/** Text, fields in two columns, and one element or picture beside them. */
export function SectionBlock({ block, id }: { readonly block: Block; readonly id: string }) {
  const acting = useAct(id);
  const section = schema.safeParse(block).data;
  if (section === undefined) return <Unreadable type={block.type} />;
  const { text, fields = [], accessory } = section;
  return (
    <div>
      <div className="flex items-start gap-4 max-sm:flex-wrap">
        <div className="min-w-0 flex-1 max-sm:basis-full">
          {text === undefined ? null : <SlackText text={text} />}
          {fields.length === 0 ? null : (
            <div className="mt-1 grid grid-cols-2 gap-x-4 gap-y-2 max-sm:grid-cols-1">
              {fields.map((field, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: fields have no identity but their place
                <SlackText key={index} text={field} />
              ))}
            </div>
          )}
        </div>
        {accessory === undefined ? null : accessory.type === "image" ? (
          <Picture image={accessory} className="size-20 shrink-0 rounded object-cover" />
        ) : (
          <ElementView element={accessory} blockId={id} acting={acting} />
        )}
      </div>
      <Trouble text={acting.trouble} />
    </div>
  );
}
