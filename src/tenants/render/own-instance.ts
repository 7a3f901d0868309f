import type { Config } from "../../config/file.ts";
import type { Tenant } from "../change.ts";
import type { Tree } from "../draft.ts";
import { instanceNameOf, sharedFilesOf } from "../places.ts";
import { type PolicyForm, policyFormOf, type Settings, settingsOf, substituted } from "../settings.ts";
import { type Size, sizeOf } from "../size.ts";
import { fileIn } from "../tree.ts";
import { scalarAt } from "../yaml/scalar.ts";

/** All that the files of an own instance are made from. */
export interface OwnInstance {
  readonly tenant: Tenant;
  /** `dragonfly-payments`: resource, Service, Secret and namespace. */
  readonly name: string;
  readonly size: Size;
  /** Pinned; the shared instance's, so that there is one version to know. */
  readonly image: string;
  readonly form: PolicyForm;
  /** Whether clients in another cluster than the instance's use it. */
  readonly global: boolean;
  readonly settings: Settings;
  readonly config: Config;
}

/** Throws BotError `tenant.tree` when the shared instance's manifests cannot be read. */
export function ownInstance(tenant: Tenant, tree: Tree, config: Config): OwnInstance {
  const settings = settingsOf(tree, config);
  const file = sharedFilesOf(config).resource;
  const text = fileIn(tree, file);
  return {
    tenant,
    name: instanceNameOf(tenant),
    size: sizeOf(tenant),
    image: substituted(scalarAt({ file, text, kind: "Dragonfly", path: ["spec", "image"] }), settings),
    form: policyFormOf(tree, config),
    global: isGlobal(tenant, config),
    settings,
    config,
  };
}

export function isGlobal({ clusters }: Pick<Tenant, "clusters">, { shared }: Config): boolean {
  return clusters.some((cluster) => cluster !== shared.cluster);
}
