/**
 * Writes the Grafana dashboards that are committed under deploy/, from the panels in script/dashboards/.
 *   node script/dashboards.ts
 */
import { writeFileSync } from "node:fs";
import { committedDashboards } from "./dashboards/committed.ts";
import { renderDashboard } from "./dashboards/render.ts";

for (const { path, dashboard } of committedDashboards) {
  writeFileSync(new URL(`../${path}`, import.meta.url), renderDashboard(dashboard));
  console.log(path);
}
