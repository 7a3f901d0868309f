import { ImageOff } from "lucide-react";
import { createContext, useContext, useState } from "react";
import { z } from "zod";
import { textSchema } from "../../../slack/elements/schema.ts";
import type { Block, PageFile } from "../../../slack/page-api.ts";
import { withEmoji } from "../text/emoji.ts";
import { Unreadable } from "./unreadable.tsx";

export const imageSchema = z.object({ type: z.literal("image"), image_url: z.string(), alt_text: z.string() });

const schema = z.object({
  image_url: z.string().optional(),
  slack_file: z.object({ id: z.string().optional(), url: z.string().optional() }).optional(),
  alt_text: z.string(),
  title: textSchema.optional(),
});

/** The files of the message around a block, to which its pictures may refer. */
const FilesContext = createContext<readonly PageFile[]>([]);
export const FilesProvider = FilesContext.Provider;

export function ImageBlock({ block }: { readonly block: Block }) {
  const files = useContext(FilesContext);
  const image = schema.safeParse(block).data;
  if (image === undefined) return <Unreadable type={block.type} />;
  const file = files.find(({ id }) => id === image.slack_file?.id);
  const url = image.image_url ?? file?.url ?? image.slack_file?.url ?? "";
  return (
    <figure>
      {image.title === undefined ? null : (
        <figcaption className="mb-1 text-[13px] text-muted">{withEmoji(image.title.text)}</figcaption>
      )}
      <Picture
        image={{ image_url: url, alt_text: image.alt_text }}
        className="max-h-96 max-w-full rounded-lg border border-line"
      />
    </figure>
  );
}

interface PictureProps {
  readonly image: Pick<z.infer<typeof imageSchema>, "image_url" | "alt_text">;
  readonly className: string;
}

/** A picture, or its words when it cannot be loaded: the page reaches nothing but the sandbox. */
export function Picture({ image, className }: PictureProps) {
  const [failed, setFailed] = useState("");
  if (image.image_url === "" || failed === image.image_url)
    return (
      <span className="inline-flex items-center gap-2 rounded-lg border border-line px-3 py-2 text-[13px] text-muted">
        <ImageOff aria-hidden className="size-4 shrink-0" />
        {image.alt_text}
      </span>
    );
  return (
    <img src={image.image_url} alt={image.alt_text} className={className} onError={() => setFailed(image.image_url)} />
  );
}
