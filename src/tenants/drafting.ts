import type { Config } from "../config/file.ts";
import type { TenantChange } from "./change.ts";
import { allow, revoke } from "./changes/access.ts";
import type { ChangeDraft, Start } from "./changes/change-draft.ts";
import { offboard } from "./changes/offboard.ts";
import { propose } from "./changes/propose.ts";
import { resize } from "./changes/resize.ts";
import { upgrade } from "./changes/upgrade.ts";
import { broken } from "./checks/check.ts";
import { reviewEdits } from "./checks/review.ts";
import type { Draft, Tree } from "./draft.ts";
import { sumsOf, takenIn } from "./sums.ts";
import { editsBetween } from "./tree.ts";

/**
 * What a change makes of the Git project, with every rule that it keeps or breaks. Whatever can still be shown is a failing check,
 * not an error; a draft with one must not be written anywhere.
 *
 * @throws BotError `tenant.unknown` when the tenant or the instance is not there, `tenant.tree` when a file that has to be edited is
 * not of the expected shape
 */
export function draftChange(change: TenantChange, tree: Tree, config: Config): Draft {
  const { tree: next, ...draft } = drafted(change, { tree, config });
  const edits = editsBetween(tree, next);
  const nothing = broken("change.something", "Nothing would change", "It is as asked for already.");
  const said = new Set(draft.checks.map(({ id }) => id));
  const reviewed = reviewEdits(edits, next, config).filter(({ id }) => !said.has(id));
  return {
    ...draft,
    edits,
    checks: [...draft.checks, ...(edits.length === 0 ? [nothing] : reviewed)],
    sums: sumsOf(takenIn(tree, config), takenIn(next, config), config),
  };
}

function drafted(change: TenantChange, start: Start): ChangeDraft {
  switch (change.kind) {
    case "propose":
      return propose(change.tenant, start);
    case "resize":
      return resize(change, start);
    case "offboard":
      return offboard(change.name, start);
    case "allow":
      return allow(change.namespace, start);
    case "revoke":
      return revoke(change.namespace, start);
    case "upgrade":
      return upgrade(change, start);
  }
}
