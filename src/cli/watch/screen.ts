import { attention, type Finding } from "../../reports/model.ts";
import { oneLine } from "../../reports/render/clean.ts";
import { footerLine, marked, type TerminalOptions, verdictLines, widthOf } from "../../reports/render/terminal.ts";
import { wrap } from "../../reports/render/wrap.ts";
import type { Seen } from "./changes.ts";
import { changeLine } from "./lines.ts";

/** Where a watch is in time. */
export interface Moment {
  readonly now: Date;
  /** When the round that is on its way began; undefined: none is. */
  readonly since: Date | undefined;
  /** When the next one begins; undefined: one is on its way. */
  readonly next: Date | undefined;
}

export interface ScreenOptions extends TerminalOptions {
  readonly rows: number;
}

const margin = " ".repeat(10);

/**
 * What the screen of a watch shows, at most `rows` lines: the verdict, how old it is, what does not hold, the worst first, and what
 * changed, the newest first, with a mark at what the newest round brought. A line may be wider than the terminal, which cuts it.
 */
export function watchScreen(name: string, seen: Seen, moment: Moment, options: ScreenOptions): readonly string[] {
  const troubles = seen.report === undefined ? [] : attention(seen.report);
  const head = [...verdict(seen, options), timeLine(name, seen, moment)];
  const room = options.rows - head.length;
  const changesRoom = Math.max(Math.floor(room / 3), room - troubleLines(troubles, room, options).length);
  const changes = changeLines(seen, changesRoom, options);
  return [...head, ...troubleLines(troubles, room - changes.length, options), ...changes].slice(0, options.rows);
}

function verdict({ report, failure }: Seen, options: TerminalOptions): readonly string[] {
  if (failure !== undefined) return marked("unknown", `This round could not be made: ${failure}`, options);
  return report === undefined ? [] : verdictLines(report, options);
}

/** How old what stands there is, and when there will be something newer. */
function timeLine(name: string, { report, rounds }: Seen, { now, since, next }: Moment): string {
  const seconds = (from: Date, to: Date) => Math.max(0, Math.round((to.getTime() - from.getTime()) / 1_000));
  return [
    oneLine(name),
    `round ${rounds}`,
    ...(report === undefined ? [] : [`as of ${seconds(new Date(report.startedAt), now)} s ago`]),
    ...(since === undefined ? [] : [`reading for ${seconds(since, now)} s`]),
    ...(next === undefined ? [] : [`next in ${seconds(now, next)} s`]),
    "Ctrl-C ends",
  ].join(", ");
}

/** With their details where there is room for those of all; as many as there is room for otherwise. */
function troubleLines(troubles: readonly Finding[], room: number, options: TerminalOptions): readonly string[] {
  if (troubles.length === 0) return [];
  const heading = ["", "Needs attention"];
  const titles = troubles.map(({ verdict: how, title }) => marked(how, title, options));
  const whole = troubles.flatMap(({ detail }, i) => [
    ...(titles[i] ?? []),
    ...wrap(oneLine(detail), widthOf(options), margin),
  ]);
  if (heading.length + whole.length <= room) return [...heading, ...whole];
  const short = titles.map(([first = ""]) => first);
  const fitting = Math.max(0, room - heading.length);
  if (short.length <= fitting) return [...heading, ...short];
  const shown = short.slice(0, Math.max(0, fitting - 1));
  return [...heading, ...shown, `${margin}… ${short.length - shown.length} more`];
}

function changeLines({ changes, at }: Seen, room: number, options: TerminalOptions): readonly string[] {
  const shown = changes.slice(-Math.max(1, room - 2)).toReversed();
  if (shown.length === 0) return [];
  return [
    "",
    "Changes, the newest first",
    ...shown.map((change) => `${change.at === at ? ">" : " "} ${changeLine(change, options)}`),
  ];
}

/** What stays on the terminal: every change as it happened, then how it was in the end. */
export function endLines(seen: Seen, options: TerminalOptions): readonly string[] {
  const { changes, forgotten, report } = seen;
  return [
    ...(forgotten === 0 ? [] : [`… ${forgotten} earlier changes`]),
    ...changes.map((change) => changeLine(change, options)),
    ...(seen.rounds === 0 ? [] : ["", ...verdict(seen, options)]),
    ...(report === undefined
      ? []
      : [...attention(report).flatMap(({ verdict: how, title }) => marked(how, title, options)), footerLine(report)]),
  ];
}
