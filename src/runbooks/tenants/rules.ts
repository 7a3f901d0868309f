import type { Config } from "../../config/file.ts";
import type { FileEdit } from "../../platform/git.ts";
import type { Tenant, TenantChange } from "../../tenants/change.ts";
import type { Check, Draft, Tree } from "../../tenants/draft.ts";

/** What the change runbooks ask of the rules about tenants. */
export interface TenantRules {
  draftChange(change: TenantChange, tree: Tree, config: Config): Draft;
  reviewEdits(edits: readonly FileEdit[], tree: Tree, config: Config): readonly Check[];
  unifiedDiff(edits: readonly FileEdit[]): string;
  foldersOf(config: Config): readonly string[];
  touchesTenants(path: string, config: Config): boolean;
  tenantAt(path: string, config: Config): string | undefined;
  instanceNameOf(tenant: Pick<Tenant, "name">): string;
  namespaceOf(tenant: Pick<Tenant, "name" | "isolation">, config: Config): string;
  tenantsOf(
    tree: Tree,
    config: Config,
  ): readonly {
    readonly name: string;
    readonly folder: string;
    readonly tenant: Tenant | undefined;
    readonly problems: readonly string[];
  }[];
  settingsOf(tree: Tree, config: Config): Readonly<Record<string, string>>;
  sharedMaxmemoryOf(tree: Tree, config: Config): string | undefined;
  recommend(
    needs: Pick<Tenant, "sensitive" | "eviction" | "undeclaredKeys" | "adminCommands">,
    memory: string,
    sharedMaxmemory: string | undefined,
  ): { readonly isolation: Tenant["isolation"] };
  objectsOf(
    tree: Tree,
    folder: string,
    settings: Readonly<Record<string, string>>,
  ): readonly Readonly<Record<string, unknown>>[];
  noticeOf(tenant: Tenant, config: Config): string;
}
