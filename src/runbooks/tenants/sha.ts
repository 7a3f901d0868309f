/** The first eight digits of a commit, for people. */
export function shortSha(sha: string): string {
  return sha.slice(0, 8);
}
