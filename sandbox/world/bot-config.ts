import { parse, stringify } from "yaml";
import { z } from "zod";
import type { ObjectStore } from "../kubernetes/object-store.ts";
import { places } from "./places.ts";
import { listViews } from "./views.ts";

export interface BotConfigOptions {
  /** How the bot reaches the admin port; port-forward is the way from a laptop. */
  readonly reachPods: "auto" | "direct" | "port-forward";
  /** What else the section `alerts` says. */
  readonly alerts?: Readonly<Record<string, unknown>> | undefined;
  /** The section `schedules`; without it nothing is run that nobody asked for. */
  readonly schedules?: Readonly<Record<string, unknown>> | undefined;
}

const configMap = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  data: z.looseObject({ "dfbot.yaml": z.string() }),
});

/** Whether the bot's configuration has been applied. */
export function hasBotConfig(infra: ObjectStore): boolean {
  return listViews(infra, places.configMaps, configMap, "dragonfly-bot").length > 0;
}

/** The shipped dfbot.yaml, with its clusters reached from outside. */
export function botConfig(infra: ObjectStore, { reachPods, alerts = {}, schedules }: BotConfigOptions): string {
  const [shipped] = listViews(infra, places.configMaps, configMap, "dragonfly-bot");
  if (shipped === undefined) throw new Error("The manifests have no ConfigMap with a dfbot.yaml");
  const all = z.record(z.string(), z.unknown()).parse(parse(shipped.data["dfbot.yaml"]));
  return stringify({
    ...all,
    clusters: [
      { name: "infra", context: "infra", reachPods },
      { name: "apps", context: "apps" },
    ],
    // The approvers of the sandbox's Slack (sandbox/slack/workspace.ts).
    approvals: {
      groups: { approvers: { slackUserGroup: "S0APPROVERS" } },
      policies: { "*": { groups: ["approvers"], quorum: 1, breakGlass: ["approvers"] } },
      // The same people in the sandbox's GitLab (sandbox/gitlab/world/accounts.ts).
      people: ["ada", "grace", "linus"].map((name) => ({
        slack: `U0${name.toUpperCase()}`,
        gitlab: name,
        emails: [`${name}@example.com`],
      })),
    },
    slack: { channels: { operations: "C0OPS", alerts: "C0ALERTS", audit: "C0OPS" } },
    alerts: {
      runbooks: { SandboxRole: "role" },
      mentions: { critical: ["S0APPROVERS"] },
      escalations: [{ mentions: ["U0LINUS"] }, { mentions: ["here"], channel: "C0OPS" }],
      ...alerts,
    },
    // The kubelet here brings a changed Secret at once, and the controllers begin within a second.
    tenants: { ...z.record(z.string(), z.unknown()).parse(all["tenants"] ?? {}), mountSeconds: 5, settleSeconds: 2 },
    schedules: schedules ?? { verify: { enabled: false }, connectivity: { enabled: false } },
    // A killed bot is missed sooner than on a network, where silence has more reasons.
    runs: { leaseSeconds: 3 },
  });
}
