import { FileText } from "lucide-react";
import type { PageFile } from "../../../slack/page-api.ts";
import { Picture } from "../blocks/image-block.tsx";

const units = ["bytes", "KB", "MB", "GB"];

/** A picture as itself; any other file as a card to open. */
export function FileCard({ file }: { readonly file: PageFile }) {
  const name = file.title === "" ? file.name : file.title;
  if (file.mimetype.startsWith("image/"))
    return (
      <figure className="mt-2">
        <figcaption className="mb-1 text-[13px] text-muted">{name}</figcaption>
        <Picture
          image={{ image_url: file.url, alt_text: name }}
          className="max-h-96 max-w-full rounded-lg border border-line"
        />
      </figure>
    );
  return (
    <a
      href={file.url}
      target="_blank"
      rel="noopener noreferrer"
      className="mt-2 flex w-fit max-w-full items-center gap-3 rounded-lg border border-line px-3 py-2.5 hover:bg-subtle"
    >
      <span className="flex size-9 shrink-0 items-center justify-center rounded bg-accent text-white">
        <FileText aria-hidden className="size-5" />
      </span>
      <span className="min-w-0">
        <span className="block truncate font-bold">{name}</span>
        <span className="block text-[13px] text-muted">{sizeWords(file.size)}</span>
      </span>
    </a>
  );
}

function sizeWords(bytes: number): string {
  const power = Math.min(bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1_024)), units.length - 1);
  const value = bytes / 1_024 ** power;
  return `${power === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
