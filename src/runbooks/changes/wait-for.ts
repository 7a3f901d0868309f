import { setTimeout as sleep } from "node:timers/promises";

const pauseMs = 500;

/** Asks again every half second until there is an answer. The step's time limit ends it. */
export async function waitFor<T>(signal: AbortSignal, ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(pauseMs, undefined, { signal });
  }
}
