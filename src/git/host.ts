import PQueue from "p-queue";
import type { GitLabSettings } from "../config/environment.ts";
import { type Connect, createConnect } from "./gitlab.ts";
import { defaultLimits, type RequestLimits } from "./request.ts";

/** The GitLab project and the two accounts that the bot has there. */
export interface Host {
  /** Path or id. */
  readonly project: string;
  readonly url: string;
  readonly connect: Connect;
  /** As the second account; undefined when there is none. */
  readonly connectApprover: Connect | undefined;
  readonly limits: RequestLimits;
  /** As `Promise.all` over the items, a few at a time; the first failure ends the others. */
  eachOf<T, R>(
    items: readonly T[],
    work: (item: T, signal: AbortSignal) => Promise<R>,
    signal: AbortSignal,
  ): Promise<readonly R[]>;
}

/** Of all reads that belong to one answer, together: GitLab is shared with everybody else. */
const atOnce = 6;

export function createHost(settings: GitLabSettings, limits: RequestLimits = defaultLimits): Host {
  const { project, approverToken } = settings;
  const url = settings.url.replace(/\/+$/, "");
  const queue = new PQueue({ concurrency: atOnce });
  return {
    project,
    url,
    limits,
    connect: createConnect(url, settings.token, limits),
    connectApprover: approverToken === undefined ? undefined : createConnect(url, approverToken, limits),
    async eachOf(items, work, signal) {
      const stop = new AbortController();
      const either = AbortSignal.any([signal, stop.signal]);
      try {
        const tasks = items.map((item) => () => {
          either.throwIfAborted();
          return work(item, either);
        });
        return await queue.addAll(tasks);
      } catch (error) {
        stop.abort(error);
        throw error;
      }
    },
  };
}
