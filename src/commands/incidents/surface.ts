import type { Incident } from "../../alerts/incident.ts";
import type { Keeper } from "../../alerts/keeper.ts";
import type { AlertManager } from "../../alerts/manager.ts";
import type { ChangeDeps } from "../changes/surface.ts";
import type { DrawChart } from "./chart-files.ts";

/** Whom an escalation calls, and where else it is told. */
export interface EscalationLevel {
  /** As Slack notifies of it: `<!subteam^S…>`. */
  readonly mentions: string;
  readonly channel: string | undefined;
}

export interface ThreadDeps extends ChangeDeps {
  readonly incidents: Pick<Keeper, "amend">;
  /** Whom a new incident of this severity calls: `<!subteam^S…>`, `<!here>`; empty for nobody. */
  mentionsFor(severity: string): string;
  readonly charts: DrawChart;
  readonly escalations: readonly EscalationLevel[];
  /** Which runbook dfbot.yaml wants for an alert. */
  runbookFor(alert: string): string | undefined;
  /** Why the bot works with less than it has; undefined when it does not. */
  degraded(): string | undefined;
  readonly now: () => Date;
}

/** What the Slack surface needs of the incidents. */
export interface IncidentDeps extends ThreadDeps {
  readonly alertManager: AlertManager;
  openIncidents(): Promise<readonly Incident[]>;
}
