import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Command, Option } from "commander";
import { BotError } from "../errors.ts";
import type { Report } from "../reports/model.ts";
import type { Runbook, RunRequest } from "../runbooks/definition.ts";
import { describeParameters } from "../runbooks/parameter-description.ts";
import { parseParameters } from "../runbooks/parameters.ts";
import type { CliDeps } from "./deps.ts";
import { exitCodeOfReport, exitCodes } from "./exit-codes.ts";

/** How the report is wanted. */
interface Output {
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly junit?: string;
}

/** The options as commander hands them over: those of the runbook beside those of the output. */
type Options = Output & Readonly<Record<string, string | boolean | undefined>>;

/** Adds `dfbot <runbook>`: its parameters as options, and the ways to have the report. */
export function addRunbookCommand(
  program: Command,
  runbook: Runbook,
  deps: CliDeps,
  done: (exitCode: number) => void,
): void {
  const parameters = describeParameters(runbook);
  const positional = runbook.positional.map((name) => `[${name}]`).join(" ");
  const command = program
    .command(runbook.id)
    .description(runbook.description)
    .usage(`${positional} [options]`.trim())
    // parseParameters has the better sentence for a word too many.
    .allowExcessArguments();
  for (const name of runbook.positional) command.argument(`[${name}]`);
  const named = parameters.map(({ name, description, type, required }) => {
    const flags = type === "yes/no" ? `--${name}` : `--${name} <${type}>`;
    const option = new Option(flags, required ? `${description} (required)` : description);
    command.addOption(option);
    // What is on by default can only be turned off with a word of its own.
    if (type === "yes/no") command.addOption(new Option(`--no-${name}`).hideHelp());
    return { name, attribute: option.attributeName() };
  });
  command
    .addOption(new Option("--json", "one JSON document on stdout").conflicts(["markdown"]))
    .option("--markdown", "an evidence report in Markdown on stdout")
    .option("--junit <file>", "also write a JUnit file")
    .action(async () => {
      const options = command.opts<Options>();
      const given = named.flatMap(({ name, attribute }) => {
        const value = options[attribute];
        return value === undefined ? [] : [[name, value === false ? "no" : value] as const];
      });
      done(await runRunbook(runbook, { positionals: command.args, named: Object.fromEntries(given) }, options, deps));
    });
}

async function runRunbook(
  runbook: Runbook,
  given: Parameters<typeof parseParameters>[1],
  output: Output,
  deps: CliDeps,
): Promise<number> {
  const parsed = parseParameters(runbook, given);
  if (!parsed.ok) throw new BotError("cli.parameters", parsed.problems.join("; "), `See: dfbot ${runbook.id} --help`);
  if (output.junit !== undefined) checkWritable(output.junit);
  if (deps.isTerminal) deps.stderr(`Reading ${runbook.id}…\n`);
  const requester = { surface: "cli", id: deps.user } as const;
  const report = await untilAborted(deps, { runbook: runbook.id, params: parsed.params, requester });
  if (report === undefined) return exitCodes.interrupted;
  deps.stdout(await print(report, output, deps));
  return output.junit === undefined || (await wroteJunit(output.junit, report, deps))
    ? exitCodeOfReport(report)
    : exitCodes.usage;
}

/** The report, or undefined as soon as the person gives up, even when the run does not listen. */
async function untilAborted(deps: CliDeps, request: RunRequest): Promise<Report | undefined> {
  const { signal } = deps;
  if (signal.aborted) return undefined;
  const gaveUp = Promise.withResolvers<undefined>();
  const onAbort = () => gaveUp.resolve(undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const report = await Promise.race([deps.run(request, signal), gaveUp.promise]);
    return signal.aborted ? undefined : report;
  } catch (error) {
    // What a run throws because it was stopped is not news.
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Each renderer loads only when it is asked for: the service starts through here too, and needs none of them. */
async function print(report: Report, output: Output, deps: CliDeps): Promise<string> {
  if (output.json === true) return (await import("../reports/render/json.ts")).jsonReport(report);
  if (output.markdown === true) return (await import("../reports/render/markdown.ts")).markdownReport(report);
  const { terminalReport } = await import("../reports/render/terminal.ts");
  return terminalReport(report, { colour: deps.colour ?? deps.isTerminal, columns: deps.columns || 100 });
}

/** Before the run, so that nobody waits for a report that then has nowhere to go. */
function checkWritable(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw new Error("it is a directory");
    if (!statSync(dirname(path)).isDirectory()) throw new Error("its directory is a file");
    accessSync(dirname(path), constants.W_OK);
  } catch (cause) {
    throw new BotError(
      "cli.junit",
      `The JUnit file ${path} cannot be written`,
      "Give --junit the path of a file in a directory that exists and that you may write to",
      { cause },
    );
  }
}

/** The report is out already, so a file that failed after all costs a sentence and the exit code, not the report. */
async function wroteJunit(path: string, report: Report, deps: CliDeps): Promise<boolean> {
  try {
    const { junitReport } = await import("../reports/render/junit.ts");
    writeFileSync(path, junitReport(report));
    return true;
  } catch (error) {
    deps.stderr(
      `dfbot: The JUnit file ${path} could not be written: ${error instanceof Error ? error.message : error}.\n`,
    );
    return false;
  }
}
