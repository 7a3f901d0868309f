import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import type { InstalledApp } from "./slack/installed-app.ts";
import type { SlashCommand } from "./slack/page-api.ts";

const manifest = z.object({
  features: z.object({
    app_home: z.object({ home_tab_enabled: z.boolean(), messages_tab_enabled: z.boolean() }),
    slash_commands: z.array(z.object({ command: z.string(), description: z.string(), usage_hint: z.string() })),
  }),
  settings: z.object({ event_subscriptions: z.object({ bot_events: z.array(z.string()) }).optional() }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
});

/** The app as the shipped manifest describes it: a scope that is missing there is missing in the sandbox too. */
export function installedApp(): InstalledApp & {
  readonly scopes: readonly string[];
  readonly commands: readonly SlashCommand[];
} {
  const text = readFileSync(new URL("../deploy/slack/manifest.yaml", import.meta.url), "utf8");
  const { features, oauth_config, settings } = manifest.parse(parse(text));
  const { app_home, slash_commands } = features;
  return {
    scopes: oauth_config.scopes.bot,
    commands: slash_commands,
    homeTab: app_home.home_tab_enabled,
    messagesTab: app_home.messages_tab_enabled,
    botEvents: settings.event_subscriptions?.bot_events ?? [],
  };
}
