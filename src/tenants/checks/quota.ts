import type { Config } from "../../config/file.ts";
import type { Check, Tree } from "../draft.ts";
import { sharedMaxmemoryOf } from "../settings.ts";
import { mibOf, sayMib } from "../size.ts";
import { takenIn } from "../sums.ts";
import { broken, kept, remark } from "./check.ts";

/** Whether all tenants together stay within what they may take. Who takes less than before is never over it. */
export function checkQuota(before: Tree, after: Tree, config: Config): readonly Check[] {
  const { quota } = config.tenants;
  const now = takenIn(before, config);
  const then = takenIn(after, config);
  return [
    ...within("quota.memory", "memory limits", now.memoryMib, then.memoryMib, mibIn(quota.memory), sayMib),
    ...within("quota.storage", "volumes", now.storageMib, then.storageMib, mibIn(quota.storage), sayMib),
    ...within("quota.cpu", "CPU requests", now.cpu, then.cpu, quota.cpu, String),
    ...sharedWithin(now.sharedMib, then.sharedMib, mibIn(sharedMaxmemoryOf(after, config))),
  ];
}

function within(
  id: string,
  what: string,
  now: number,
  then: number,
  limit: number | undefined,
  say: (amount: number) => string,
): readonly Check[] {
  if (limit === undefined || now === then) return [];
  const sum = `${say(then)} of ${say(limit)}`;
  if (then <= limit || then < now)
    return [kept(id, `The ${what} of tenants' own instances stay within the quota: ${sum}`)];
  return [
    broken(
      id,
      `The ${what} of tenants' own instances would be over the quota: ${sum}`,
      "Ask for less, or have tenants.quota in dfbot.yaml raised.",
    ),
  ];
}

/** Nothing holds a tenant of the shared instance to its memory, so promises must fit, with room for everybody else. */
function sharedWithin(now: number, then: number, shared: number | undefined): readonly Check[] {
  if (shared === undefined || then === now || then < now) return [];
  const sum = `${sayMib(then)} of ${sayMib(shared)}`;
  if (then > shared)
    return [
      broken(
        "quota.shared-memory",
        `More memory is promised than the shared instance has: ${sum}`,
        "Propose an instance of its own, or enlarge the shared one first.",
      ),
    ];
  if (then > shared / 2)
    return [
      remark(
        "quota.shared-memory",
        `More than half of the shared instance's memory is promised to tenants: ${sum}`,
        "The platform's own clients need room as well.",
      ),
    ];
  return [kept("quota.shared-memory", `There is room on the shared instance: ${sum} promised`)];
}

function mibIn(size: string | undefined): number | undefined {
  return size === undefined ? undefined : mibOf(size);
}
