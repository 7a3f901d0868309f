import { explain } from "../../errors.ts";
import { follows } from "../changes/election.ts";
import { type ChangeDeps, lookAtMembers, type Member } from "../changes/members.ts";

/** Whether everybody follows a new primary; `missing`: what is still astray, empty when nothing is. */
export interface SyncState {
  readonly primary: string | null;
  readonly missing: string;
}

/** How it is now. While pods are on their way the picture is not whole, and what is missing is said. */
export async function syncState(
  deps: Pick<ChangeDeps, "config" | "platform">,
  given: string | undefined,
  before: Pick<Member, "uid" | "pod">,
  replicas: number,
  signal: AbortSignal,
): Promise<SyncState> {
  try {
    const now = await lookAtMembers(given, deps, signal);
    if (now.primary.uid === before.uid) return { primary: null, missing: `${before.pod} is still the primary` };
    const astray = now.replicas.filter((one) => !follows(one, now.primary)).map(({ pod }) => `${pod} is not in sync`);
    const few = now.replicas.length < replicas ? [`${now.replicas.length} of ${replicas} replicas are there`] : [];
    return { primary: now.primary.pod, missing: [...few, ...astray].join("; ") };
  } catch (error) {
    signal.throwIfAborted();
    return { primary: null, missing: explain(error) };
  }
}
