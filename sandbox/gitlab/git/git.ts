import { type ChildProcess, spawn } from "node:child_process";
import { LRUCache } from "lru-cache";

/** A git command that ended with another exit code than 0. */
export class GitFailure extends Error {
  readonly exitCode: number;
  /** What it wrote to its standard output all the same. */
  readonly output: Buffer;

  constructor(command: string, exitCode: number, output: Buffer, complaint: string) {
    super(`git ${command} ended with ${exitCode}: ${complaint.trim()}`);
    this.name = "GitFailure";
    this.exitCode = exitCode;
    this.output = output;
  }
}

export interface GitInput {
  readonly stdin?: string | Buffer;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The commands of one bare repository. */
export interface Git {
  readonly path: string;
  /** Standard output as bytes. Throws GitFailure. */
  bytes(command: readonly string[], input?: GitInput): Promise<Buffer>;
  text(command: readonly string[], input?: GitInput): Promise<string>;
  /** The trimmed output; undefined when the command failed. */
  maybe(command: readonly string[]): Promise<string | undefined>;
  /** The same, for a command that names objects by their sha only: its answer never changes, so it is remembered. */
  fixed(command: readonly string[]): Promise<string | undefined>;
}

/** Settings of the machine it runs on must change nothing about what the simulation does. */
const alone = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};

export function openGit(path: string): Git {
  const bytes: Git["bytes"] = (command, { stdin = "", environment = {} } = {}) =>
    new Promise((resolve, reject) => {
      const child: ChildProcess = spawn("git", ["--git-dir", path, "-c", "core.quotePath=false", ...command], {
        env: { PATH: process.env["PATH"], ...alone, ...environment },
      });
      const output: Buffer[] = [];
      let complaint = "";
      child.stdout?.on("data", (chunk: Buffer) => void output.push(chunk));
      child.stderr?.on("data", (chunk: Buffer) => {
        complaint += chunk.toString();
      });
      child.on("error", reject);
      child.on("close", (code) => {
        const all = Buffer.concat(output);
        if (code === 0) resolve(all);
        else reject(new GitFailure(command[0] ?? "", code ?? -1, all, complaint));
      });
      // A command that fails early no longer reads what it is given.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(stdin);
    });
  const text: Git["text"] = async (command, input) => (await bytes(command, input)).toString("utf8");
  const maybe: Git["maybe"] = async (command) => {
    try {
      return (await text(command)).trim();
    } catch (error) {
      if (error instanceof GitFailure) return undefined;
      throw error;
    }
  };
  const known = new LRUCache<string, { readonly answer: string | undefined }>({ max: 1_000 });
  return {
    path,
    bytes,
    text,
    maybe,
    async fixed(command) {
      const key = command.join("\0");
      const found = known.get(key);
      if (found !== undefined) return found.answer;
      const answer = await maybe(command);
      // What is not there yet may come.
      if (answer !== undefined) known.set(key, { answer });
      return answer;
    },
  };
}
