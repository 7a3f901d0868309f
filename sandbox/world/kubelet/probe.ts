import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const pauseMs = 100;

export interface ProbeTarget {
  readonly script: string;
  readonly ip: string;
  readonly env: Readonly<Record<string, string>>;
  /** Ends the asking. */
  readonly stopped: Promise<unknown>;
}

/**
 * Resolves when the container's readiness script first succeeds; rejects when the container is gone before. The script is
 * the manifest's own, run with the same shell and redis-cli as in the container; only the address differs, which is
 * there 127.0.0.1.
 */
export async function whenReady({ script, ip, env, stopped }: ProbeTarget): Promise<void> {
  let gone = false;
  void stopped.then(() => {
    gone = true;
  });
  while (!gone) {
    const ready = await run("/bin/sh", [script], {
      timeout: 5_000,
      env: { PATH: process.env["PATH"], ...env, HEALTHCHECK_HOST: ip },
    }).then(
      () => true,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new Error("the container ended before it was ready");
}
