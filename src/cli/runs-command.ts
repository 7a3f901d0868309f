import type { z } from "zod";
import { BotError } from "../errors.ts";
import { attention, conclusionSchema } from "../reports/model.ts";
import { clean } from "../reports/render/clean.ts";
import { attentionLines, tableLines } from "../reports/render/terminal.ts";
import type { Checkpoint, RunRecord } from "../runbooks/durable/record.ts";

export interface RunsQuestion {
  /** One run, with its steps; undefined: the newest. */
  readonly id?: string;
  readonly waiting: boolean;
  readonly json: boolean;
  readonly most: number;
}

/** What `dfbot runs` prints: the changes that were asked for, newest first, or one of them with everything that was done. */
export function runsText(records: readonly RunRecord[], { id, waiting, json, most }: RunsQuestion): string {
  if (id !== undefined) {
    const found = records.find((record) => record.id === id);
    if (found === undefined) {
      throw new BotError(
        "run.unknown",
        `There is no run "${id}"`,
        "It may have been forgotten: the audit log has it for good. See: dfbot runs",
      );
    }
    return json ? `${JSON.stringify(found, null, 2)}\n` : oneRun(found);
  }
  const shown = records
    .filter(({ state }) => !waiting || state === "waiting")
    .toReversed()
    .slice(0, most);
  if (json) return `${JSON.stringify({ runs: shown }, null, 2)}\n`;
  if (shown.length === 0) return waiting ? "Nothing waits for a decision.\n" : "No change has been asked for yet.\n";
  return `${shown.map(line).join("\n")}\n`;
}

function line({ id, runbook, state, requester, requestedAt, lock }: RunRecord): string {
  return clean(
    `${id}  ${state.padEnd(9)}  ${runbook}${lock === undefined ? "" : ` on ${lock}`}, asked for by ${requester.id} at ${requestedAt}`,
  );
}

function oneRun(record: RunRecord): string {
  const { failure, cancel } = record;
  const conclusion = conclusionSchema.safeParse(record.conclusion).data;
  const ends = [
    ...(failure === undefined ? [] : [`${failure.message}. ${failure.next}`]),
    ...(conclusion === undefined ? [] : [conclusion.summary]),
    ...(cancel === undefined ? [] : [`cancelled by ${cancel.by} at ${cancel.at}`]),
    ...(record.endedAt === undefined ? [] : [`ended at ${record.endedAt}`]),
  ];
  const lines = [line(record), ...record.checkpoints.flatMap(steps), ...ends.map((text) => `  ${text}`)];
  return `${[...lines.map(clean), ...(conclusion === undefined ? [] : found(conclusion))].join("\n")}\n`;
}

/** What it found at its end, as a report has it. */
function found(conclusion: z.infer<typeof conclusionSchema>): readonly string[] {
  const options = { colour: false, columns: width };
  return [
    ...attentionLines(attention(conclusion), options),
    ...conclusion.tables.flatMap((table) => tableLines(table, width)),
  ];
}
const width = 120;

function steps(checkpoint: Checkpoint): readonly string[] {
  switch (checkpoint.kind) {
    case "sleep":
      return [`  slept until ${checkpoint.until}`];
    case "step": {
      const { name, doneAt, failure, begunAt } = checkpoint;
      if (failure !== undefined) return [`  x ${name}: ${failure.message}`];
      return [doneAt === undefined ? `  . ${name}, since ${begunAt}` : `  + ${name}, ${doneAt}`];
    }
    case "approval": {
      const { digest, expiresAt, outcome, votes } = checkpoint;
      const said = votes.map(
        ({ person, choice, at, reason }) => `    ${person} ${choice} at ${at}${reason === "" ? "" : `: ${reason}`}`,
      );
      const state = outcome === undefined ? `open until ${expiresAt}` : outcome.state;
      return [`  ? plan ${digest}: ${state}`, ...said];
    }
  }
}
