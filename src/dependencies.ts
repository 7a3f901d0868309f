import type { DependencyCheck } from "./checks.ts";
import type { Config } from "./config/file.ts";
import { BotError } from "./errors.ts";
import type { GitReader } from "./platform/git.ts";
import type { Platform } from "./platform/ports.ts";
import type { Store } from "./store/store.ts";

export interface DependencyDeps {
  readonly config: Config;
  readonly platform: Platform;
  readonly store: Store;
  readonly slack: DependencyCheck["check"];
  /** Whether a Git project is configured: what is not there is not missed. */
  readonly git: boolean;
}

/** The one that the bot's own work depends on: noticed within seconds. */
const storeCheckEveryMs = 2_000;

/** What the bot needs, and how each of it is looked at. Only without Slack it could do nothing useful. */
export function dependencyChecks({ config, platform, store, slack, git }: DependencyDeps): readonly DependencyCheck[] {
  return [
    { name: "slack", whenFailing: "down", check: slack },
    { name: "store", whenFailing: "degraded", everyMs: storeCheckEveryMs, check: () => storeState(store) },
    ...config.clusters.map(
      ({ name }): DependencyCheck => ({
        name: `cluster ${name}`,
        whenFailing: "degraded",
        check: async (signal) => `answers, ${await platform.cluster(name).serverVersion(signal)}`,
      }),
    ),
    {
      name: "metrics",
      whenFailing: "degraded",
      check: async (signal) => `answers, ${(await platform.metrics.query("vector(1)", signal)).length} sample`,
    },
    ...(git ? [gitLabCheck(platform.git, config.tenants.branch)] : []),
  ];
}

/** The queue's counts, and what may lose it although it works now. */
async function storeState(store: Store): Promise<string> {
  const counts = await store.checkQueue();
  const dangers = await store.dangers();
  return dangers.length === 0 ? counts : `${counts}. The queue is not safe there: ${dangers.join("; ")}`;
}

/** A branch that is not there is as good as no project: it is what Flux applies. */
function gitLabCheck(git: GitReader, branch: string): DependencyCheck {
  return {
    name: "gitlab",
    whenFailing: "degraded",
    check: async (signal) => {
      const head = await git.head(branch, signal);
      if (head !== undefined) return `answers, ${branch} is at ${head.slice(0, 8)}`;
      throw new BotError(
        "git.not-found",
        `GitLab answers, and the project has no branch ${branch}`,
        "Set tenants.branch",
      );
    },
  };
}
