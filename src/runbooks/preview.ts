/**
 * A change whose plan can be seen before anything is written has a read runbook beside it, with the same parameters: its findings
 * are the checks, its tables the sums, and every diff is evidence of the command `git diff`.
 */
/** Id of the read runbook that shows what a change would do. */
export function previewIdOf(change: string): string {
  return `plan-${change}`;
}

/** The read runbook that shows what a change would do, if there is one. */
export function previewOf<Of extends { readonly id: string; readonly effect: string }>(
  change: string,
  runbooks: readonly Of[],
): Of | undefined {
  return runbooks.find(({ id, effect }) => effect === "read" && id === previewIdOf(change));
}
