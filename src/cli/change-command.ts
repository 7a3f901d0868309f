import type { Command } from "commander";
import { BotError } from "../errors.ts";
import { slashLine } from "../runbooks/command-words.ts";
import type { Runbook } from "../runbooks/definition.ts";
import { parseParameters } from "../runbooks/parameters.ts";
import type { CliDeps } from "./deps.ts";
import { exitCodes } from "./exit-codes.ts";
import { addOutputs, addParameters, type Output, runRunbook, wrongParameters } from "./runbook-command.ts";

/**
 * Adds the command of a change whose plan can be shown. With `--dry-run` it prints the plan. Without, it says that changes are asked
 * for in Slack, and prints the line to paste there, alone on stdout.
 */
export function addChangeCommand(
  parent: Command,
  words: readonly string[],
  preview: Runbook,
  deps: CliDeps,
  done: (exitCode: number) => void,
): void {
  const name = words.join(" ");
  const { command, given } = addParameters(parent.command(words.at(-1) ?? name), preview);
  command.option("--dry-run", "show the plan, with its checks and its diff; nothing is written");
  addOutputs(command).action(async () => {
    const wanted = given();
    const parsed = parseParameters(preview, wanted);
    if (!parsed.ok) throw wrongParameters(parsed.problems, name);
    const { dryRun = false, ...output } = command.opts<Output & { readonly dryRun?: boolean }>();
    if (dryRun) return done(await runRunbook(preview.id, parsed.params, { output, name, isPlan: true }, deps));
    const byPlace = wanted.positionals.map((value, index) => [preview.positional[index], value] as const);
    const line = slashLine(words, { ...Object.fromEntries(byPlace), ...wanted.named }, preview.positional);
    const refusal = `${name} changes something, so it is asked for in Slack, where it is known who asks and who approves`;
    if (output.json === true) throw new BotError("cli.change", refusal, `There: ${line}`);
    deps.stderr(`dfbot: ${refusal}. --dry-run shows the plan here. Paste this there:\n`);
    deps.stdout(`${line}\n`);
    done(exitCodes.usage);
  });
}
