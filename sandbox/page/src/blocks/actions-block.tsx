import { z } from "zod";
import { elementSchema } from "../../../slack/elements/schema.ts";
import type { Block } from "../../../slack/page-api.ts";
import { ElementView } from "../elements/element-view.tsx";
import { Trouble } from "../elements/trouble.tsx";
import { useAct } from "../elements/use-act.ts";
import { Unreadable } from "./unreadable.tsx";

const schema = z.object({ elements: z.array(elementSchema) });

/** A row of buttons and menus. While the app has not answered one, the others wait too. */
export function ActionsBlock({ block, id }: { readonly block: Block; readonly id: string }) {
  const acting = useAct(id);
  const actions = schema.safeParse(block).data;
  if (actions === undefined) return <Unreadable type={block.type} />;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {actions.elements.map((element, index) => (
        <ElementView key={element.action_id || index} element={element} blockId={id} acting={acting} />
      ))}
      <Trouble text={acting.trouble} />
    </div>
  );
}
