import { createTwoFilesPatch } from "diff";
import type { FileEdit } from "../platform/git.ts";

/** Of one file; what is longer is named and cut. */
const longestDiff = 40_000;
/** A comparison that needs more edits than this is not worth its time; nobody could read it either. */
const mostEdits = 1_000;

/**
 * What edits do, as one unified diff, file by file. Every control or invisible character is shown by its number, so that nothing in
 * it acts or hides; a file whose diff is too long to be read is cut, and says so.
 */
export function unifiedDiff(edits: readonly FileEdit[]): string {
  return edits.map(diffOf).join("");
}

function diffOf({ path, before, after }: FileEdit): string {
  const patch = before === null || after === null ? wholeFile(path, before, after) : changes(path, before, after);
  if (patch === undefined) return `--- ${shown(path)}\n(differs in too many places to be shown)\n`;
  const text = shown(patch);
  if (text.length <= longestDiff) return text;
  const cut = text.slice(0, text.lastIndexOf("\n", longestDiff) + 1);
  return `${cut}(cut: ${text.split("\n").length - cut.split("\n").length} more lines)\n`;
}

function changes(path: string, before: string, after: string): string | undefined {
  const options = { context: 3, maxEditLength: mostEdits };
  const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, options);
  return patch?.replace(/^=+\n/, "").replaceAll(/^(---|\+\+\+) (.*?)\t$/gm, "$1 $2");
}

/** A file that comes or goes needs no comparison. */
function wholeFile(path: string, before: string | null, after: string | null): string {
  const text = after ?? before ?? "";
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const end = text === "" || text.endsWith("\n") ? "" : "\\ No newline at end of file\n";
  const body = (sign: string) => lines.map((line) => `${sign}${line}\n`).join("") + end;
  return after === null
    ? `--- a/${path}\n+++ /dev/null\n@@ -1,${lines.length} +0,0 @@\n${body("-")}`
    : `--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines.length} @@\n${body("+")}`;
}

/** Anything that is not seen, but for line breaks and tabs, as `\u{…}`; the carriage return too, since it may be all that differs. */
function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu, (sign) =>
    sign === "\n" || sign === "\t" ? sign : `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
