/** Instead of a block that Slack would have refused or that this page cannot draw: never nothing. */
export function Unreadable({ type }: { readonly type: string }) {
  return (
    <p className="rounded border border-dashed border-line-strong px-3 py-2 text-[13px] text-muted">
      This page cannot draw this “{type}” block.
    </p>
  );
}
