import { places } from "../../../../../sandbox/world/places.ts";
import { changed, copied, edited, gone, type Mutation, of, put } from "../mutation.ts";
import { inFlux, inOperator } from "./where.ts";

const ready = (status: string) => ({ conditions: [{ type: "Ready", status, message: "as the test says" }] });

const deployment = of(places.deployments, "dragonfly-operator", inOperator);
const operatorBudget = of(places.budgets, "dragonfly-operator", inOperator);
const release = of(places.helmReleases, "dragonfly-operator", inOperator);
const chart = of(places.ociRepositories, "dragonfly-operator", inFlux);
const crd = of({ group: "apiextensions.k8s.io", plural: "customresourcedefinitions" }, "dragonflies.dragonflydb.io", {
  namespace: undefined,
});
const manager = ["spec", "template", "spec", "containers", 0] as const;

export const operator: readonly Mutation[] = [
  changed("the operator has one ready replica", deployment, ["status", "readyReplicas"], 1, "ac1.operator.replicas"),
  edited(
    "the operator is scaled to one",
    deployment,
    (object) => {
      put(object, ["spec", "replicas"], 1);
      put(object, ["status", "readyReplicas"], 1);
    },
    "ac1.operator.replicas",
  ),
  gone("the operator's budget is gone", operatorBudget, "ac1.operator.pdb"),
  changed(
    "the operator's budget selects others",
    operatorBudget,
    ["spec", "selector", "matchLabels", "control-plane"],
    "another",
    "ac1.operator.pdb",
  ),
  changed("the operator's budget keeps none", operatorBudget, ["spec", "minAvailable"], 0, "ac1.operator.pdb"),
  copied("the operator has two budgets", operatorBudget, () => undefined, "ac1.operator.pdb"),
  changed("the operator's release is suspended", release, ["spec", "suspend"], true, "ac1.operator.release"),
  changed("the operator's release has failed", release, ["status"], ready("False"), "ac1.operator.release"),
  changed("the CRD is not established", crd, ["status", "conditions"], [], "ac1.crd.established"),
  changed(
    "the operator runs another version",
    deployment,
    [...manager, "image"],
    "ghcr.io/dragonflydb/operator:v1.5.0",
    "hardening.operator.version",
  ),
  changed(
    "the operator may escalate",
    deployment,
    [...manager, "securityContext", "allowPrivilegeEscalation"],
    true,
    "hardening.operator.no-escalation",
  ),
  changed(
    "the operator may be root",
    deployment,
    ["spec", "template", "spec", "securityContext", "runAsNonRoot"],
    undefined,
    "hardening.operator.non-root",
  ),
  changed(
    "the operator may write to its root file system",
    deployment,
    [...manager, "securityContext", "readOnlyRootFilesystem"],
    false,
    "hardening.operator.read-only-root",
  ),
  changed(
    "the operator keeps its capabilities",
    deployment,
    [...manager, "securityContext", "capabilities", "drop"],
    [],
    "hardening.operator.capabilities",
  ),
  changed(
    "the operator is unconfined",
    deployment,
    ["spec", "template", "spec", "securityContext", "seccompProfile", "type"],
    "Unconfined",
    "hardening.operator.seccomp",
  ),
  changed("the chart has another tag", chart, ["spec", "ref", "tag"], "v1.5.0", "hardening.chart.version"),
  changed("the chart follows a range", chart, ["spec", "ref"], { semver: ">=1.0.0" }, "hardening.chart.version"),
];
