/** The last lines of one container. */
export interface LogBuffer {
  add(line: string): void;
  text(tailLines: number | undefined): string;
}

const limit = 2_000;

export function createLogBuffer(): LogBuffer {
  const lines: string[] = [];
  return {
    add: (line) => {
      lines.push(line);
      if (lines.length > limit) lines.shift();
    },
    text: (tailLines) => {
      const wanted = tailLines === undefined ? lines : tailLines === 0 ? [] : lines.slice(-tailLines);
      return wanted.map((line) => `${line}\n`).join("");
    },
  };
}
