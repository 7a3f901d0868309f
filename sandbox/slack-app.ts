import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import type { SlashCommand } from "./slack/page-api.ts";

const manifest = z.object({
  features: z.object({
    slash_commands: z.array(z.object({ command: z.string(), description: z.string(), usage_hint: z.string() })),
  }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
});

/** The app as the shipped manifest describes it: a scope that is missing there is missing in the sandbox too. */
export function installedApp(): { readonly scopes: readonly string[]; readonly commands: readonly SlashCommand[] } {
  const text = readFileSync(new URL("../deploy/slack/manifest.yaml", import.meta.url), "utf8");
  const { features, oauth_config } = manifest.parse(parse(text));
  return { scopes: oauth_config.scopes.bot, commands: features.slash_commands };
}
