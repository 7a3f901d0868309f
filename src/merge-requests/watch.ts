import { hasEnded, type RunRecord } from "../runbooks/durable/record.ts";
import { mergeRequestOf } from "../runbooks/tenants/merge-request-of.ts";
import { type LookDeps, lookAt } from "./look.ts";

export interface WatchDeps extends LookDeps {
  /** All that are kept, also those that have ended. */
  runs(): Promise<readonly RunRecord[]>;
  /** A look that failed; the next one comes by itself. */
  onTrouble(error: unknown): void;
}

/** Where something may have happened; with neither, anywhere. */
export interface Hint {
  readonly mergeRequest?: number | undefined;
  /** Was pushed to. What happens to the branch of a merge request is told of the merge request as well. */
  readonly branch?: string | undefined;
}

export interface MergeRequestWatch {
  /** Something may have happened: looks at once, whoever says so. The truth is read from the Git host. */
  hint(hint: Hint): void;
  start(): void;
  stop(): Promise<void>;
}

/** Several hints of one thing that happened become one look. */
const gatherMs = 150;
const lookWithinMs = 30_000;
/** No merge request has this number: all of them. */
const everything = 0;

/**
 * Keeps runs and merge requests in step: by hints, which webhooks give within a second, and by looking at all of them every
 * `tenants.pollSeconds`, should hints be lost. Every replica may do so: what it does is done once.
 */
export function createMergeRequestWatch(deps: WatchDeps): MergeRequestWatch {
  const wanted = new Set<number>();
  const stopping = new AbortController();
  let looking: Promise<void> | undefined;
  let gathering: NodeJS.Timeout | undefined;
  let polling: NodeJS.Timeout | undefined;

  const look = async () => {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(lookWithinMs)]);
    const named = [...wanted];
    wanted.clear();
    const runs = await deps.runs();
    const iids = named.includes(everything) ? await allOf(runs, deps, signal) : named;
    for (const iid of iids) {
      await lookAt(iid, runs, deps, signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) deps.onTrouble(error);
      });
    }
  };
  const begin = () => {
    gathering = undefined;
    // Whatever is hinted at meanwhile is looked at afterwards.
    if (looking !== undefined) return;
    looking = look()
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) deps.onTrouble(error);
      })
      .finally(() => {
        looking = undefined;
        if (wanted.size > 0 && !stopping.signal.aborted) begin();
      });
  };
  const hint = ({ mergeRequest, branch = deps.config.tenants.branch }: Hint) => {
    if (stopping.signal.aborted) return;
    if (mergeRequest === undefined && branch !== deps.config.tenants.branch) return;
    wanted.add(mergeRequest ?? everything);
    gathering ??= setTimeout(begin, gatherMs);
  };
  return {
    hint,
    start: () => {
      hint({});
      polling = setInterval(() => hint({}), deps.config.tenants.pollSeconds * 1_000);
    },
    stop: async () => {
      clearInterval(polling);
      clearTimeout(gathering);
      stopping.abort();
      await looking;
    },
  };
}

/** The open ones, and those that runs are about although they are not open any more. */
async function allOf(runs: readonly RunRecord[], { git, config }: LookDeps, signal: AbortSignal): Promise<Set<number>> {
  const open = await git.openMergeRequests(config.tenants.branch, signal);
  const about = runs.flatMap((record) => {
    const iid = hasEnded(record.state) ? undefined : mergeRequestOf(record)?.iid;
    return iid === undefined ? [] : [iid];
  });
  return new Set([...about, ...open.map(({ iid }) => iid)]);
}
