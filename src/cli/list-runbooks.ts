import { wordsOf } from "../runbooks/command-words.ts";
import type { Runbook } from "../runbooks/definition.ts";
import { describeParameters } from "../runbooks/parameter-description.ts";
import { previewOf } from "../runbooks/preview.ts";

/** What `dfbot runbooks` prints: each runbook as it is typed, with its effect and its parameters; then the changes. */
export function listRunbooks(runbooks: readonly Runbook[], changes: readonly string[]): string {
  const all = [...runbooks, ...changes.map((id) => ({ id }))];
  const reads = runbooks
    .filter(({ listed }) => listed !== false)
    .flatMap((runbook) => [`${runbook.id}  ${runbook.description} (${runbook.effect})`, ...parameters(runbook)]);
  const planned = changes.flatMap((id) => {
    const name = wordsOf(id, all).join(" ");
    const preview = previewOf(id, runbooks);
    if (preview === undefined) return [`${name}  (change, asked for in Slack)`];
    return [`${name}  ${preview.description} (change, asked for in Slack; --dry-run here)`, ...parameters(preview)];
  });
  return `${[...reads, ...planned].join("\n")}\n`;
}

function parameters(runbook: Runbook): readonly string[] {
  return describeParameters(runbook).map(({ name, type, required, fallback, description }) => {
    const kind = [type, ...(required ? ["required"] : []), ...(fallback === undefined ? [] : [`default ${fallback}`])];
    return `    --${name} (${kind.join(", ")})  ${description}`;
  });
}
