import { lazy, type ReactNode, Suspense } from "react";
import { blockIdOf } from "../../../slack/elements/form.ts";
import type { Block } from "../../../slack/page-api.ts";
import { type Source, SourceProvider } from "../elements/use-act.ts";
import { useStable } from "../live/use-stable.ts";
import { ActionsBlock } from "./actions-block.tsx";
import { ContainerBlock } from "./container-block.tsx";
import { ContextBlock } from "./context-block.tsx";
import { HeaderBlock } from "./header-block.tsx";
import { ImageBlock } from "./image-block.tsx";
import { InputBlock } from "./input-block.tsx";
import { SectionBlock } from "./section-block.tsx";
import { TableBlock } from "./table-block.tsx";

/** Drawn by the library, which is large and for most answers not needed. */
const LibraryBlock = lazy(() => import("./library-block.tsx").then((module) => ({ default: module.LibraryBlock })));

interface Props {
  readonly blocks: readonly Block[];
  readonly source: Source;
}

/** Blocks as Slack shows them, whose elements act for the person that looks at them. */
export function Blocks({ blocks, source }: Props) {
  return (
    <SourceProvider value={useStable(source)}>
      <BlockList blocks={blocks} />
    </SourceProvider>
  );
}

function BlockList({ blocks }: { readonly blocks: readonly Block[] }) {
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {blocks.map((block, index) => {
        const id = blockIdOf(block, index);
        return <BlockView key={id} block={block} id={id} />;
      })}
    </div>
  );
}

function BlockView({ block, id }: { readonly block: Block; readonly id: string }): ReactNode {
  switch (block.type) {
    case "section":
      return <SectionBlock block={block} id={id} />;
    case "actions":
      return <ActionsBlock block={block} id={id} />;
    case "context":
      return <ContextBlock block={block} />;
    case "header":
      return <HeaderBlock block={block} />;
    case "divider":
      return <hr className="my-1 border-line" />;
    case "image":
      return <ImageBlock block={block} />;
    case "table":
      return <TableBlock block={block} />;
    case "input":
      return <InputBlock block={block} id={id} />;
    case "container":
      return <ContainerBlock block={block}>{(children) => <BlockList blocks={children} />}</ContainerBlock>;
    default:
      return (
        <Suspense fallback={<p className="text-muted">…</p>}>
          <LibraryBlock block={block} />
        </Suspense>
      );
  }
}
