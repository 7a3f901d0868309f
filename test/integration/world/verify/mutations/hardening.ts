import { changed, type Mutation } from "../mutation.ts";
import { resource, statefulSet } from "./where.ts";

export const hardening: readonly Mutation[] = [
  changed(
    "the resource lets it be root",
    resource,
    ["spec", "podSecurityContext", "runAsNonRoot"],
    false,
    "hardening.resource.non-root",
  ),
  changed(
    "the resource lets it write to its root",
    resource,
    ["spec", "containerSecurityContext", "readOnlyRootFilesystem"],
    false,
    "hardening.resource.read-only-root",
  ),
  changed(
    "the resource lets it escalate",
    resource,
    ["spec", "containerSecurityContext", "allowPrivilegeEscalation"],
    undefined,
    "hardening.resource.no-escalation",
  ),
  changed(
    "the resource drops one capability only",
    resource,
    ["spec", "containerSecurityContext", "capabilities", "drop"],
    ["NET_RAW"],
    "hardening.resource.capabilities",
  ),
  changed(
    "the resource has no seccomp profile",
    resource,
    ["spec", "podSecurityContext", "seccompProfile"],
    undefined,
    "hardening.resource.seccomp",
  ),
  changed(
    "the liveness script is not asked for",
    resource,
    ["spec", "customLivenessProbeConfigMap"],
    undefined,
    "hardening.probes.configured",
  ),
  changed(
    "the readiness script is not asked for",
    resource,
    ["spec", "customReadinessProbeConfigMap"],
    undefined,
    "hardening.probes.configured",
  ),
  changed(
    "no spread over nodes is asked for",
    resource,
    ["spec", "topologySpreadConstraints", 0],
    undefined,
    "hardening.spread.asked",
  ),
  changed(
    "the image is latest",
    resource,
    ["spec", "image"],
    "docker.dragonflydb.io/dragonflydb/dragonfly:latest",
    "hardening.image.pinned",
    "hardening.image.same",
  ),
  changed(
    "no image is asked for",
    resource,
    ["spec", "image"],
    undefined,
    "hardening.image.pinned",
    "hardening.image.same",
  ),
  changed(
    "the StatefulSet has another image",
    statefulSet,
    ["spec", "template", "spec", "containers", 0, "image"],
    "docker.dragonflydb.io/dragonflydb/dragonfly:v1.41.0",
    "hardening.image.same",
  ),
];
