import { dfbotDashboard } from "./dfbot.ts";
import { dragonflyDashboard } from "./dragonfly/dashboard.ts";
import type { Dashboard } from "./model.ts";

/** Where each dashboard is committed, from the root of the repository. */
export const committedDashboards: readonly { readonly path: string; readonly dashboard: Dashboard }[] = [
  {
    path: "deploy/kubernetes/workloads/platform/databases/dragonfly/dashboards/dragonfly.json",
    dashboard: dragonflyDashboard,
  },
  { path: "deploy/bot/base/dashboards/dfbot.json", dashboard: dfbotDashboard },
];
