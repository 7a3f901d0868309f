import type { Telemetry } from "./meters.ts";

/** Nothing is lost: what is counted before prom-client is there, which takes a tenth of a start, is counted when it is. */
export function createTelemetry(): Telemetry {
  let loading: Promise<Telemetry> | undefined;
  const meters = () => {
    loading ??= import("./meters.ts").then(({ createMeters }) => createMeters());
    return loading;
  };
  const count = (note: (to: Telemetry) => void) => void meters().then(note);
  return {
    text: async () => (await meters()).text(),
    handled: (what, ackMs) => count((to) => to.handled(what, ackMs)),
    ran: (report) => count((to) => to.ran(report)),
    changed: (runbook, state) => count((to) => to.changed(runbook, state)),
    dependency: (name, state) => count((to) => to.dependency(name, state)),
    scheduled: (schedule, at) => count((to) => to.scheduled(schedule, at)),
  };
}
