import type { Config } from "../../config/file.ts";
import { selects } from "../../platform/label-selector.ts";
import type { Finding } from "../../reports/model.ts";
import { crdName } from "../instance/observe.ts";
import { checkOf, criteria, listed } from "./check.ts";
import type { ShownVerification } from "./shown.ts";

const criterion = criteria.operator;

/** Operator ready with enough replicas, kept by a disruption budget, installed by its release; its CRD established. */
export function verifyOperator(seen: ShownVerification, { operator }: Config): readonly Finding[] {
  return [
    checkOf(
      {
        id: "ac1.operator.replicas",
        criterion,
        what: "Operator replicas",
        expected: `${operator.minReplicas} or more, all of them ready`,
      },
      [seen.operator],
      ({ replicas, readyReplicas }) => ({
        holds: replicas >= operator.minReplicas && readyReplicas >= replicas,
        found: `${readyReplicas} of ${replicas} ready`,
      }),
    ),
    checkOf(
      {
        id: "ac1.operator.pdb",
        criterion,
        what: "Disruption budget of the operator",
        expected: "one budget selects its pods and keeps at least one of them",
      },
      [seen.operator, seen.operatorBudgets],
      ({ podLabels }, budgets) => {
        const own = budgets.filter(({ selector }) => selects(selector, podLabels));
        const [only] = own;
        return {
          holds: own.length === 1 && (Number(only?.minAvailable ?? 0) >= 1 || only?.maxUnavailable === "1"),
          found: listed(
            own.map(({ meta, minAvailable }) => `${meta.name} minAvailable=${minAvailable ?? "<unset>"}`),
            "none selects its pods",
          ),
        };
      },
    ),
    checkOf(
      {
        id: "ac1.operator.release",
        criterion,
        what: "Release of the operator",
        expected: "Flux has installed it, and is not told to leave it alone",
      },
      [seen.release],
      ({ ready, suspended }) => ({
        holds: ready === undefined ? undefined : ready && !suspended,
        found: `${ready === true ? "ready" : "not ready"}${suspended ? ", suspended" : ""}`,
      }),
    ),
    checkOf(
      { id: "ac1.crd.established", criterion, what: `CRD ${crdName}`, expected: "established, and v1alpha1 is served" },
      [seen.crd],
      ({ established, servedVersions }) => ({
        holds: established && servedVersions.includes("v1alpha1"),
        found: `${established ? "established" : "not established"}, serves ${listed(servedVersions)}`,
      }),
    ),
  ];
}
