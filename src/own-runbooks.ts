import type { Composed } from "./compose.ts";
import type { Settings } from "./config/load.ts";
import { catalog } from "./runbooks/catalog/index.ts";
import { changeIds } from "./runbooks/changes/ids.ts";
import type { OwnRunbooks } from "./runbooks/own/load.ts";

/**
 * Runbooks of the platform team's own, from RUNBOOKS_DIR. A broken one stops the start, or it would be missed when it is needed.
 *
 * @throws BotError `runbooks.load`
 */
export async function loadOwn(
  { config, environment }: Settings,
  { platform, changes }: Pick<Composed, "platform" | "changes">,
): Promise<OwnRunbooks> {
  if (environment.runbooksDir === undefined) return { reads: [], changes: [] };
  const [{ loadRunbooks }, { runbookTools }] = await Promise.all([
    import("./runbooks/own/load.ts"),
    import("./runbooks/own/tools.ts"),
  ]);
  const taken = [...catalog.map(({ id }) => id), ...changeIds];
  return loadRunbooks(environment.runbooksDir, runbookTools({ config, platform, changes }), taken);
}
