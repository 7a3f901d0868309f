import type { Report } from "../model.ts";

/** The contract's report, one JSON document. */
export function jsonReport(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
