import { writeFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { BotError, explain } from "../errors.ts";
import type { Report } from "../reports/model.ts";
import { jsonReport } from "../reports/render/json.ts";
import { junitReport } from "../reports/render/junit.ts";
import { markdownReport } from "../reports/render/markdown.ts";
import { terminalReport } from "../reports/render/terminal.ts";
import type { Runbook, RunRequest } from "../runbooks/definition.ts";
import { describeParameters, nearestWord, parseParameters } from "../runbooks/parameters.ts";

/** Exit codes of the contract. A warning counts as ok: it passed. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unknown: 3, interrupted: 130 } as const;

export interface CliDeps {
  readonly runbooks: readonly Runbook[];
  readonly run: (request: RunRequest, signal: AbortSignal) => Promise<Report>;
  /** Runs the service until it is told to stop; returns the exit code. */
  readonly serve: () => Promise<number>;
  readonly checkConfig: () => { readonly ok: boolean; readonly lines: readonly string[] };
  readonly user: string;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly isTerminal: boolean;
  /** Aborts when the person presses Ctrl-C. */
  readonly signal: AbortSignal;
}

/** The `dfbot` command line: `argv` without the program's name. Returns the exit code and never throws. */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  let code: number = exitCodes.ok;
  const program = new Command("dfbot")
    .description("Watch, diagnose, verify and change a shared DragonflyDB cluster on Kubernetes")
    .exitOverride()
    .configureOutput({ writeOut: deps.stdout, writeErr: deps.stderr })
    .showSuggestionAfterError(true);
  program
    .command("serve")
    .description("run the service")
    .action(async () => {
      code = await deps.serve();
    });
  program
    .command("runbooks")
    .description("list the runbooks with their parameters")
    .action(() => {
      deps.stdout(listRunbooks(deps.runbooks));
    });
  program
    .command("config")
    .description("configuration")
    .command("check")
    .description("check environment and dfbot.yaml")
    .action(() => {
      const { ok, lines } = deps.checkConfig();
      (ok ? deps.stdout : deps.stderr)(`${lines.join("\n")}\n`);
      code = ok ? exitCodes.ok : exitCodes.usage;
    });
  for (const runbook of deps.runbooks) {
    addRunbook(program, runbook, async (positionals, options) => {
      code = await runRunbook(runbook, positionals, options, deps);
    });
  }
  try {
    const unknown = unknownCommand(argv, program);
    if (unknown !== undefined)
      throw new BotError(
        "cli.unknown-command",
        `There is no command "${unknown.word}"`,
        `Did you mean: dfbot ${unknown.nearest}`,
      );
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (deps.signal.aborted) return exitCodes.interrupted;
    deps.stderr(`dfbot: ${explain(error)}\n`);
    return error instanceof BotError ? exitCodes.usage : exitCodes.failed;
  }
}

type Options = Readonly<Record<string, string | boolean | undefined>>;

function addRunbook(
  program: Command,
  runbook: Runbook,
  action: (positionals: readonly string[], options: Options) => Promise<void>,
): void {
  const command = program.command(runbook.id).description(runbook.description);
  command.argument("[values...]", runbook.positional.join(", ") || "none");
  for (const { name, description, type } of describeParameters(runbook)) {
    command.addOption(new Option(type === "yes/no" ? `--${name}` : `--${name} <${type}>`, description));
  }
  command
    .addOption(new Option("--json", "one JSON document on stdout").conflicts(["markdown"]))
    .option("--markdown", "an evidence report in Markdown on stdout")
    .option("--junit <file>", "also write a JUnit file")
    .action((values: string[], options: Options) => action(values, options));
}

async function runRunbook(
  runbook: Runbook,
  positionals: readonly string[],
  options: Options,
  deps: CliDeps,
): Promise<number> {
  const { json, markdown, junit, ...rest } = options;
  const named = Object.fromEntries(
    Object.entries(rest).flatMap(([name, value]) =>
      value === undefined || value === false ? [] : [[name, value] as const],
    ),
  );
  const parsed = parseParameters(runbook, { positionals, named });
  if (!parsed.ok) throw new BotError("cli.parameters", parsed.problems.join("; "), `See: dfbot ${runbook.id} --help`);
  if (deps.isTerminal && json !== true) deps.stderr(`Reading ${runbook.id}…\n`);
  const request: RunRequest = {
    runbook: runbook.id,
    params: parsed.params,
    requester: { surface: "cli", id: deps.user },
  };
  const report = await deps.run(request, deps.signal);
  if (deps.signal.aborted) return exitCodes.interrupted;
  deps.stdout(
    json === true
      ? jsonReport(report)
      : markdown === true
        ? markdownReport(report)
        : terminalReport(report, { colour: deps.isTerminal, columns: 100 }),
  );
  if (typeof junit === "string") writeJunit(junit, report);
  return exitCodeOf(report);
}

function writeJunit(path: string, report: Report): void {
  try {
    writeFileSync(path, junitReport(report));
  } catch (cause) {
    throw new BotError(
      "cli.junit",
      `The JUnit file ${path} cannot be written`,
      "Give --junit a path in a directory that exists and that you may write to",
      { cause },
    );
  }
}

/** A failed finding outweighs one that could not be checked. */
function exitCodeOf(report: Report): number {
  if (report.verdict === "fail") return exitCodes.failed;
  return report.verdict === "unknown" ? exitCodes.unknown : exitCodes.ok;
}

function unknownCommand(
  argv: readonly string[],
  program: Command,
): { readonly word: string; readonly nearest: string } | undefined {
  const [word] = argv;
  if (word === undefined || word.startsWith("-")) return undefined;
  const names = [...program.commands.map((command) => command.name()), "help"];
  const nearest = nearestWord(word, names);
  return names.includes(word) || nearest === undefined ? undefined : { word, nearest };
}

function listRunbooks(runbooks: readonly Runbook[]): string {
  const lines = runbooks.flatMap((runbook) => [
    `${runbook.id}  ${runbook.description} (${runbook.effect})`,
    ...describeParameters(runbook).map(
      ({ name, type, required, description }) => `    ${name} (${type}${required ? ", required" : ""})  ${description}`,
    ),
  ]);
  return `${lines.join("\n")}\n`;
}
