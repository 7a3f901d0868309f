const order = ["critical", "error", "warning", "info"];

/** 0 for the worst. Severities that nobody told us of come last, and `none` after them. */
export function severityRank(severity: string): number {
  const at = order.indexOf(severity);
  return at === -1 ? order.length + (severity === "none" ? 1 : 0) : at;
}

/** `none` for no severity at all. */
export function worstSeverity(severities: readonly string[]): string {
  return severities.toSorted((a, b) => severityRank(a) - severityRank(b))[0] ?? "none";
}
