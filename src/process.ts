/** Begins something until it has begun: sooner at first, then every half minute. */
export async function keepStarting(start: () => Promise<void>, onFailure: (error: unknown) => void): Promise<void> {
  for (let delayMs = 500; ; delayMs = Math.min(delayMs * 2, 30_000)) {
    try {
      return await start();
    } catch (error) {
      onFailure(error);
      await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
    }
  }
}

/** Resolves with the signal that tells this process to stop. */
export function untilTold(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  });
}
