/** Many times what anything takes: the machine may be busy. */
const withinMs = 60_000;

/** Asks again and again until the answer is yes; rejects with `what` when it never is. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It did not come to this in ${withinMs / 1_000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
