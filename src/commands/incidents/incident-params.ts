import type { Incident } from "../../alerts/incident.ts";
import type { AnyRunbook } from "../interpret.ts";

/**
 * What an incident tells a runbook, of what that asks for: the instance, when its labels name it by `namespace` and `app` as the
 * shipped rules do, the pod, the alert. It may be too little for it.
 */
export function paramsOf(runbook: AnyRunbook, incident: Incident): Readonly<Record<string, unknown>> {
  const { namespace, app, pod } = { ...incident.alerts[0]?.labels, ...incident.groupLabels };
  const known: Readonly<Record<string, string | undefined>> = {
    instance: namespace === undefined || app === undefined ? undefined : `${namespace}/${app}`,
    pod: incident.storm ? undefined : pod,
    alert: /^\w{1,100}$/.test(incident.alertName) ? incident.alertName : "unknown",
    since: incident.openedAt,
  };
  const given = Object.keys(runbook.params.shape).flatMap((name) => {
    const value = known[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}
