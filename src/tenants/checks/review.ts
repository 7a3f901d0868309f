import type { Config } from "../../config/file.ts";
import type { FileEdit } from "../../platform/git.ts";
import type { Check, Tree } from "../draft.ts";
import { touchesTenants } from "../places.ts";
import { ruled } from "./check.ts";

/**
 * The rules that a merge request about tenants keeps or breaks, whoever wrote it. `tree` has the files as they are at its head.
 */
export function reviewEdits(edits: readonly FileEdit[], _tree: Tree, config: Config): readonly Check[] {
  const outside = edits.map(({ path }) => path).filter((path) => !touchesTenants(path, config));
  return [ruled("paths.inside", "Nothing outside of the tenants' folders and the shared lists is touched", outside)];
}
