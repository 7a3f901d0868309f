/** Name of the effect that merges, in a run's record. */
export const mergeEffect = "have GitLab merge exactly what was approved";

/** Key of the effect that merges; the merge request and its head can be read off it. */
export function mergeKey(iid: number, head: string): string {
  return `merge-request/${iid}/merge/${head}`;
}

/** The merge request and the head that a key of an effect is about. */
export function readMergeKey(key: string): { readonly iid: number; readonly head: string } | undefined {
  const [, iid, head] = /^merge-request\/(\d+)\/merge\/([0-9a-f]+)$/.exec(key) ?? [];
  return iid === undefined || head === undefined ? undefined : { iid: Number(iid), head };
}
