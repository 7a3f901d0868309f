import { Command } from "commander";
import { BotError } from "../errors.ts";
import { runbookTyped, wordsOf } from "../runbooks/command-words.ts";
import { nearestWord } from "../runbooks/nearest.ts";
import { previewOf } from "../runbooks/preview.ts";
import { addChangeCommand } from "./change-command.ts";
import type { CliDeps } from "./deps.ts";
import { exitCodes } from "./exit-codes.ts";
import { reportFailure } from "./failure.ts";
import { listRunbooks } from "./list-runbooks.ts";
import { addRunbookCommand } from "./runbook-command.ts";
import { runsText } from "./runs-command.ts";

/** The `dfbot` command line: `argv` without the program's name. Returns the exit code and never throws. */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  let code: number = exitCodes.ok;
  try {
    const program = createProgram(deps, (exitCode) => {
      code = exitCode;
    });
    const words = asWords(argv, deps);
    refuseUnknownCommand(words, program, deps);
    await program.parseAsync(words, { from: "user" });
    return code;
  } catch (error) {
    return deps.signal.aborted ? exitCodes.interrupted : reportFailure(error, argv, deps);
  }
}

function createProgram(deps: CliDeps, done: (exitCode: number) => void): Command {
  const program = new Command("dfbot")
    .description("Watch, diagnose, verify and change a shared DragonflyDB cluster on Kubernetes")
    .exitOverride()
    .showSuggestionAfterError(true)
    // Mistakes are said once, by reportFailure; help that was asked for goes to stdout, help instead of it to stderr.
    .configureOutput({ writeOut: deps.stdout, writeErr: deps.stderr, outputError: () => {} });
  program
    .command("serve")
    .description("run the service")
    .action(async () => done(await deps.serve()));
  program
    .command("runbooks")
    .description("list the runbooks with their parameters")
    .action(() => deps.stdout(listRunbooks(deps.runbooks, deps.changes)));
  program
    .command("config")
    .description("configuration")
    .command("check")
    .description("check environment and dfbot.yaml")
    .action(async () => {
      const { ok, lines } = await deps.checkConfig();
      (ok ? deps.stdout : deps.stderr)(`${lines.join("\n")}\n`);
      done(ok ? exitCodes.ok : exitCodes.usage);
    });
  program
    .command("audit")
    .description("the audit log")
    .command("verify")
    .description("prove that no entry was changed, taken out, put in or moved")
    .option(
      "--head <hash...>",
      "hashes that must be in it, from an earlier run or from the log: tells a log that was cut short",
    )
    .action(async ({ head = [] }: { head?: readonly string[] }) => {
      const { entries, heads, problems } = await deps.verifyAudit(head);
      for (const problem of problems) deps.stderr(`${problem}\n`);
      const newest = Object.entries(heads).map(([writer, { seq, hash }]) => `  ${writer} ${seq} ${hash}\n`);
      const verdict = problems.length === 0 ? "the chain holds" : "the chain is broken";
      const heading = newest.length === 0 ? "" : " Newest of each writer:";
      deps.stdout(`${entries} entries; ${verdict}.${heading}\n${newest.join("")}`);
      done(problems.length === 0 ? exitCodes.ok : exitCodes.failed);
    });
  program
    .command("runs")
    .description("changes that were asked for, newest first; with an id, one of them with its steps and decisions")
    .argument("[id]", "a run")
    .option("--waiting", "only those that wait for a decision", false)
    .option("--most <count>", "how many", "20")
    .option("--json", "one JSON document", false)
    .action(async (id: string | undefined, given: { waiting: boolean; most: string; json: boolean }) => {
      const most = Number(given.most);
      if (!Number.isInteger(most) || most < 1) {
        throw new BotError(
          "cli.usage",
          `--most: found "${given.most}"; allowed: a whole number from 1`,
          "See: dfbot runs --help",
        );
      }
      const question = { waiting: given.waiting, json: given.json, most };
      deps.stdout(runsText(await deps.runs(), id === undefined ? question : { ...question, id }));
    });
  for (const runbook of deps.runbooks) {
    if (runbook.listed !== false) addRunbookCommand(program, runbook, deps, done);
  }
  addChanges(program, deps, done);
  return program;
}

/** The changes whose plan can be shown: those of a group, such as `tenant`, below its word. */
function addChanges(program: Command, deps: CliDeps, done: (exitCode: number) => void): void {
  const groups = new Map<string, Command>();
  for (const id of deps.changes) {
    const preview = previewOf(id, deps.runbooks);
    if (preview === undefined) continue;
    const words = wordsOf(id, named(deps));
    const [group = id] = words;
    const isNew = words.length > 1 && !groups.has(group);
    if (isNew) groups.set(group, program.command(group).description(`plan changes: ${membersOf(group, deps)}`));
    addChangeCommand(groups.get(group) ?? program, words, preview, deps, done);
  }
}

function membersOf(group: string, deps: CliDeps): string {
  const words = deps.changes.map((id) => wordsOf(id, named(deps)));
  return words.flatMap(([first, second]) => (first === group && second !== undefined ? [second] : [])).join(", ");
}

/** Everything that has a name. */
function named({ runbooks, changes }: CliDeps) {
  return [...runbooks, ...changes.map((id) => ({ id }))];
}

/** A change may be typed by its id: `tenant-propose` is `tenant propose`. */
function asWords(argv: readonly string[], deps: CliDeps): readonly string[] {
  const [first, ...rest] = argv;
  return first !== undefined && deps.changes.includes(first) ? [...wordsOf(first, named(deps)), ...rest] : argv;
}

/** Commander suggests only what is very near; here the nearest command is always named. */
function refuseUnknownCommand(argv: readonly string[], program: Command, deps: CliDeps): void {
  const [word] = argv;
  if (word === undefined || word.startsWith("-")) return;
  const names = [...program.commands.map((command) => command.name()), "help"];
  if (names.includes(word)) return;
  const change = runbookTyped(
    argv,
    deps.changes.map((id) => ({ id })),
  );
  if (change !== undefined) {
    throw new BotError(
      "cli.change",
      `${word} changes something, so it is asked for in Slack, where it is known who asks and who approves`,
      `There: /dragonfly ${word}`,
    );
  }
  const nearest = nearestWord(word, names) ?? "help";
  throw new BotError("cli.unknown-command", `There is no command "${word}"`, `Did you mean: dfbot ${nearest}`);
}
