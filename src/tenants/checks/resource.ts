import { dragonflySchema } from "../../manifests/dragonfly.ts";
import type { Check } from "../draft.ts";
import { sharedFilesOf } from "../places.ts";
import { substituted } from "../settings.ts";
import { remark, ruled } from "./check.ts";
import { type Folder, listAt, objectOf, valueAt } from "./folder.ts";
import { parseImage } from "./image.ts";
import { checkSizes, quantityAt } from "./sizes.ts";

/** The rules for a Dragonfly resource, each by itself, so that a mistake is one finding. Source: docs/tenancy.md, and the shared instance. */
export function checkResource(folder: Folder): readonly Check[] {
  const object = objectOf(folder, "Dragonfly");
  if (object === undefined) return [];
  const spec = valueAt(object, "spec");
  const schema = schemaProblems(object);
  return [
    ruled("manifest.valid", `${folder.name} has the shape that the operator's CRD has`, schema.other),
    ruled("labels.guard", "No label that the operator keeps for itself", schema.labels),
    ruled("name.dfly", "No Service is named dfly*", schema.names),
    ruled("policy.image-pinned", "The image is pinned", schema.image),
    ruled(
      "policy.image-repository",
      "The image is from where the shared instance's is",
      repositoryProblems(spec, folder),
    ),
    ruled(
      "policy.non-root",
      "The pods run as nobody special, and can write nowhere but to their volume",
      nonRootProblems(spec),
    ),
    ruled("policy.limits", "Memory is requested and limited, CPU requested and not limited", limitProblems(spec)),
    ruled("policy.pdb", "One pod may be away, and no more", [...schema.pdb, ...budgetProblems(spec)]),
    ruled("policy.probes", "The servers are asked whether they are ready", probeProblems(spec, folder)),
    ruled(
      "policy.spread",
      "No two pods on a node, and over zones where there are enough",
      spreadProblems(spec, folder.name),
    ),
    ruled("policy.login", "Nobody gets in without a password", loginProblems(spec, folder.name)),
    ruled(
      "policy.standing",
      "Account, priority, readiness gate and network policy are those of the platform",
      standingProblems(spec),
    ),
    ...checkSizes(spec, folder),
    ...flagChecks(spec),
  ];
}

interface SchemaProblems {
  readonly image: readonly string[];
  readonly labels: readonly string[];
  readonly names: readonly string[];
  readonly pdb: readonly string[];
  readonly other: readonly string[];
}

/** The schema of the manifests knows several of the rules; what it says goes to the rule that it is about. */
function schemaProblems(object: unknown): SchemaProblems {
  const issues = dragonflySchema.safeParse(object).error?.issues ?? [];
  const about = (of: (path: string, message: string) => boolean) =>
    issues
      .filter(({ path, message }) => of(path.join("."), message))
      .map(({ path, message }) => `${path.join(".")}: ${message}`);
  const isImage = (path: string) => path === "spec.image";
  const isLabels = (path: string) => /^spec\.(podMetadata|ownedObjectsMetadata|serviceSpec)\.labels/.test(path);
  const isName = (_: string, message: string) => message.includes("named dfly*");
  const isBudget = (path: string) => path.startsWith("spec.pdb");
  return {
    image: about(isImage),
    labels: about(isLabels),
    names: about(isName),
    pdb: about(isBudget),
    other: about((path, message) => !(isImage(path) || isLabels(path) || isName(path, message) || isBudget(path))),
  };
}

