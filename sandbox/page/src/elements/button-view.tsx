import { LoaderCircle } from "lucide-react";
import type { ElementOf } from "../../../slack/elements/schema.ts";
import { withEmoji } from "../text/emoji.ts";
import { isSafeUrl } from "../text/slack-text.tsx";

interface Props {
  readonly button: ElementOf<"button">;
  readonly busy: boolean;
  readonly disabled: boolean;
  readonly onPress: () => void;
}

const base =
  "inline-flex h-8 max-w-full items-center justify-center rounded-lg border px-3 text-[13px] font-bold whitespace-nowrap transition-colors disabled:cursor-default";
const styles: Readonly<Record<string, string>> = {
  primary: "border-transparent bg-primary text-white hover:bg-primary-hover disabled:opacity-60",
  danger: "border-transparent bg-danger text-white hover:bg-danger-hover disabled:opacity-60",
};
const plain = "border-line-strong bg-surface text-ink hover:bg-hover disabled:opacity-60";

/** A button keeps its width while it waits, and shows that it does. One with an address also opens it. */
export function ButtonView({ button, busy, disabled, onPress }: Props) {
  const label = withEmoji(button.text.text);
  const { url } = button;
  return (
    <button
      type="button"
      aria-label={button.accessibility_label}
      aria-busy={busy}
      disabled={disabled}
      onClick={() => {
        if (url !== undefined && isSafeUrl(url)) window.open(url, "_blank", "noopener,noreferrer");
        onPress();
      }}
      className={`relative ${base} ${styles[button.style ?? ""] ?? plain}`}
    >
      <span className={`truncate ${busy ? "opacity-0" : ""}`}>{label}</span>
      {busy ? <LoaderCircle aria-hidden className="absolute size-4 animate-spin" /> : null}
    </button>
  );
}
