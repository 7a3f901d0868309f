import type { Runbook } from "../runbooks/definition.ts";
import { describeParameters } from "../runbooks/parameter-description.ts";

/** What `dfbot runbooks` prints: each runbook with its effect and its parameters. */
export function listRunbooks(runbooks: readonly Runbook[]): string {
  const lines = runbooks.flatMap((runbook) => [
    `${runbook.id}  ${runbook.description} (${runbook.effect})`,
    ...describeParameters(runbook).map(
      ({ name, type, required, description }) =>
        `    --${name} (${type}${required ? ", required" : ""})  ${description}`,
    ),
  ]);
  return `${lines.join("\n")}\n`;
}
