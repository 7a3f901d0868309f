import type { Config } from "../../config/file.ts";
import type { EscalationLevel } from "./surface.ts";

/** Whom dfbot.yaml has called, as Slack notifies of them. */
export interface Mentions {
  /** Empty when an incident of this severity calls nobody. */
  mentionsFor(severity: string): string;
  readonly escalations: readonly EscalationLevel[];
}

export function mentionsOf({ mentions, escalations }: Config["alerts"]): Mentions {
  const all = (ids: readonly string[]) => ids.map(mentionOf).join(" ");
  return {
    mentionsFor: (severity) => all(mentions[severity] ?? []),
    escalations: escalations.map(({ mentions: ids, channel }) => ({ mentions: all(ids), channel })),
  };
}

function mentionOf(id: string): string {
  if (id === "here" || id === "channel") return `<!${id}>`;
  return id.startsWith("S") ? `<!subteam^${id}>` : `<@${id}>`;
}
