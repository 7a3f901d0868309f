import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface Started {
  readonly child: ChildProcess;
  /** From spawn to the first 200 of /readyz. */
  readonly readyMs: number;
  readonly url: string;
}

/** Starts a script and waits for its /readyz. */
export async function startTimed(
  script: readonly string[],
  port: number,
  env: Readonly<Record<string, string>>,
): Promise<Started> {
  const started = performance.now();
  const child = spawn(process.execPath, script, {
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? "",
      ...env,
      PORT: String(port),
    },
    stdio: "ignore",
  });
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    const ready = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return { child, readyMs: performance.now() - started, url };
    if (child.exitCode !== null) throw new Error(`${script.join(" ")} ended with ${child.exitCode}`);
    await sleep(3);
  }
}

/** Resident set size as the kernel counts it. */
export function residentBytes(child: ChildProcess): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"));
  return Number(match?.[1] ?? Number.NaN) * 1_024;
}

export async function end(child: ChildProcess, signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}
