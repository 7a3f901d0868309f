import type { Config } from "../../config/file.ts";
import type { Tenant } from "../change.ts";
import type { Tree } from "../draft.ts";
import { folderOf } from "../places.ts";
import { agreedMemory, agreedPods } from "../render/prometheus-rule.ts";
import { cpuQuantity, flagOf, mibOf, type Size, sizeOf } from "../size.ts";
import { fileIn, withFiles } from "../tree.ts";
import { scalarAt, setScalar } from "../yaml/scalar.ts";
import type { Spot, Step } from "../yaml/source.ts";

/** The values in an own instance's manifests that follow from its size. */

type Value = readonly [path: readonly Step[], value: string | number];

const claimPath: readonly Step[] = [
  "spec",
  "snapshot",
  "persistentVolumeClaimSpec",
  "resources",
  "requests",
  "storage",
];

/** The tree with the manifests of an own instance at another size. Throws BotError `tenant.tree` when a value is not where it is expected. */
export function withSize(tenant: Tenant, wanted: Tenant, tree: Tree, config: Config): Tree {
  const size = sizeOf(wanted);
  const volume = volumeFor(size, volumeIn(tenant, tree, config));
  const folder = folderOf(tenant.name, config);
  const edit = (name: string, kind: string, values: readonly Value[]) => {
    const file = `${folder}/${name}`;
    return [file, withValues({ file, text: fileIn(tree, file), kind }, values)] as const;
  };
  return withFiles(tree, [
    edit("dragonfly.yaml", "Dragonfly", [
      [["spec", "replicas"], wanted.replicas],
      [argument("proactor_threads"), `--proactor_threads=${size.threads}`],
      [argument("maxmemory"), `--maxmemory=${flagOf(size.maxmemoryMib)}`],
      [["spec", "resources", "requests", "cpu"], cpuQuantity(size.cpu)],
      [["spec", "resources", "requests", "memory"], `${size.memoryMib}Mi`],
      [["spec", "resources", "limits", "memory"], `${size.memoryMib}Mi`],
      [["spec", "pdb", "minAvailable"], wanted.replicas - 1],
      ...(volume === undefined ? [] : [[claimPath, volume] as const]),
    ]),
    edit("resourcequota.yaml", "ResourceQuota", [
      [hard("pods"), String(size.quota.pods)],
      [hard("requests.cpu"), `${size.quota.cpuMilli}m`],
      [hard("requests.memory"), `${size.quota.memoryMib}Mi`],
      [hard("limits.memory"), `${size.quota.memoryMib}Mi`],
      [hard("persistentvolumeclaims"), String(size.quota.claims)],
      [hard("requests.storage"), `${((mibOf(volume ?? "0Gi") ?? 0) * wanted.replicas) / 1024}Gi`],
    ]),
    edit("prometheusrule.yaml", "PrometheusRule", [
      [agreed(agreedMemory), `vector(${size.maxmemoryMib * 2 ** 20})`],
      [agreed(agreedPods), `vector(${wanted.replicas})`],
    ]),
  ]);
}

/** Size of the volumes as Git has it; undefined for an instance without. */
export function volumeIn(tenant: Tenant, tree: Tree, config: Config): string | undefined {
  if (!tenant.persistence) return undefined;
  const file = `${folderOf(tenant.name, config)}/dragonfly.yaml`;
  return scalarAt({ file, text: fileIn(tree, file), kind: "Dragonfly", path: claimPath });
}

/** Volumes grow and never shrink, and Git says what they are. */
function volumeFor({ volumeGib }: Size, now: string | undefined): string | undefined {
  if (now === undefined) return undefined;
  return (mibOf(now) ?? 0) > volumeGib * 1024 ? now : `${volumeGib}Gi`;
}

/** Values that are as wanted already keep the way they are written. */
function withValues(place: Omit<Spot, "path">, values: readonly Value[]): string {
  return values.reduce((text, [path, value]) => {
    const spot: Spot = { ...place, text, path };
    return scalarAt(spot) === String(value) ? text : setScalar(spot, value);
  }, place.text);
}

function argument(flag: string): readonly Step[] {
  return ["spec", "args", (item) => typeof item === "string" && item.startsWith(`--${flag}=`)];
}

function hard(what: string): readonly Step[] {
  return ["spec", "hard", what];
}

function agreed(series: string): readonly Step[] {
  const records = (item: unknown) => hasRecord(item, series);
  return ["spec", "groups", (group) => rulesOf(group).some(records), "rules", records, "expr"];
}

function hasRecord(rule: unknown, series: string): boolean {
  return typeof rule === "object" && rule !== null && "record" in rule && rule.record === series;
}

function rulesOf(group: unknown): readonly unknown[] {
  return typeof group === "object" && group !== null && "rules" in group && Array.isArray(group.rules)
    ? group.rules
    : [];
}
