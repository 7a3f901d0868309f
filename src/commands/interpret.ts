import type { AuditFilter } from "../audit/chain.ts";
import { escapedUpTo } from "../reports/render/slack-text.ts";
import { groupOf, runbookTyped, wordsOf } from "../runbooks/command-words.ts";
import type { Runbook } from "../runbooks/definition.ts";
import type { ChangeRunbook } from "../runbooks/durable/definition.ts";
import { nearestWord } from "../runbooks/nearest.ts";
import { describeParameters } from "../runbooks/parameter-description.ts";
import { parseParameters } from "../runbooks/parameters.ts";
import { previewOf } from "../runbooks/preview.ts";
import { auditQuestion, auditUsage } from "./changes/audit-question.ts";
import { type CommandLine, parseCommandLine } from "./parse.ts";

/** One that reads, or one that changes something. */
export type AnyRunbook = Runbook | ChangeRunbook;

/** What a slash command asks for. */
export type Intent =
  | {
      readonly kind: "run";
      readonly runbook: string;
      readonly params: Readonly<Record<string, unknown>>;
      readonly share: boolean;
    }
  | { readonly kind: "change"; readonly runbook: string; readonly params: Readonly<Record<string, unknown>> }
  /** A change whose plan is shown first. */
  | { readonly kind: "preview"; readonly runbook: string; readonly params: Readonly<Record<string, unknown>> }
  /** The same, with words missing or not allowed: the rest is asked for. */
  | { readonly kind: "form"; readonly runbook: string; readonly given: Readonly<Record<string, string | true>> }
  /** `all` of them, or only those that wait for a decision. */
  | { readonly kind: "runs"; readonly all: boolean }
  | { readonly kind: "alerts" }
  | { readonly kind: "silences" }
  | { readonly kind: "audit"; readonly filter: AuditFilter }
  /** Words to say to the person, mrkdwn. */
  | { readonly kind: "say"; readonly text: string };

/** The meaning of `/dragonfly <text>`, given the runbooks there are. Pure: nothing is run. */
export function interpret(text: string, runbooks: readonly AnyRunbook[]): Intent {
  const line = parseCommandLine(text);
  if (line.word === undefined || line.word === "help") return { kind: "say", text: helpText(runbooks) };
  if (line.word === "runbooks") return { kind: "say", text: runbooksText(runbooks) };
  if (line.word === "runs" || line.word === "approvals") return { kind: "runs", all: line.word === "runs" };
  if (line.word === "alerts") return { kind: "alerts" };
  if (line.word === "silence" || line.word === "silences") return { kind: "silences" };
  if (line.word === "audit") return interpretAudit(line);
  if (line.word === "run") return interpretRun(line, runbooks);
  const typed = runbookTyped([line.word, ...line.positionals], runbooks);
  if (typed !== undefined) return withParameters(typed.runbook, { ...line, positionals: typed.rest }, runbooks);
  const group = groupOf(line.word, runbooks);
  return group.length > 0 ? interpretGroup(line.word, line.positionals[0], group) : unknownWord(line.word, runbooks);
}

/** `/dragonfly tenant`, alone or with a word that it does not know. */
function interpretGroup(word: string, second: string | undefined, group: readonly AnyRunbook[]): Intent {
  if (second === undefined) return { kind: "say", text: [`*/dragonfly ${word} …*`, ...helpLines(group)].join("\n") };
  const nearest = nearestWord(
    second,
    group.map(({ id }) => id.slice(word.length + 1)),
  );
  return {
    kind: "say",
    text: `I do not know ${quoted(`${word} ${second}`)}. Did you mean \`/dragonfly ${word} ${nearest}\`?`,
  };
}

function interpretAudit(line: CommandLine): Intent {
  const question = auditQuestion(line);
  if (question.ok) return { kind: "audit", filter: question.filter };
  const problems = question.problems.map((problem) => `• ${plain(problem)}`).join("\n");
  return { kind: "say", text: `${problems}\nUsage: \`${auditUsage}\`` };
}

