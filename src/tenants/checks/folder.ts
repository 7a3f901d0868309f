import type { Config } from "../../config/file.ts";
import type { Tenant } from "../change.ts";
import type { Tree } from "../draft.ts";
import type { Manifest } from "../objects.ts";
import { folderOf, instanceNameOf } from "../places.ts";
import type { PolicyForm, Settings } from "../settings.ts";

/** A tenant's folder, read: what the rules look at. */
export interface Folder {
  readonly tenant: Tenant;
  readonly path: string;
  /** Name of the own instance and of its namespace. */
  readonly name: string;
  readonly objects: readonly Manifest[];
  readonly form: PolicyForm;
  readonly settings: Settings;
  readonly tree: Tree;
  readonly config: Config;
}

export function folderFor(
  tenant: Tenant,
  objects: readonly Manifest[],
  rest: Pick<Folder, "form" | "settings" | "tree" | "config">,
): Folder {
  return { tenant, path: folderOf(tenant.name, rest.config), name: instanceNameOf(tenant), objects, ...rest };
}

/** The first object of a kind, by name where there are several. */
export function objectOf({ objects }: Pick<Folder, "objects">, kind: string, name?: string): Manifest | undefined {
  return objects.find((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
}

/** A value within an object; undefined where the way to it ends. */
export function valueAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, step)) return undefined;
    found = Reflect.get(found, step);
  }
  return found;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** A problem when a value within an object is not the wanted one. */
export function expect(value: unknown, path: readonly (string | number)[], wanted: unknown): readonly string[] {
  const found = valueAt(value, ...path);
  return found === wanted
    ? []
    : [`${path.join(".")}: expected ${String(wanted)}, found ${found === undefined ? "nothing" : String(found)}`];
}
