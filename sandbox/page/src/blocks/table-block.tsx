import { lazy, Suspense } from "react";
import { z } from "zod";
import type { Block } from "../../../slack/page-api.ts";
import { Unreadable } from "./unreadable.tsx";

const LibraryBlock = lazy(() => import("./library-block.tsx").then((module) => ({ default: module.LibraryBlock })));

const cellSchema = z.union([
  z.object({ type: z.literal("raw_text"), text: z.string() }),
  z.object({ type: z.literal("raw_number"), value: z.number(), text: z.string().optional() }),
  z.looseObject({ type: z.literal("rich_text") }),
]);
type Cell = z.infer<typeof cellSchema>;

const schema = z.object({
  rows: z.array(z.array(cellSchema)),
  column_settings: z
    .array(z.object({ align: z.enum(["left", "center", "right"]).optional(), is_wrapped: z.boolean().optional() }))
    .optional(),
});

const alignment = { left: "text-left", center: "text-center", right: "text-right" } as const;

/** A table whose first row is its head. It scrolls within itself, by keys too. */
export function TableBlock({ block }: { readonly block: Block }) {
  const table = schema.safeParse(block).data;
  const [head, ...body] = table?.rows ?? [];
  if (table === undefined || head === undefined) return <Unreadable type={block.type} />;
  const look = (column: number) => {
    const { align = "left", is_wrapped = false } = table.column_settings?.[column] ?? {};
    return `border-line px-3 py-1.5 not-first:border-l ${alignment[align]} ${is_wrapped ? "max-w-72 wrap-anywhere" : "whitespace-nowrap"}`;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a section takes no focus, and what scrolls must be reachable by keys
    <div
      role="region"
      aria-label="Table"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: as above
      tabIndex={0}
      className="max-w-full self-start overflow-x-auto rounded-lg border border-line"
    >
      <table className="border-collapse text-[14px] leading-normal tabular-nums">
        <thead>
          <tr className="bg-subtle">
            {head.map((cell, column) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a cell has no identity but its place
              <th key={column} scope="col" className={`font-bold ${look(column)}`}>
                <CellView cell={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row has no identity but its place
            <tr key={index} className="border-t border-line hover:bg-subtle">
              {row.map((cell, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a cell has no identity but its place
                <td key={column} className={look(column)}>
                  <CellView cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Raw text is raw: no markup, no emoji. */
function CellView({ cell }: { readonly cell: Cell }) {
  if (cell.type === "raw_text") return cell.text;
  if (cell.type === "raw_number") return cell.text ?? String(cell.value);
  return (
    <Suspense fallback="…">
      <LibraryBlock block={cell} />
    </Suspense>
  );
}
