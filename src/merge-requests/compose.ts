import type { ChangeSurface } from "../commands/changes/surface.ts";
import type { Config } from "../config/file.ts";
import { BotError } from "../errors.ts";
import type { Logger } from "../logging.ts";
import type { GitChanges, GitReader } from "../platform/git.ts";
import type { RunRecord } from "../runbooks/durable/record.ts";
import { touchesTenants } from "../tenants/places.ts";
import type { LookDeps } from "./look.ts";
import { createMergeRequestWatch, type MergeRequestWatch } from "./watch.ts";

export interface MergeRequestsOptions {
  readonly config: Config;
  readonly git: GitReader;
  readonly gitChanges: GitChanges;
  readonly changes: Pick<ChangeSurface, "driver" | "runs" | "now">;
  readonly logger: Logger;
  /** Posts the card of a run that has none. One that cannot be posted comes with the next look at the runs. */
  postCard(record: RunRecord): void;
  /** Brings a run's card up to date. */
  show(record: RunRecord): void;
  /** Says something in the thread of a run's card. */
  say(record: RunRecord, text: string): Promise<void>;
}

/** The watch over the merge requests of the Git project, with the real things behind it. */
export function composeMergeRequests(options: MergeRequestsOptions): MergeRequestWatch {
  const { config, logger, changes, git, gitChanges } = options;
  const channel = config.slack.channels.operations;
  const review: LookDeps["review"] = async ({ id, iid, requester }) => {
    if (channel === undefined) {
      logger.warn({ iid }, "a merge request that touches tenants has no card: slack.channels.operations is not set");
      return;
    }
    const wanted = { id, runbook: "review", params: { mergeRequest: iid }, requester, slack: { channel } };
    const accepted = await changes.driver.submit(wanted).catch((error: unknown) => {
      // Another replica was quicker, or its last head is still being decided about.
      if (error instanceof BotError && ["run.exists", "run.locked"].includes(error.code)) return undefined;
      throw error;
    });
    if (accepted !== undefined) options.postCard(accepted);
  };
  return createMergeRequestWatch({
    config,
    git,
    changes: gitChanges,
    touchesTenants: (path) => touchesTenants(path, config),
    driver: changes.driver,
    runs: changes.runs,
    review,
    show: options.show,
    say: (record, text) =>
      options.say(record, text).catch((err: unknown) => {
        logger.warn({ err, run: record.id }, "what happened to a merge request is not said in its thread");
      }),
    now: changes.now,
    onTrouble: (err) => logger.warn({ err }, "merge requests could not be looked at; the next look comes by itself"),
  });
}
