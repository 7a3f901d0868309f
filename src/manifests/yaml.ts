import { type Document, parseAllDocuments, type Scalar, stringify, visit } from "yaml";
import { unbuildable } from "./unbuildable.ts";

/** What readers of YAML 1.1 and of 1.2 understand differently. kustomize and Flux have one of each. */
const ambiguous = /^(y|n|yes|no|on|off|[-+]?\d[\d_]*_[\d_]*|\d{4}-\d\d?-\d\d?([Tt ].*)?|<<)$/i;

/**
 * The documents of a YAML text as kustomize and Flux read them, empty ones left out: `0440` is octal.
 *
 * @throws BotError `manifests.unbuildable` when it is not YAML, or says what readers of YAML do not agree on
 */
export function readYaml(file: string, text: string): readonly unknown[] {
  const documents: Document[] = [...parseAllDocuments(text, { schema: "core", merge: false })];
  return documents.flatMap((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw unbuildable(file, `is not YAML: ${problem.message.split("\n", 1)[0]}`, problem);
    visit(document, { Scalar: (_, node) => settle(node, file, text) });
    try {
      const value: unknown = document.toJS();
      return value === null ? [] : [value];
    } catch (error) {
      throw unbuildable(file, "has aliases that cannot be followed", error);
    }
  });
}

function settle(node: Scalar, file: string, text: string): void {
  const { type, source = "", range } = node;
  // Go's reader leaves out the last line break of such a text, and this one adds it.
  if (type?.startsWith("BLOCK") && !text.endsWith("\n") && (range?.[1] ?? 0) >= text.length)
    throw unbuildable(file, "ends within a text of several lines, without a line break");
  if (type !== "PLAIN") return;
  if (ambiguous.test(source))
    throw unbuildable(file, `has \`${source}\` without quotes, which readers of YAML understand differently`);
  if (/^[-+]?0[0-7]+$/.test(source)) node.value = Number.parseInt(source, 8);
}

/** A text of one line as it is printed: in quotes only where a plain text would be read as something else. */
export function printScalar(value: string): string {
  return stringify(value, { version: "1.1", lineWidth: 0 }).trimEnd();
}
