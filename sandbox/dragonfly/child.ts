import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { onPath } from "./find-store.ts";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly at: Date;
}

/** A child process that cannot outlive the sandbox. */
export interface Child {
  readonly pid: number;
  readonly startedAt: Date;
  /** Resolves when it is gone. */
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
}

const alive = new Set<ChildProcess>();
let watching = false;

/**
 * Starts a program and hands every line it prints to `onLine`.
 *
 * Whatever ends this process also ends the child: an ordinary exit through the handler below, SIGKILL through the
 * kernel's parent-death signal where `setpriv` (util-linux) is there to set it.
 */
export function startChild(
  command: string,
  args: readonly string[],
  options: {
    readonly cwd?: string | undefined;
    /** Written to its standard input, which is then closed: the way to hand over what the process list must not show. */
    readonly input?: string | undefined;
    readonly onLine: (line: string) => void;
    /** The whole environment of a program that is asked by messages (a Node program); others inherit this process's. */
    readonly talk?: { readonly env: NodeJS.ProcessEnv; readonly onMessage: (message: unknown) => unknown } | undefined;
  },
): Child {
  watchExit();
  const { talk } = options;
  const setpriv = onPath("setpriv", process.env["PATH"] ?? "");
  const [program, programArgs] =
    setpriv === undefined ? [command, args] : [setpriv, ["--pdeathsig", "KILL", "--", command, ...args]];
  const child = spawn(program, programArgs, {
    stdio: talk === undefined ? "pipe" : ["pipe", "pipe", "pipe", "ipc"],
    ...(talk === undefined ? {} : { env: talk.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  // A program that does not read its input may close it early; its exit tells the rest.
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input ?? "");
  if (talk !== undefined)
    child.on("message", (message) => child.connected && child.send(Object(talk.onMessage(message))));
  alive.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on("line", options.onLine);
  }
  const exited = new Promise<Exit>((resolve) => {
    const done = (code: number | null, signal: NodeJS.Signals | null) => {
      alive.delete(child);
      resolve({ code, signal, at: new Date() });
    };
    // What somebody waits for is printed at the very end; a store's own children may keep its output open for long.
    child.once(talk === undefined ? "exit" : "close", done);
    child.once("error", (error) => {
      options.onLine(`${command}: ${error.message}`);
      done(127, null);
    });
  });
  return {
    pid: child.pid ?? -1,
    startedAt: new Date(),
    exited,
    kill: (signal) => {
      child.kill(signal);
    },
  };
}

function watchExit(): void {
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const child of alive) child.kill("SIGKILL");
  });
}
