import type { TerminalOptions } from "../../reports/render/terminal.ts";
import type { CliDeps, Screen } from "../deps.ts";
import type { Seen } from "./changes.ts";
import { changeLine } from "./lines.ts";
import { endLines, type Moment, watchScreen } from "./screen.ts";

/** Where a watch is seen. */
export interface Display {
  show(seen: Seen, moment: Omit<Moment, "now">): void;
  end(seen: Seen): void;
}

type Out = Pick<CliDeps, "stdout">;

/** For a pipe or a file: what is known first, then a line for each change, and no control characters. */
export function lineDisplay({ stdout }: Out): Display {
  let printed = 0;
  return {
    show({ changes, forgotten }) {
      const fresh = changes.slice(Math.max(0, printed - forgotten));
      printed = forgotten + changes.length;
      if (fresh.length > 0) stdout(`${fresh.map((change) => changeLine(change, { colour: false })).join("\n")}\n`);
    },
    end() {},
  };
}

/** The alternate screen without a cursor; lines that are too long are cut, because a wrapped one would push others out. */
const enter = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const leave = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const [home, clearLine, clearBelow, clearAll] = ["\u001b[H", "\u001b[K", "\u001b[J", "\u001b[2J"];
const tickMs = 1_000;

/** Draws over the terminal, and anew every second and when its size changes. At the end the terminal is as before, with the changes on it. */
export function screenDisplay(name: string, screen: Screen, colour: boolean, { stdout }: Out): Display {
  let latest: readonly [Seen, Omit<Moment, "now">] | undefined;
  const options = (): TerminalOptions & { readonly rows: number } => ({
    colour,
    columns: screen.columns || 80,
    rows: screen.rows || 24,
  });
  const draw = () => {
    if (latest === undefined) return;
    const [seen, moment] = latest;
    const lines = watchScreen(name, seen, { ...moment, now: new Date() }, options());
    stdout(`${home}${lines.map((line) => `${line}${clearLine}`).join("\r\n")}${clearBelow}`);
  };
  const onResize = () => {
    stdout(clearAll);
    draw();
  };
  const restore = () => stdout(leave);
  stdout(enter);
  // Also when something breaks that nobody has thought of: a terminal without a cursor is no place to find out in.
  process.once("exit", restore);
  screen.on("resize", onResize);
  const timer = setInterval(draw, tickMs);
  return {
    show(seen, moment) {
      latest = [seen, moment];
      draw();
    },
    end(seen) {
      clearInterval(timer);
      screen.off("resize", onResize);
      process.off("exit", restore);
      restore();
      const lines = endLines(seen, options());
      if (lines.length > 0) stdout(`${lines.join("\n")}\n`);
    },
  };
}
