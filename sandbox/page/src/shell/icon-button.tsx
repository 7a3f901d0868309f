import type { LucideIcon } from "lucide-react";

interface Props {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly onClick: () => void;
  readonly className?: string;
  readonly expanded?: boolean;
}

/** A button that is a picture, with its words for those who do not see it or point at it. */
export function IconButton({ icon: Icon, label, onClick, className = "", expanded }: Props) {
  return (
    <button
      type="button"
      aria-label={label}
      aria-expanded={expanded}
      title={label}
      onClick={onClick}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-lg hover:bg-hover ${className}`}
    >
      <Icon aria-hidden className="size-4.5" />
    </button>
  );
}
