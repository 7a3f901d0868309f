import type { Finding } from "../../reports/model.ts";
import { evidence } from "../instance/findings.ts";
import { takeRoster } from "../instance/roster.ts";
import { percent } from "../instance/units.ts";
import { check, criteria, listed } from "./check.ts";
import { unreadReason } from "./replication.ts";
import type { ShownVerification } from "./shown.ts";

/** A queue fails when the store is full, and people need time to react. */
const fullRatio = 0.9;

/**
 * A queue on the instance: what may lose it although it works now, by the primary's word and, in the service, by that of the bot's
 * own connection, which a terminal does not have.
 */
export function verifyQueue(seen: ShownVerification, isShared: boolean): Finding {
  const { primary } = takeRoster(seen.servers);
  const state = primary?.state;
  const own = isShared ? seen.queueDangers : undefined;
  const dangers = [
    ...(state?.value.memory.cacheMode === true ? ["it evicts keys when memory is short"] : []),
    ...(state !== undefined && state.value.memory.maxBytes > 0 && usedShare(state.value.memory) > fullRatio
      ? [`${percent(usedShare(state.value.memory))} of its memory is used`]
      : []),
    ...(own?.ok === true ? own.value.map((danger) => `the bot's own connection: ${danger}`) : []),
  ];
  const unread = [
    ...(state === undefined ? ["who is primary is not known"] : []),
    ...(own?.ok === false ? ["the bot's own connection sees nothing"] : []),
  ];
  const safe =
    own === undefined && isShared ? "safe by the primary's word; a terminal has no queue of its own" : "safe";
  return check({
    id: "hardening.queue.safe",
    criterion: criteria.hardening,
    what: "A queue on the primary",
    expected: "nothing is evicted, and there is room for more",
    found: listed([...dangers, ...unread], safe),
    reason: own?.ok === false ? own.reason : state === undefined ? unreadReason(seen) : undefined,
    holds: dangers.length > 0 ? false : unread.length > 0 ? undefined : true,
    evidence: [
      state === undefined
        ? seen.pods.evidence
        : evidence(
            state,
            `cache_mode ${state.value.memory.cacheMode}, used_memory ${state.value.memory.usedBytes}, maxmemory ${state.value.memory.maxBytes}`,
          ),
      ...(own === undefined ? [] : [evidence(own, own.ok ? listed(own.value, "no danger") : "")]),
    ],
  });
}

function usedShare({ usedBytes, maxBytes }: { readonly usedBytes: number; readonly maxBytes: number }): number {
  return usedBytes / maxBytes;
}
