import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Command, Option } from "commander";
import { BotError } from "../errors.ts";
import type { Report } from "../reports/model.ts";
import type { Runbook, RunRequest } from "../runbooks/definition.ts";
import { describeParameters } from "../runbooks/parameter-description.ts";
import { type GivenParameters, parseParameters } from "../runbooks/parameters.ts";
import type { CliDeps } from "./deps.ts";
import { exitCodeOfReport, exitCodes } from "./exit-codes.ts";
import { everyDefault, parseEvery } from "./watch/every.ts";

/** How the report is wanted. */
export interface Output {
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly junit?: string;
}

/** Adds `dfbot <runbook>`: its parameters as options, and the ways to have the report. */
export function addRunbookCommand(
  program: Command,
  runbook: Runbook,
  deps: CliDeps,
  done: (exitCode: number) => void,
): void {
  const { command, given } = addParameters(program.command(runbook.id), runbook);
  addWatch(addOutputs(command)).action(async () => {
    const parsed = parseParameters(runbook, given());
    if (!parsed.ok) throw wrongParameters(parsed.problems, runbook.id);
    const { watch, every, ...output } = command.opts<Output & Watching>();
    if (watch === true) return done(await watchRunbook(runbook.id, parsed.params, every, deps));
    if (every !== undefined) {
      throw new BotError("cli.usage", "--every is how often --watch looks", `See: dfbot ${runbook.id} --help`);
    }
    done(await runRunbook(runbook.id, parsed.params, { output, name: runbook.id }, deps));
  });
}

/** The options that stand for a runbook's parameters, and what was given for them. */
export function addParameters(command: Command, runbook: Pick<Runbook, "params" | "positional" | "description">) {
  const positional = runbook.positional.map((name) => `[${name}]`).join(" ");
  command
    .description(runbook.description)
    .usage(`${positional} [options]`.trim())
    // parseParameters has the better sentence for a word too many.
    .allowExcessArguments();
  for (const name of runbook.positional) command.argument(`[${name}]`);
  const named = describeParameters(runbook).map(({ name, description, type, required }) => {
    const flags = type === "yes/no" ? `--${name}` : `--${name} <${type}>`;
    const option = new Option(flags, required ? `${description} (required)` : description);
    command.addOption(option);
    // What is on by default can only be turned off with a word of its own.
    if (type === "yes/no") command.addOption(new Option(`--no-${name}`).hideHelp());
    return { name, attribute: option.attributeName() };
  });
  const given = (): GivenParameters => {
    const options = command.opts<Readonly<Record<string, string | boolean | undefined>>>();
    const values = named.flatMap(({ name, attribute }) => {
      const value = options[attribute];
      return value === undefined ? [] : [[name, value === false ? "no" : value] as const];
    });
    return { positionals: command.args, named: Object.fromEntries(values) };
  };
  return { command, given };
}

/** The ways to have a report. */
export function addOutputs(command: Command): Command {
  return command
    .addOption(new Option("--json", "one JSON document on stdout").conflicts(["markdown"]))
    .option("--markdown", "an evidence report in Markdown on stdout")
    .option("--junit <file>", "also write a JUnit file");
}

/** To be asked again and again, which is for people: there is no document that has no end. */
function addWatch(command: Command): Command {
  return command
    .addOption(
      new Option("--watch", "look again and again, and show what changes, until Ctrl-C").conflicts([
        "json",
        "markdown",
        "junit",
      ]),
    )
    .option("--every <time>", `how often --watch looks: 2s to 1h (default ${everyDefault})`);
}

interface Watching {
  readonly watch?: boolean;
  readonly every?: string;
}

async function watchRunbook(
  runbook: string,
  params: Readonly<Record<string, unknown>>,
  every: string | undefined,
  deps: CliDeps,
): Promise<number> {
  const everyMs = parseEvery(every ?? everyDefault);
  const requester = { surface: "cli", id: deps.user } as const;
  const { watch } = await import("./watch/watch.ts");
  return watch({ name: runbook, everyMs, round: () => untilAborted(deps, { runbook, params, requester }) }, deps);
}

export function wrongParameters(problems: readonly string[], name: string): BotError {
  return new BotError("cli.parameters", problems.join("; "), `See: dfbot ${name} --help`);
}

interface Shown {
  readonly output: Output;
  /** What the person called it. */
  readonly name: string;
  /** It is the plan of a change: its diff is shown whole. */
  readonly isPlan?: boolean;
}

/** Runs a read runbook and prints its report; returns the exit code. */
export async function runRunbook(
  runbook: string,
  params: Readonly<Record<string, unknown>>,
  shown: Shown,
  deps: CliDeps,
): Promise<number> {
  const { junit } = shown.output;
  if (junit !== undefined) checkWritable(junit);
  if (deps.isTerminal) deps.stderr(`${shown.isPlan === true ? "Planning" : "Reading"} ${shown.name}…\n`);
  const requester = { surface: "cli", id: deps.user } as const;
  const report = await untilAborted(deps, { runbook, params, requester });
  if (report === undefined) return exitCodes.interrupted;
  deps.stdout(await print(report, shown, deps));
  return junit === undefined || (await wroteJunit(junit, report, deps)) ? exitCodeOfReport(report) : exitCodes.usage;
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
async function print(report: Report, { output, isPlan }: Shown, deps: CliDeps): Promise<string> {
  if (output.json === true) return (await import("../reports/render/json.ts")).jsonReport(report);
  if (output.markdown === true) return (await import("../reports/render/markdown.ts")).markdownReport(report);
  const options = { colour: deps.colour ?? deps.isTerminal, columns: deps.columns || 100 };
  if (isPlan === true) return (await import("../reports/render/terminal-plan.ts")).terminalPlan(report, options);
  return (await import("../reports/render/terminal.ts")).terminalReport(report, options);
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
