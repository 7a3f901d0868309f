import { TriangleAlert } from "lucide-react";

/** What went wrong, beside what was tried. */
export function Trouble({ text, id }: { readonly text: string | undefined; readonly id?: string }) {
  if (text === undefined) return null;
  return (
    <p role="alert" id={id} className="flex items-start gap-1.5 text-[13px] text-danger-ink">
      <TriangleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" />
      <span className="min-w-0 wrap-anywhere">{text}</span>
    </p>
  );
}
