import { type Document, parseAllDocuments, type Scalar, stringify, visit } from "yaml";

/**
 * The documents of a YAML text, empty ones left out, read as kustomize and Flux read them: `0440` is octal. What their
 * two YAML libraries read differently (`on`, `1_000`, a bare date) is refused, because it means one thing when it is
 * built and another when it is substituted. Throws with `source` in front.
 */
export function parseDocuments(text: string, source: string): readonly unknown[] {
  const documents: Document[] = [...parseAllDocuments(text, { schema: "core", merge: false })];
  return documents
    .filter(({ contents, errors }) => contents !== null || errors.length > 0)
    .map((document) => {
      const [problem] = [...document.errors, ...document.warnings];
      if (problem !== undefined) throw new Error(`${source}: ${problem.message}`);
      visit(document, {
        Scalar: (key, node) => {
          settle(node, key === "key", source);
          // Go's reader leaves out the last line break of such a block, and this one adds it.
          if (node.type?.startsWith("BLOCK") && !text.endsWith("\n") && (node.range?.[1] ?? 0) >= text.length)
            throw new Error(`${source}: ends within a text of several lines: put a line break at the end`);
        },
      });
      return document.toJS();
    })
    .filter((value) => value !== null);
}

const ambiguous = /^(y|n|yes|no|on|off|[-+]?\d[\d_]*_[\d_]*|\d{4}-\d\d?-\d\d?([Tt ].*)?|<<)$/i;

function settle(node: Scalar, isKey: boolean, source: string): void {
  if (node.type !== "PLAIN" || node.source === undefined) return;
  if (ambiguous.test(node.source))
    throw new Error(`${source}: \`${node.source}\` means different things to different YAML readers: put it in quotes`);
  if (/^[-+]?0[0-7]+$/.test(node.source)) node.value = Number.parseInt(node.source, 8);
  if (isKey && typeof node.value !== "string")
    throw new Error(`${source}: the key \`${node.source}\` is not a text: put it in quotes`);
}

/** One object as YAML, quoted only where a plain text would be read as something else, as kustomize prints it. */
export function printDocument(value: unknown): string {
  return stringify(value, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
}
