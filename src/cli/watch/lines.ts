import { oneLine } from "../../reports/render/clean.ts";
import { type TerminalOptions, verdictWord } from "../../reports/render/terminal.ts";
import type { Change } from "./changes.ts";

/** A change on one line that can stand in a log: when, how it is now, what it is, how it was. */
export function changeLine({ at, now, before, what }: Change, options: Pick<TerminalOptions, "colour">): string {
  const word = now === "gone" ? "gone   " : verdictWord(now, options);
  const was = before === undefined ? "" : ` (was ${before})`;
  return `${at.slice(0, 19)}Z  ${word} ${oneLine(what)}${was}`;
}
