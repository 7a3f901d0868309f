import { CommanderError } from "commander";
import { BotError, explain } from "../errors.ts";
import { clean } from "../reports/render/clean.ts";
import type { CliDeps } from "./deps.ts";
import { exitCodeOfError, exitCodes } from "./exit-codes.ts";

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly exitCode: number;
}

/**
 * Says what went wrong in a sentence or two, never a stack trace, and returns the exit code. With `--json` the same goes
 * to stdout as `{"error": …}`, so that a program which asked for one document gets one.
 */
export function reportFailure(
  error: unknown,
  argv: readonly string[],
  deps: Pick<CliDeps, "stdout" | "stderr">,
): number {
  // Help was asked for and has been shown.
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
  const { exitCode, ...failure } = asFailure(error);
  // Help shown for want of a command is its own explanation.
  if (!isHelp(error)) deps.stderr(`dfbot: ${clean(`${failure.message} ${failure.next}`).trim()}\n`);
  if (argv.includes("--json")) deps.stdout(`${JSON.stringify({ error: failure }, null, 2)}\n`);
  return exitCode;
}

function asFailure(error: unknown): Failure {
  if (error instanceof CommanderError) {
    // "error: unknown option '--x'\n(Did you mean --y?)" in one sentence.
    const message = error.message.replace(/^error: /, "").replaceAll(/\s+/g, " ");
    return { code: error.code, message: ended(capital(message)), next: "See: dfbot --help", exitCode: exitCodes.usage };
  }
  const exitCode = exitCodeOfError(error);
  if (error instanceof BotError)
    return { code: error.code, message: ended(error.message), next: ended(error.next), exitCode };
  const next = "This is a fault in dfbot itself; please report it with the command you gave.";
  return { code: "internal", message: explain(error), next, exitCode };
}

function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.code === "commander.help";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A full stop, unless the text ends a sentence, a list or a command already. */
function ended(text: string): string {
  return /[\w"']$/.test(text) && !/(?:^|\s)dfbot [a-z-]|\b(?:See|There|mean):/.test(text) ? `${text}.` : text;
}
