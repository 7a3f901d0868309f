import { setTimeout as sleep } from "node:timers/promises";
import { BotError } from "../../errors.ts";
import type { DurableContext } from "../durable/definition.ts";
import { addressOf, type ChangeDeps, lookAtMembers, type Member, type Members, targetOf } from "./members.ts";
import { waitFor } from "./wait-for.ts";

/** A server that neither saves nor has saved after so many looks, half a second apart, has failed to. */
const silentLooks = 20;

/**
 * Saves the primary's data once, and waits until the server itself says that it did: its OK says nothing about that. Returns the primary
 * as it is then.
 *
 * @throws BotError `snapshot.failed` with the server's reason
 */
export async function saveData(
  context: Pick<DurableContext<unknown>, "effect" | "step">,
  deps: ChangeDeps,
  { instance, primary }: Pick<Members, "instance" | "primary">,
): Promise<Member> {
  const saved = async (signal: AbortSignal) => {
    const { primary: now } = await lookAtMembers(targetOf(instance), deps, signal);
    return { ...now, newer: now.savedAt !== null && now.savedAt !== primary.savedAt };
  };
  await context.effect("save", {
    find: async ({ signal }) => {
      const { newer, saving } = await saved(signal);
      return newer || saving ? "already" : undefined;
    },
    apply: async ({ signal }) => {
      await afterSecondOf(primary.savedAt, signal);
      await deps.changes.snapshot(addressOf(instance, primary), signal);
      return "asked";
    },
  });
  return await context.step(
    "wait until it is saved",
    ({ signal }) => {
      let silent = 0;
      return waitFor(signal, async () => {
        const now = await saved(signal);
        if (now.newer && !now.saving) return now;
        const failed = now.saveFailedAt !== null && now.saveFailedAt !== primary.saveFailedAt;
        // Its times are whole seconds: a second failure within one looks like the first.
        silent = now.saving ? 0 : silent + 1;
        if (!failed && silent < silentLooks) return undefined;
        throw new BotError(
          "snapshot.failed",
          `${primary.pod} did not save: ${now.lastError ?? "it does not say why"}`,
          `Look at the volume: kubectl -n ${instance.namespace} exec ${primary.pod} -c dragonfly -- df -h /dragonfly/snapshots`,
        );
      });
    },
    { timeoutMs: 600_000 },
  );
}

/** The server's times are whole seconds: two saves within one of them look like one. */
async function afterSecondOf(savedAt: string | null, signal: AbortSignal): Promise<void> {
  const leftMs = savedAt === null ? 0 : Date.parse(savedAt) + 1_000 - Date.now();
  // More is no time to wait for: the server's clock is ahead of this one's.
  if (leftMs > 0 && leftMs <= 1_000) await sleep(leftMs, undefined, { signal });
}