function interpretRun(line: CommandLine, runbooks: readonly AnyRunbook[]): Intent {
  const [id] = line.positionals;
  if (id === undefined)
    return {
      kind: "say",
      text: `Which runbook? For example \`/dragonfly run ${runbooks[0]?.id ?? "status"}\`. \`/dragonfly runbooks\` lists them.`,
    };
  const typed = runbookTyped(line.positionals, runbooks);
  if (typed !== undefined) return withParameters(typed.runbook, { ...line, positionals: typed.rest }, runbooks);
  const nearest = nearestWord(
    id,
    listedOf(runbooks).map((candidate) => candidate.id),
  );
  return {
    kind: "say",
    text: `There is no runbook ${quoted(id)}.${nearest === undefined ? "" : ` Did you mean \`/dragonfly run ${nearest}\`?`}`,
  };
}

function withParameters(runbook: AnyRunbook, line: CommandLine, runbooks: readonly AnyRunbook[]): Intent {
  const parsed = parseParameters(runbook, line);
  const { id } = runbook;
  const shownFirst = runbook.effect === "change" && previewOf(id, runbooks) !== undefined;
  if (parsed.ok && shownFirst) return { kind: "preview", runbook: id, params: parsed.params };
  if (parsed.ok && runbook.effect === "change") return { kind: "change", runbook: id, params: parsed.params };
  if (parsed.ok) return { kind: "run", runbook: id, params: parsed.params, share: line.share };
  // What is missing or not allowed can be asked for; what it does not take is said.
  if (shownFirst && parsed.general.length === 0) return { kind: "form", runbook: id, given: parsed.given };
  return {
    kind: "say",
    text: `${parsed.problems.map((problem) => `• ${plain(problem)}`).join("\n")}\nUsage: \`${usageInFull(runbook, runbooks)}\``,
  };
}

function unknownWord(word: string, runbooks: readonly AnyRunbook[]): Intent {
  const typed = [
    ...listedOf(runbooks).map(({ id }) => wordsOf(id, runbooks)[0] ?? id),
    "help",
    "run",
    "runbooks",
    "runs",
    "approvals",
    "audit",
    "alerts",
    "silence",
  ];
  const nearest = nearestWord(word, typed);
  return { kind: "say", text: `I do not know ${quoted(word)}. Did you mean \`/dragonfly ${nearest ?? "help"}\`?` };
}

function listedOf(runbooks: readonly AnyRunbook[]): readonly AnyRunbook[] {
  return runbooks.filter(({ listed }) => listed !== false);
}

function usage(runbook: AnyRunbook, runbooks: readonly AnyRunbook[]): string {
  return ["/dragonfly", ...wordsOf(runbook.id, runbooks), ...runbook.positional.map((name) => `[${name}]`)].join(" ");
}

/** With what may stand beside it. A change has a form for that. */
function usageInFull(runbook: AnyRunbook, runbooks: readonly AnyRunbook[]): string {
  const beside = describeParameters(runbook).filter(({ name }) => !runbook.positional.includes(name));
  const options = beside.map(({ name, type }) => (type === "yes/no" ? `[--${name}]` : `[${name}=…]`));
  return [usage(runbook, runbooks), ...(runbook.effect === "read" ? options : [])].join(" ");
}

function helpLines(runbooks: readonly AnyRunbook[], all = runbooks): readonly string[] {
  return listedOf(runbooks).map((runbook) => `• \`${usage(runbook, all)}\` — ${runbook.description}`);
}

export function helpText(runbooks: readonly AnyRunbook[]): string {
  return [
    "*What you can ask*",
    ...helpLines(runbooks),
    "• `/dragonfly alerts` — what fires now, and who has it",
    "• `/dragonfly silence` — what is silenced; end one, or begin one",
    "• `/dragonfly run <runbook> [param=value …]` — any runbook by name",
    "• `/dragonfly runbooks` — what there is, with parameters",
    ...(runbooks.some(({ effect }) => effect === "change")
      ? [
          "• `/dragonfly runs`, `/dragonfly approvals` — changes that were asked for; those that wait for a decision",
          "• `/dragonfly audit [run=…] [person=@…] [from=…]` — who asked for, approved and did what",
        ]
      : []),
    "Only you see an answer until you press Share; add `--share` to post it to the channel.",
  ].join("\n");
}

function runbooksText(runbooks: readonly AnyRunbook[]): string {
  return listedOf(runbooks)
    .map((runbook) => {
      const parameters = describeParameters(runbook).map(
        ({ name, type, required, description }) =>
          `      \`${name}\` (${type}${required ? ", required" : ""}) ${description}`,
      );
      const name = wordsOf(runbook.id, runbooks).join(" ");
      return [`*${name}* (${runbook.effect}) — ${runbook.description}`, ...parameters].join("\n");
    })
    .join("\n");
}

/** What somebody typed, shown back: short, and without anything that Slack would act on. */
function quoted(word: string): string {
  return `“${plain(word.length > 60 ? `${word.slice(0, 60)}…` : word)}”`;
}

function plain(text: string): string {
  return escapedUpTo(text, 600);
}
