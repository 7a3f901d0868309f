import type { FileEdit } from "../../platform/git.ts";
import type { Check } from "../draft.ts";
import { ruled } from "./check.ts";

/** Things shaped like a credential, in what a merge request adds: manifests say where a secret is, never what it is. */
const secrets: readonly RegExp[] = [
  /\bxox[a-z]-\w/,
  /\bxapp-\d/,
  /\bglpat-\w/,
  /\bAKIA[0-9A-Z]{16}/,
  /-----BEGIN/,
  /\beyJ[\w-]{10,}\./,
  /:\/\/[^\s:/@]+:(?!\{\{|\$\{)[^\s/@]+@/,
  /\b(pass(word|wd)?|token|secret|requirepass|masterauth)["']?\s*[=:]\s*["']?(?!platform\/)[A-Za-z0-9_+/-]{16,}/i,
  />[A-Za-z0-9_-]{24,128}\s/,
  /^\s*kind:\s*["']?Secret["']?\s*$/,
];

/** Signs that nobody sees, and that hide or turn round what people read. */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/u;

export function checkTextSafety(edits: readonly FileEdit[]): readonly Check[] {
  const found = (is: (line: string) => boolean) =>
    edits.flatMap((edit) => {
      const lines = addedLines(edit).filter(([, line]) => is(line));
      return lines.length === 0
        ? []
        : [
            `${edit.path}: line ${lines
              .map(([number]) => number)
              .slice(0, 5)
              .join(", ")}`,
          ];
    });
  return [
    ruled(
      "secret.none",
      "Nothing that looks like a secret is written down",
      found((line) => secrets.some((shape) => shape.test(line))),
    ),
    ruled(
      "text.hidden",
      "No file gets signs that nobody sees",
      found((line) => hidden.test(line.replace(/[\t\r]/g, ""))),
    ),
    ruled(
      "text.hidden-path",
      "No path has signs that nobody sees",
      edits.filter(({ path }) => !/^[\w./-]+$/.test(path)).map(({ path }) => JSON.stringify(path)),
    ),
  ];
}

/** Lines that were not in the file before, by their number. */
function addedLines({ before, after }: FileEdit): readonly (readonly [number, string])[] {
  const old = new Set((before ?? "").split("\n"));
  return (after ?? "").split("\n").flatMap((line, index) => (old.has(line) ? [] : [[index + 1, line] as const]));
}
