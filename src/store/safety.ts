/** Why this store may lose the queue although it works now. One sentence each, with what to do. */
export function queueDangers(info: ReadonlyMap<string, string>): readonly string[] {
  const dangers: string[] = [];
  const policy = info.get("maxmemory_policy") ?? "";
  if (info.get("cache_mode") === "cache" || !["", "noeviction"].includes(policy)) {
    dangers.push("it evicts keys when memory is short, the queue's too: run it without --cache_mode");
  }
  const used = Number(info.get("used_memory") ?? 0);
  const most = Number(info.get("maxmemory") ?? 0);
  if (most > 0 && used / most > fullRatio) {
    dangers.push(
      `${Math.round((used / most) * 100)} % of its memory is used, and it refuses writes at 100 %: free some or raise maxmemory`,
    );
  }
  if (neverSaves(info)) dangers.push("it has never saved a snapshot: a restart empties the queue; set --snapshot_cron");
  const failed = Number(info.get("last_failed_save") ?? 0);
  if (failed > 0 && failed >= Number(info.get("last_success_save") ?? 0)) {
    const why = info.get("last_error") ?? "";
    dangers.push(`its last snapshot failed${why === "" ? "" : ` (${why})`}: look at its volume`);
  }
  return dangers;
}

/** A queue fails when the store is full, and a growing instance gets there within the time that people need to react. */
const fullRatio = 0.9;
/** A cron of six hours and some: a younger server may just not have come to its first. */
const firstSaveWithinSeconds = 7 * 3600;

/** Dragonfly names a file once it has one; Redis says whether it keeps a log of writes and since when it has not saved. */
function neverSaves(info: ReadonlyMap<string, string>): boolean {
  if (Number(info.get("uptime_in_seconds") ?? 0) < firstSaveWithinSeconds) return false;
  if (info.has("dragonfly_version")) return (info.get("last_saved_file") ?? "") === "";
  return info.get("aof_enabled") !== "1" && Number(info.get("rdb_saves") ?? 0) === 0;
}
