import { LRUCache } from "lru-cache";
import type { Logger } from "../logging.ts";
import { type Report, reportSchema } from "../reports/model.ts";

/** Keeps reports for the buttons under an answer. */
export interface ReportKeeper {
  put(report: Report): Promise<void>;
  get(runId: string): Promise<Report | undefined>;
}

export interface KeyValueStore {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
}

const ttlSeconds = 24 * 3600;

/**
 * In memory, and in the store when it is there, so that a click that lands on another replica, or after a restart, still
 * finds its report. The store's failures cost only that: an answer never waits for it or fails with it.
 */
export function createReportKeeper(store: KeyValueStore | undefined, logger: Logger): ReportKeeper {
  const recent = new LRUCache<string, Report>({ max: 200 });
  const key = (runId: string) => `report:${runId}`;
  return {
    async put(report) {
      recent.set(report.runId, report);
      await store
        ?.set(key(report.runId), JSON.stringify(report), ttlSeconds)
        .catch((err: unknown) => logger.debug({ err }, "report not kept in the store"));
    },
    async get(runId) {
      const here = recent.get(runId);
      if (here !== undefined || store === undefined) return here;
      try {
        const text = await store.get(key(runId));
        return text === null ? undefined : reportSchema.parse(JSON.parse(text));
      } catch (err) {
        logger.debug({ err }, "report not read from the store");
        return undefined;
      }
    },
  };
}
