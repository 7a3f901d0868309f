import { createTwoFilesPatch } from "diff";
import type { FileEdit } from "../platform/git.ts";

/** Of one file; what is longer is named and cut. */
const longestDiff = 40_000;
/** A comparison that needs more edits than this is not worth its time; nobody could read it either. */
const mostEdits = 5_000;

/**
 * What edits do, as one unified diff, file by file. Every control or invisible character is shown by its number, so that nothing in
 * it acts or hides; a file whose diff is too long to be read is cut, and says so.
 */
export function unifiedDiff(edits: readonly FileEdit[]): string {
  return edits.map(diffOf).join("");
}

function diffOf({ path, before, after }: FileEdit): string {
  const patch = createTwoFilesPatch(
    before === null ? "/dev/null" : `a/${path}`,
    after === null ? "/dev/null" : `b/${path}`,
    before ?? "",
    after ?? "",
    undefined,
    undefined,
    { context: 3, maxEditLength: mostEdits },
  );
  if (patch === undefined) return `--- ${shown(path)}\n(differs in too many places to be shown)\n`;
  const text = shown(patch.replace(/^=+\n/, "").replaceAll(/^(---|\+\+\+) (.*?)\t$/gm, "$1 $2"));
  if (text.length <= longestDiff) return text;
  const cut = text.slice(0, text.lastIndexOf("\n", longestDiff) + 1);
  return `${cut}(cut: ${text.split("\n").length - cut.split("\n").length} more lines)\n`;
}

/** Anything that is not seen, but for line breaks and tabs, as `\u{…}`; the carriage return too, since it may be all that differs. */
function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu, (sign) =>
    sign === "\n" || sign === "\t" ? sign : `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
