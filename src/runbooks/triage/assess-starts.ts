import type { Finding } from "../../reports/model.ts";
import { evidence, finding } from "../instance/findings.ts";
import type { InstanceObservation } from "../instance/observe.ts";
import { duration, plural } from "../instance/units.ts";

/** An alert begins only after its rule's `for`, which is five minutes at most where the rule is about roles and links. */
const beforeSeconds = 600;
/** What crashes and comes back is down before the alert begins, and may be up after it. */
const afterSeconds = 120;

/**
 * Which servers started about when the alert began (`since`, ISO 8601), or lately where nobody knows when that was: what
 * starts has no role, no links and no metrics for a while. A fact and no fault, so `ok`; nothing when none did.
 */
export function assessStarts(
  { servers }: InstanceObservation,
  since: string | undefined,
  now: Date,
): readonly Finding[] {
  const began = since === undefined ? now.getTime() : Date.parse(since);
  const started = servers.flatMap(({ name, state }) => {
    if (!state.ok) return [];
    const afterBegin = (now.getTime() - began) / 1_000 - state.value.uptimeSeconds;
    return afterBegin >= -beforeSeconds && afterBegin <= afterSeconds ? [{ name, state, ...state.value }] : [];
  });
  if (started.length === 0) return [];
  const { length: all } = servers;
  const who =
    started.length === all && all > 1 ? `All ${all} servers` : `${started.length} of ${plural(all, "server")}`;
  const when = since === undefined ? "lately" : "about when the alert began";
  const each = started.map(({ name, uptimeSeconds }) => `${name} ${duration(uptimeSeconds)} ago`).join(", ");
  return [
    finding({
      id: "starts",
      section: "What happened",
      verdict: "ok",
      title: `${who} started ${when}: ${each}`,
      evidence: started.map(({ state, uptimeSeconds }) => evidence(state, `uptime_in_seconds ${uptimeSeconds}`)),
    }),
  ];
}
