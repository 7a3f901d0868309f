import { posix } from "node:path";
import { z } from "zod";
import type { Config } from "../config/file.ts";
import type { Tree } from "./draft.ts";
import { sharedFilesOf } from "./places.ts";
import { fileIn, notAsExpected } from "./tree.ts";
import { valuesOf } from "./yaml/source.ts";

/** Values that Flux puts into the manifests, by variable. */
export type Settings = Readonly<Record<string, string>>;

const settingsMap = z.looseObject({ kind: z.literal("ConfigMap"), data: z.record(z.string(), z.string()) });
const fluxKustomization = z.looseObject({
  kind: z.literal("Kustomization"),
  apiVersion: z.string().startsWith("kustomize.toolkit.fluxcd.io/"),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({ path: z.string() }),
});

/** Throws BotError `tenant.tree` when the settings are not there. */
export function settingsOf(tree: Tree, config: Config): Settings {
  const file = config.tenants.settings;
  for (const value of valuesOf(file, fileIn(tree, file))) {
    const parsed = settingsMap.safeParse(value);
    if (parsed.success) return parsed.data.data;
  }
  throw notAsExpected(file, "it has no ConfigMap whose data are texts");
}

/** Which kind of network policy the cluster of the shared instance is run with. */
export type PolicyForm = "cilium" | "plain";

/** The kind that the shared instance's Flux Kustomization applies. Throws BotError `tenant.tree` when it applies neither folder. */
export function policyFormOf(tree: Tree, config: Config): PolicyForm {
  const { settings, sharedKustomization, sharedDirectory, ciliumDirectory } = config.tenants;
  const folder = posix.dirname(settings);
  for (const [file, text] of tree) {
    if (posix.dirname(file) !== folder || !file.endsWith(".yaml")) continue;
    for (const value of valuesOf(file, text)) {
      const parsed = fluxKustomization.safeParse(value);
      if (!parsed.success || parsed.data.metadata.name !== sharedKustomization) continue;
      const path = posix.normalize(parsed.data.spec.path).replace(/\/$/, "");
      if (path === ciliumDirectory) return "cilium";
      if (path === sharedDirectory) return "plain";
      throw notAsExpected(
        file,
        `Flux Kustomization ${sharedKustomization} applies neither ${sharedDirectory} nor ${ciliumDirectory}`,
      );
    }
  }
  throw notAsExpected(folder, `no file has the Flux Kustomization ${sharedKustomization}`);
}

/** A text after Flux's substitution: `${NAME}`, `${NAME:=default}`, `${NAME:-default}`, and `$$` for one dollar. Unknown ones stay. */
export function substituted(text: string, settings: Settings): string {
  return text.replaceAll(
    /\$\$|\$\{([A-Za-z_]\w*)(?::[=-]([^{}]*))?\}/g,
    (whole, name: string, fallback: string | undefined) => {
      if (whole === "$$") return "$";
      const value = Object.hasOwn(settings, name) ? settings[name] : undefined;
      return (fallback === undefined ? value : value || fallback) ?? whole;
    },
  );
}

/** Variables of a text that the settings have no value for and that have no default. */
export function unknownVariables(text: string, settings: Settings): readonly string[] {
  const found = [...text.matchAll(/\$\{([^}]*)\}?/g)].map(([, inside = ""]) => inside);
  return [...new Set(found.filter((inside) => !Object.hasOwn(settings, inside) && !/^[A-Za-z_]\w*:[=-]/.test(inside)))];
}

/** maxmemory of the shared instance, `3gb`; undefined when its resource does not say. */
export function sharedMaxmemoryOf(tree: Tree, config: Config): string | undefined {
  const text = substituted(tree.get(sharedFilesOf(config).resource) ?? "", settingsOf(tree, config));
  return /^\s*- ["']?--maxmemory=([^\s"']+)/m.exec(text)?.[1];
}

/** Path in the secret store of the passwords of the shared instance's users, a property a user. */
export function usersPathIn(settings: Settings): string {
  return settings["DRAGONFLY_AUTH_SECRET_PATH"] ?? "platform/dragonfly/users";
}
