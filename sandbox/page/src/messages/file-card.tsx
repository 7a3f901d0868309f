import { FileText } from "lucide-react";
import { useState } from "react";
import type { PageFile } from "../../../slack/page-api.ts";
import { Picture } from "../blocks/image-block.tsx";

const units = ["bytes", "KB", "MB", "GB"];

const previewLines = 5;

/** A picture as itself; any other file as a card to open, with the beginning of its text. */
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
  const card = (
    <a
      href={file.url}
      target="_blank"
      rel="noopener noreferrer"
      className="flex w-fit max-w-full items-center gap-3 px-3 py-2.5 hover:bg-subtle"
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
  const { preview } = file;
  return (
    <div
      className={`mt-2 max-w-full overflow-hidden rounded-lg border border-line ${preview === undefined ? "w-fit" : "max-w-2xl"}`}
    >
      {card}
      {preview === undefined ? null : <Preview name={name} text={preview} size={file.size} />}
    </div>
  );
}

/** The first lines, and all that is known of the rest on request. */
function Preview({ name, text, size }: { readonly name: string; readonly text: string; readonly size: number }) {
  const [open, setOpen] = useState(false);
  const lines = text.replace(/\n$/, "").split("\n");
  const shown = open ? lines : lines.slice(0, previewLines);
  const cut = new TextEncoder().encode(text).length < size;
  return (
    <figure aria-label={`Preview of ${name}`} className="border-t border-line">
      <pre className="max-h-96 overflow-auto bg-subtle px-3 py-2 font-mono text-[12px] leading-normal">
        <code className="block w-max min-w-full">
          {shown.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line has no identity but its place
            <span key={index} className={`block min-h-[1lh] ${/\.(diff|patch)$/.test(name) ? lineColour(line) : ""}`}>
              {line}
            </span>
          ))}
          {open && cut ? <span className="block text-muted">…</span> : null}
        </code>
      </pre>
      {lines.length > previewLines ? (
        <button
          type="button"
          onClick={() => setOpen(!open)}
          className="w-full border-t border-line px-3 py-1 text-left text-[12px] text-link hover:underline"
        >
          {open ? "Collapse" : "Expand"}
        </button>
      ) : null}
    </figure>
  );
}

function lineColour(line: string): string {
  if (line.startsWith("+")) return "bg-added";
  return line.startsWith("-") ? "bg-removed" : "";
}

function sizeWords(bytes: number): string {
  const power = Math.min(bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1_024)), units.length - 1);
  const value = bytes / 1_024 ** power;
  return `${power === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
