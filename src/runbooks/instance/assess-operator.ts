import type { Config } from "../../config/file.ts";
import { selects } from "../../platform/label-selector.ts";
import type { Finding } from "../../reports/model.ts";
import { evidence, finding, firstVerdict, fromReading } from "./findings.ts";
import { crdName, type InstanceObservation } from "./observe.ts";

const section = "Operator";

/** Operator ready with enough replicas, at the pinned version, protected by a PDB; its CRD established. */
export function assessOperator(seen: InstanceObservation, config: Config): readonly Finding[] {
  const { operator } = config;
  const replicas = fromReading(
    { id: "operator.replicas", section, what: "The operator's Deployment" },
    seen.operator,
    (deployment) => [
      finding({
        id: "operator.replicas",
        section,
        verdict: firstVerdict(
          [deployment.readyReplicas === 0, "fail"],
          [deployment.readyReplicas < Math.max(deployment.replicas, operator.minReplicas), "warn"],
        ),
        title: `Operator: ${deployment.readyReplicas} of ${deployment.replicas} replicas ready`,
        detail:
          deployment.readyReplicas === 0
            ? "Nobody watches the instance: no failover, no relabelling, no rollout until an operator pod is back."
            : `Expected: at least ${operator.minReplicas} ready.`,
        evidence: [
          evidence(
            seen.operator,
            `replicas ${deployment.replicas}, ready ${deployment.readyReplicas}, available ${deployment.availableReplicas}`,
          ),
        ],
      }),
      versionFinding(deployment.images, seen, operator.version),
    ],
  );
  return [...replicas, ...budgetFindings(seen), ...crdFindings(seen)];
}

function versionFinding(images: readonly string[], seen: InstanceObservation, pinned: string): Finding {
  const runs = images.some((image) => image.endsWith(`:${pinned}`) || image.includes(`:${pinned}@`));
  return finding({
    id: "operator.version",
    section,
    verdict: runs ? "ok" : "warn",
    title: runs ? `Operator runs ${pinned}` : `Operator does not run the pinned version ${pinned}`,
    evidence: [evidence(seen.operator, `images: ${images.join(", ")}`)],
  });
}

function budgetFindings(seen: InstanceObservation): readonly Finding[] {
  const id = "operator.pdb";
  return fromReading({ id, section, what: "The operator's PodDisruptionBudgets" }, seen.operatorBudgets, (budgets) => {
    if (!seen.operator.ok) return [];
    const { podLabels } = seen.operator.value;
    const own = budgets.filter((budget) => selects(budget.selector, podLabels));
    const names = own.map((budget) => budget.meta.name).join(", ");
    return [
      finding({
        id,
        section,
        verdict: own.length > 0 ? "ok" : "warn",
        title:
          own.length > 0
            ? `Operator is protected by PodDisruptionBudget ${names}`
            : "No PodDisruptionBudget protects the operator",
        detail: own.length > 0 ? "" : "The chart has none: without it a node drain may take both replicas at once.",
        evidence: [evidence(seen.operatorBudgets, own.length > 0 ? names : "none selects the operator's pods")],
      }),
    ];
  });
}

function crdFindings(seen: InstanceObservation): readonly Finding[] {
  const id = "crd.established";
  return fromReading({ id, section, what: `The CRD ${crdName}` }, seen.crd, (crd) => [
    finding({
      id,
      section,
      verdict: crd.established ? "ok" : "fail",
      title: crd.established ? "CRD is established" : `CRD ${crdName} is not established`,
      detail: crd.established
        ? ""
        : "The API server does not serve Dragonfly resources, so the operator can do nothing.",
      evidence: [evidence(seen.crd, `Established=${crd.established}, serves ${crd.servedVersions.join(", ")}`)],
    }),
  ]);
}
