import type { GitReader } from "../../platform/git.ts";

/** Commits that are looked at; who is further behind than that has something else to look after. */
const mostCommits = 200;
/** Clocks of those who push differ. */
const skewMs = 3_600_000;

/**
 * Whether a commit has another one in it: is it, or came after it. Undefined when that could not be told within reason. Commits that are
 * older than the one looked for are not followed further.
 */
export async function contains(
  git: Pick<GitReader, "commit">,
  newer: string,
  sought: string,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  if (newer === sought) return true;
  const oldest = Date.parse((await git.commit(sought, signal)).at) - skewMs;
  const seen = new Set<string>([newer]);
  const queue = [newer];
  for (let looks = 0; queue.length > 0; looks++) {
    if (looks >= mostCommits) return undefined;
    const { parents, at } = await git.commit(queue.shift() ?? "", signal);
    if (parents.includes(sought)) return true;
    if (Date.parse(at) < oldest) continue;
    for (const parent of parents) {
      if (!seen.has(parent)) queue.push(parent);
      seen.add(parent);
    }
  }
  return false;
}
