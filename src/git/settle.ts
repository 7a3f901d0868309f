import { GitError } from "./errors.ts";
import { attempts, pause, type RequestLimits } from "./request.ts";

/**
 * Brings something about that GitLab has no idempotency key for. `look` returns it when it is there; `act` makes it. After every
 * failure it is looked for before anything is done again, because a lost answer does not mean that nothing was done, and a refusal
 * may mean that somebody else has done it. Throws what `act` threw when it is still not there.
 */
export async function settle<T>(
  limits: RequestLimits,
  signal: AbortSignal,
  steps: { readonly look: () => Promise<T | undefined>; readonly act: () => Promise<T> },
): Promise<T> {
  let failure: GitError | undefined;
  for (let attempt = 1; ; attempt++) {
    const found = await steps.look();
    if (found !== undefined) return found;
    if (failure !== undefined && (attempt > attempts || !failure.passing)) throw failure;
    try {
      return await steps.act();
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      failure = error;
      if (error.passing) await pause(attempt, limits, signal);
    }
  }
}