function repositoryProblems(spec: unknown, { tree, config, settings }: Folder): readonly string[] {
  const text = substituted(tree.get(sharedFilesOf(config).resource) ?? "", settings);
  const shared = parseImage(/^ {2}image: ["']?([^\s"']+)/m.exec(text)?.[1] ?? "");
  const own = parseImage(String(valueAt(spec, "image")));
  if (shared === undefined || own?.repository === shared.repository) return [];
  return [`expected ${shared.repository}, found ${own?.repository ?? String(valueAt(spec, "image"))}`];
}

function nonRootProblems(spec: unknown): readonly string[] {
  const wanted: readonly (readonly [readonly string[], unknown])[] = [
    [["podSecurityContext", "runAsNonRoot"], true],
    [["podSecurityContext", "runAsUser"], 999],
    [["podSecurityContext", "runAsGroup"], 999],
    [["podSecurityContext", "fsGroup"], 999],
    [["podSecurityContext", "seccompProfile", "type"], "RuntimeDefault"],
    [["containerSecurityContext", "allowPrivilegeEscalation"], false],
    [["containerSecurityContext", "readOnlyRootFilesystem"], true],
  ];
  const capabilities = valueAt(spec, "containerSecurityContext", "capabilities");
  return [
    ...wanted.flatMap(([path, value]) => different(spec, path, value)),
    ...(listAt(capabilities, "drop").includes("ALL")
      ? []
      : ["containerSecurityContext.capabilities.drop: expected ALL"]),
    ...(listAt(capabilities, "add").length === 0 ? [] : ["containerSecurityContext.capabilities.add: expected none"]),
    ...["runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile"]
      .filter((field) => valueAt(spec, "containerSecurityContext", field) !== undefined)
      .map((field) => `containerSecurityContext.${field}: is said for the pod`),
  ];
}

function different(spec: unknown, path: readonly string[], wanted: unknown): readonly string[] {
  const found = valueAt(spec, ...path);
  return found === wanted
    ? []
    : [`${path.join(".")}: expected ${String(wanted)}, found ${found === undefined ? "nothing" : String(found)}`];
}

function limitProblems(spec: unknown): readonly string[] {
  const amount = (...path: string[]) => quantityAt(spec, "resources", ...path);
  const problems: string[] = [];
  if (!((amount("requests", "cpu") ?? 0) > 0)) problems.push("resources.requests.cpu: expected some");
  if (!((amount("limits", "memory") ?? 0) > 0)) problems.push("resources.limits.memory: expected a limit");
  else if (amount("requests", "memory") !== amount("limits", "memory"))
    problems.push("resources.requests.memory: expected what the limit is, or the node may run out first");
  if (valueAt(spec, "resources", "limits", "cpu") !== undefined)
    problems.push("resources.limits.cpu: expected none, throttling is latency");
  return problems;
}

function budgetProblems(spec: unknown): readonly string[] {
  const replicas = valueAt(spec, "replicas");
  const least = valueAt(spec, "pdb", "minAvailable");
  if (typeof replicas !== "number" || typeof least !== "number") return ["pdb.minAvailable: expected a number"];
  return least === replicas - 1 || least >= replicas
    ? []
    : [`pdb.minAvailable: expected ${replicas - 1}, found ${least}`];
}

function probeProblems(spec: unknown, folder: Folder): readonly string[] {
  return ["liveness", "readiness"].flatMap((kind) => {
    const field = `custom${kind[0]?.toUpperCase()}${kind.slice(1)}ProbeConfigMap`;
    const name = valueAt(spec, field, "name");
    if (name !== `dragonfly-${kind}`)
      return [`${field}: expected dragonfly-${kind}, found ${String(name ?? "nothing")}`];
    const script = valueAt(objectOf(folder, "ConfigMap", name), "data", `${kind}-check.sh`);
    return typeof script === "string" && script.includes("redis-cli")
      ? []
      : [`ConfigMap ${name}: its ${kind}-check.sh does not ask the server`];
  });
}

function spreadProblems(spec: unknown, name: string): readonly string[] {
  const constraints = listAt(spec, "topologySpreadConstraints").filter(
    (one) => valueAt(one, "labelSelector", "matchLabels", "app") === name && valueAt(one, "maxSkew") === 1,
  );
  const has = (key: string, otherwise: readonly string[]) =>
    constraints.some(
      (one) => valueAt(one, "topologyKey") === key && otherwise.includes(String(valueAt(one, "whenUnsatisfiable"))),
    );
  return [
    ...(has("kubernetes.io/hostname", ["DoNotSchedule"])
      ? []
      : ["kubernetes.io/hostname: expected maxSkew 1, DoNotSchedule, over the instance's pods"]),
    ...(has("topology.kubernetes.io/zone", ["ScheduleAnyway", "DoNotSchedule"])
      ? []
      : ["topology.kubernetes.io/zone: expected maxSkew 1 over the instance's pods"]),
  ];
}

function loginProblems(spec: unknown, name: string): readonly string[] {
  return [
    ...different(spec, ["authentication", "passwordFromSecret", "name"], name),
    ...different(spec, ["authentication", "passwordFromSecret", "key"], "password"),
    ...different(spec, ["aclFromSecret", "name"], name),
    ...different(spec, ["aclFromSecret", "key"], "dragonfly.acl"),
  ];
}

function standingProblems(spec: unknown): readonly string[] {
  return [
    ...different(spec, ["serviceAccountName"], "dragonfly"),
    ...different(spec, ["priorityClassName"], "platform-databases"),
    ...different(spec, ["enableReplicationReadinessGate"], true),
    ...different(spec, ["networkPolicyEnabled"], false),
  ];
}

/** Flags that the platform's instances have; any other may be right, but an unknown one ends a server at start. */
const knownFlags = new Set([
  ...["proactor_threads", "maxmemory", "cluster_mode", "lock_on_hashtags", "default_lua_flags", "cache_mode"],
  ...["dbfilename", "version_check", "serialization_tagged_chunks"],
]);

function flagChecks(spec: unknown): readonly Check[] {
  const strange = listAt(spec, "args")
    .map((text) => /^--([^=]+)/.exec(String(text))?.[1] ?? String(text))
    .filter((flag) => !knownFlags.has(flag));
  return strange.length === 0
    ? []
    : [
        remark(
          "policy.flags",
          `Flags that no other instance has: ${strange.join(", ")}`,
          "An unknown flag ends a server at start. Try them in a pod of the same image first.",
        ),
      ];
}
