import { BotError } from "../../errors.ts";
import type { ServerUser } from "../../platform/server.ts";
import type { Finding } from "../../reports/model.ts";
import { userRulesIn } from "../../tenants/user-rules.ts";
import type { DurableContext, StepContext } from "../durable/definition.ts";
import { findingsAfterLoading, hasChange } from "./access-list-findings.ts";
import { type AccessLists, addressOf, lookAtAccessLists, type PodAccessList } from "./access-list-look.ts";
import type { TenantDeps } from "./deps.ts";
import type { WantedAccessList } from "./follow-aim.ts";
import { baseOf } from "./plan-change.ts";
import { readTree } from "./tree.ts";

/** Between two rounds, in seconds; the last one stays. */
const pauses = [5, 10, 15, 30] as const;
/** Between two loads where clients are connected: each closes their connections. */
const servingPauseSeconds = 30;
const loadWithinMs = 60_000;

export interface LoadOptions {
  /** How much is left of the time in which the change is to serve. */
  readonly leftMs: number;
  /** Why nothing may be loaded; empty when it may. */
  readonly notLoaded: string;
}

/**
 * Has every pod of the shared instance read its access list anew, until each has what the change brings: the file in a pod follows its
 * Secret with a delay that nobody can see. Replicas come first, because nobody is connected there: a load closes the connections of all
 * users. So the file has proven itself before it comes to the pod that serves, and that one is seldom loaded in vain.
 */
export async function loadAccessList(
  context: DurableContext<unknown>,
  deps: TenantDeps,
  wanted: WantedAccessList,
  { leftMs, notLoaded }: LoadOptions,
): Promise<readonly Finding[]> {
  const look = (name: string) =>
    context.step(name, ({ signal }) => lookAtAccessLists(deps, wanted.instance, signal), {
      timeoutMs: loadWithinMs,
      retries: 3,
      backoffMs: 2_000,
    });
  const before = await look("look who may log in on each pod");
  const refused = new Map<string, { words: string; sinceMs: number }>();
  // What is refused then is the file that stays.
  const mountedWithinMs = deps.config.tenants.mountSeconds * 1_000;
  const limitMs = Math.max(leftMs, mountedWithinMs);
  let now = before;
  let waitedMs = 0;
  let servingAtMs = 0;
  let settled = false;
  for (let rounds = 0; notLoaded === ""; rounds++) {
    const due = dueNow(now, wanted, waitedMs >= servingAtMs);
    if (due.length > 0) {
      const words = await load(context, deps, wanted, due);
      for (const { pod } of due) {
        const said = words[pod];
        if (said === undefined) refused.delete(pod);
        else refused.set(pod, { words: said, sinceMs: refused.get(pod)?.sinceMs ?? waitedMs });
      }
      if (due.some(({ serves }) => serves)) servingAtMs = waitedMs + servingPauseSeconds * 1_000;
      const left = behind(now, wanted).length;
      now = await look("look again who may log in on each pod");
      // Whoever was waited for may be done, and the next one's turn has come.
      if (behind(now, wanted).length < left && rounds < mostRounds) continue;
    }
    const done = isDone(now, wanted);
    if (done && settled) break;
    settled = done;
    const stays = [...refused.values()].some(({ sinceMs }) => waitedMs - sinceMs >= mountedWithinMs);
    if (!done && (stays || waitedMs >= limitMs || rounds >= mostRounds)) break;
    const seconds = done ? deps.config.tenants.settleSeconds : (pauses[Math.min(rounds, pauses.length - 1)] ?? 30);
    waitedMs += seconds * 1_000;
    await context.sleep(done ? "looks once more soon" : waitsFor(now, wanted), seconds * 1_000);
    now = await look("look again who may log in on each pod");
  }
  const latest = await context.step(
    "read whom Git has by now",
    async ({ signal }): Promise<readonly ServerUser[]> => {
      const tree = await readTree(deps.platform.git, deps.config, await baseOf(deps, signal), signal);
      return userRulesIn(tree, deps.config);
    },
    { timeoutMs: loadWithinMs, retries: 3, backoffMs: 2_000 },
  );
  const words = Object.fromEntries([...refused].map(([pod, one]) => [pod, one.words]));
  return findingsAfterLoading({ wanted, before, now, refused: words, notLoaded, latest });
}

/** Ends what would go on for ever: pods that come and go. */
const mostRounds = 60;

function behind({ pods }: AccessLists, wanted: WantedAccessList): readonly PodAccessList[] {
  return pods.filter((one) => one.users !== null && !hasChange(wanted, one));
}

function isDone(seen: AccessLists, wanted: WantedAccessList): boolean {
  const { pods, problem } = seen;
  return problem === "" && pods.length >= wanted.pods && pods.every((one) => hasChange(wanted, one));
}

/** Whose turn it is: replicas that are behind; when none is, the one that serves. */
function dueNow(seen: AccessLists, wanted: WantedAccessList, servingToo: boolean): readonly PodAccessList[] {
  const all = behind(seen, wanted);
  const replicas = all.filter(({ serves }) => !serves);
  if (replicas.length > 0) return replicas;
  return servingToo ? all : [];
}

function waitsFor(seen: AccessLists, wanted: WantedAccessList): string {
  const lacking = seen.pods.filter((one) => !hasChange(wanted, one));
  const first = lacking.find(({ serves }) => !serves) ?? lacking[0];
  if (first === undefined) return "waits for the pods";
  return first.users === null
    ? `waits: ${first.pod} could not be asked`
    : `waits: ${first.pod} does not have the new access list yet`;
}

/** Gives ACL LOAD to some pods, and returns the words of those that refuse. Loading twice is loading once. */
function load(
  context: DurableContext<unknown>,
  deps: TenantDeps,
  wanted: WantedAccessList,
  due: readonly PodAccessList[],
): Promise<Readonly<Record<string, string>>> {
  const has = async (one: PodAccessList, signal: AbortSignal) => {
    const users = await deps.platform.servers.users(addressOf(wanted.instance, one), signal).catch(() => null);
    return hasChange(wanted, { ...one, users });
  };
  return context.effect(
    `have ${due.map(({ pod }) => pod).join(", ")} load the access list`,
    {
      find: async ({ signal }: StepContext) => {
        for (const one of due) if (!(await has(one, signal))) return undefined;
        return {};
      },
      apply: async ({ signal }: StepContext) => {
        const words: Record<string, string> = {};
        for (const one of due) {
          if (await has(one, signal)) continue;
          try {
            await deps.changes.loadAccessList(addressOf(wanted.instance, one), signal);
          } catch (error) {
            signal.throwIfAborted();
            if (!(error instanceof BotError)) throw error;
            // A pod that cannot be asked now may be asked the next time, or is another one by then.
            if (error.code === "server.acl") words[one.pod] = error.message;
          }
        }
        return words;
      },
    },
    { timeoutMs: loadWithinMs, retries: 3, backoffMs: 2_000 },
  );
}
