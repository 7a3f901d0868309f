import type { SlashCommand } from "../../../slack/page-api.ts";

export interface Completion {
  /** What the line becomes. */
  readonly line: string;
  /** What may follow, in words: `[instance]`. */
  readonly more: string;
  readonly description: string;
}

/** What Slack itself cannot know about a command: its usage hint names the words only. */
const known: Readonly<Record<string, { readonly more: string; readonly description: string }>> = {
  help: { more: "", description: "What you may ask, and what for" },
  status: { more: "[instance] [--share]", description: "The whole picture: verdict first, evidence below" },
  role: { more: "[instance] [--share]", description: "Who is primary, and whether everything agrees on it" },
  runbooks: { more: "", description: "Every runbook, with its parameters" },
  run: { more: "<runbook> [param=value …]", description: "Run any runbook by its name" },
};
const always = ["status", "role", "help"];
const share: Omit<Completion, "line"> = { more: "", description: "Post the answer to the channel" };

/**
 * The commands that begin with what was typed, and behind a command the words of its usage hint. Nothing once a line
 * is complete.
 */
export function completions(commands: readonly SlashCommand[], text: string): readonly Completion[] {
  if (!/^\/\S*/.test(text) || text.includes("\n")) return [];
  const command = commands.find((candidate) => text.startsWith(`${candidate.command} `));
  const all = command === undefined ? commands.map(wholeCommand) : wordsOf(command, text);
  return all.filter(({ line }) => line.startsWith(text) && line !== text.trimEnd());
}

function wholeCommand({ command, description, usage_hint }: SlashCommand): Completion {
  return { line: command, more: usage_hint, description };
}

function wordsOf({ command, usage_hint }: SlashCommand, text: string): readonly Completion[] {
  const hinted = usage_hint
    .replace(/[[\]]/g, " ")
    .split("|")
    .map((alternative) => alternative.trim().split(/\s+/)[0] ?? "")
    .filter((word) => /^[a-z][\w-]*$/i.test(word));
  const words = [...new Set([...hinted, ...always])];
  const flagged = words.filter((word) => known[word]?.more.includes("--share") === true);
  const sharing = flagged.some((word) => text.startsWith(`${command} ${word} `)) && !text.includes("--share ");
  const begun = text.replace(/\S*$/, "");
  return [
    ...words.map((word) => ({ line: `${command} ${word}`, more: "", description: "", ...known[word] })),
    ...(sharing ? [{ line: `${begun}--share`, ...share }] : []),
  ];
}
