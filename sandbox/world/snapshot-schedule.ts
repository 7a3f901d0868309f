import { CronExpressionParser } from "cron-parser";
import type { ObjectStore } from "../kubernetes/object-store.ts";
import type { Kubelet } from "./kubelet/kubelet.ts";
import { podsOf } from "./operator/objects.ts";
import { places } from "./places.ts";
import { dragonflyView, listViews } from "./views.ts";

/** Saves when the schedule of a Dragonfly resource says so; for stores that have no schedule of their own. */
export function createSnapshotSchedule(objects: ObjectStore, kubelet: Kubelet, startedAt: Date): (now: Date) => void {
  let looked = startedAt;
  return (now) => {
    for (const resource of listViews(objects, places.dragonflies, dragonflyView)) {
      const { cron, enableOnMasterOnly } = resource.spec.snapshot ?? {};
      if (cron === undefined || !isDue(cron, looked, now)) continue;
      for (const { metadata } of podsOf(objects, resource)) {
        if (enableOnMasterOnly === true && metadata.labels["role"] !== "master") continue;
        // A failure shows in INFO PERSISTENCE and in the backup metrics, as it does with Dragonfly.
        kubelet
          .container(metadata.namespace, metadata.name)
          ?.snapshot()
          .catch(() => undefined);
      }
    }
    looked = now;
  };
}

/** Whether a cron expression has a time after `since`, up to and including `now`. */
function isDue(cron: string, since: Date, now: Date): boolean {
  try {
    return CronExpressionParser.parse(cron, { currentDate: since, tz: "UTC" }).next().toDate() <= now;
  } catch {
    return false;
  }
}
