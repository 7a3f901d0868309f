import type { ReactNode } from "react";

/** The line on top of a pane. */
export function PaneHeader({ children }: { readonly children: ReactNode }) {
  return (
    <header className="flex h-13 shrink-0 items-center gap-2 border-b border-line pr-2 pl-5 max-sm:pl-3">
      {children}
    </header>
  );
}
