import type { Config } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import type { TenantChange } from "../change.ts";
import { checkImage } from "../checks/image.ts";
import type { Tree } from "../draft.ts";
import { tenantsOf } from "../inventory.ts";
import { folderOf, instanceNameOf, sharedFilesOf } from "../places.ts";
import { fileIn, withFiles } from "../tree.ts";
import { scalarAt, setScalar } from "../yaml/scalar.ts";
import type { Spot } from "../yaml/source.ts";
import type { ChangeDraft, Start } from "./change-draft.ts";

type Upgrade = Extract<TenantChange, { readonly kind: "upgrade" }>;

/** Another image for an instance, the shared one's also where the bot expects it. Source of the warnings: docs/versions.md. */
export function upgrade({ instance, image }: Upgrade, { tree, config }: Start): ChangeDraft {
  const spots = spotsOf(instance, tree, config);
  const now = scalarAt(spots.resource);
  const checks = checkImage(now, image);
  return {
    title: `${instance}: ${versionIn(now)} becomes ${versionIn(image)}`,
    tree: withFiles(
      tree,
      [spots.resource, ...spots.others].map((spot) => [spot.file, setScalar(spot, image)] as const),
    ),
    checks,
    effects: [
      `The pods of ${instance} are replaced one by one, replicas first; the primary is taken over by a replica, and clients see a failover`,
      "The operator does not consult the disruption budget for that; a pod that is not ready stops it",
    ],
    reasons: [],
    risk: instance === config.shared.name || checks.some(({ verdict }) => verdict !== "ok") ? "high" : "medium",
  };
}

function spotsOf(
  instance: string,
  tree: Tree,
  config: Config,
): { readonly resource: Spot; readonly others: readonly Spot[] } {
  const { resource, botConfig } = sharedFilesOf(config);
  if (instance === config.shared.name)
    return {
      resource: imageSpot(resource, instance, tree),
      others: [{ file: botConfig, text: fileIn(tree, botConfig), path: ["shared", "image"] }],
    };
  const own = tenantsOf(tree, config).flatMap(({ tenant }) => (tenant?.isolation === "own" ? [tenant] : []));
  const found = own.find((tenant) => instanceNameOf(tenant) === instance);
  if (found === undefined)
    throw new BotError(
      "tenant.unknown",
      `There is no instance "${instance}" in the Git project`,
      `These are there: ${[config.shared.name, ...own.map(instanceNameOf)].join(", ")}`,
    );
  return { resource: imageSpot(`${folderOf(found.name, config)}/dragonfly.yaml`, instance, tree), others: [] };
}

function imageSpot(file: string, name: string, tree: Tree): Spot {
  return { file, text: fileIn(tree, file), kind: "Dragonfly", name, path: ["spec", "image"] };
}

function versionIn(image: string): string {
  return /:(v?[\w.-]+)(@|$)/.exec(image)?.[1] ?? image.slice(-12);
}
