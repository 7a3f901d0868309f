import type { Runbook } from "../definition.ts";
import type { ChangeRunbook } from "../durable/definition.ts";
import { accessAllow, accessRevoke, offboard, propose, resize, upgrade } from "./declarations.ts";
import { changeRunbookOf, previewOf } from "./define-change.ts";
import type { TenantDeps } from "./deps.ts";
import { revert } from "./revert.ts";
import { review } from "./review.ts";

/** The changes of the Git project, in the order people see them. */
export function tenantChanges(deps: TenantDeps): readonly ChangeRunbook[] {
  // Each takes the parameters of its own schema, which the driver parses before it hands them over.
  return [
    changeRunbookOf(propose, deps),
    changeRunbookOf(resize, deps),
    changeRunbookOf(offboard, deps),
    changeRunbookOf(accessAllow, deps),
    changeRunbookOf(accessRevoke, deps),
    changeRunbookOf(upgrade, deps),
    changeRunbookOf(revert, deps),
    review(deps),
  ] as unknown as readonly ChangeRunbook[];
}

/** What each of them would do, before anything is written. */
export const tenantPlans = [
  previewOf(propose),
  previewOf(resize),
  previewOf(offboard),
  previewOf(accessAllow),
  previewOf(accessRevoke),
  previewOf(upgrade),
  previewOf(revert),
] as unknown as readonly Runbook[];
