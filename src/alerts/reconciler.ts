import { withoutSilences } from "./fold.ts";
import { firingOf, type Incident } from "./incident.ts";
import type { Keeper } from "./keeper.ts";
import type { AlertManager } from "./manager.ts";
import { silentAlert } from "./watchdog.ts";

/** An Alertmanager that was restarted has forgotten its alerts for a minute or two: only what stays away so often has ended. */
const missedLooks = 4;

/** Compares the incidents with what Alertmanager itself says: ends that were never told of, silences that are over. */
export function createReconciler(deps: {
  readonly alertManager: AlertManager;
  readonly keeper: Pick<Keeper, "amend" | "reconcile">;
  openIncidents(): Promise<readonly Incident[]>;
  onChange(incident: Incident): void;
}): (signal: AbortSignal) => Promise<void> {
  const { alertManager, keeper } = deps;
  const missing = new Map<string, number>();

  const endSilences = async (open: readonly Incident[], signal: AbortSignal) => {
    if (open.every(({ silences }) => silences.length === 0)) return;
    const inForce = new Set(
      (await alertManager.silences(signal)).filter(({ state }) => state !== "expired").map(({ id }) => id),
    );
    for (const incident of open) {
      const over = new Set(incident.silences.map(({ id }) => id).filter((id) => !inForce.has(id)));
      if (over.size > 0) deps.onChange(await keeper.amend(incident.id, (before) => withoutSilences(before, over)));
    }
  };

  return async (signal) => {
    const active = new Set((await alertManager.activeAlerts(signal)).map(({ identity }) => identity));
    const open = await deps.openIncidents();
    const own = open.filter(({ alertName }) => alertName === silentAlert).flatMap(firingOf);
    const firing = open.flatMap(firingOf).map(({ identity }) => identity);
    const listed = new Set(firing);
    for (const identity of missing.keys()) {
      if (active.has(identity) || !listed.has(identity)) missing.delete(identity);
    }
    for (const identity of firing) {
      if (!active.has(identity)) missing.set(identity, (missing.get(identity) ?? 0) + 1);
    }
    // Alertmanager knows nothing of what the bot itself tells.
    for (const { identity } of own) missing.delete(identity);
    await keeper.reconcile(new Set(firing.filter((identity) => (missing.get(identity) ?? 0) < missedLooks)));
    await endSilences(open, signal);
  };
}
