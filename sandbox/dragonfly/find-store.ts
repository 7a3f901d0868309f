import { accessSync, constants } from "node:fs";
import { basename, delimiter, isAbsolute, join } from "node:path";

/** `dragonfly` is started as the operator starts it; the others get the Dragonfly accent in front of them. */
export type StoreKind = "dragonfly" | "redis";

export interface StoreBinary {
  readonly kind: StoreKind;
  readonly path: string;
}

const candidates = ["dragonfly", "valkey-server", "redis-server"] as const;

/** The store to run: `SANDBOX_STORE` (a name or a path) when set, else the first found on the PATH. */
export function findStore(environment: NodeJS.ProcessEnv = process.env): StoreBinary {
  const wanted = environment["SANDBOX_STORE"];
  const names = wanted === undefined || wanted === "" ? candidates : [wanted];
  for (const name of names) {
    const path = onPath(name, environment["PATH"] ?? "");
    if (path !== undefined) return { kind: basename(path).startsWith("dragonfly") ? "dragonfly" : "redis", path };
  }
  const looked = names.join(", ");
  throw new Error(
    `No store to run: looked for ${looked}. Install one (apt install redis-server) or set SANDBOX_STORE.`,
  );
}

/** Full path of an executable, or undefined. */
export function onPath(name: string, path: string): string | undefined {
  const places = isAbsolute(name) ? [name] : path.split(delimiter).map((folder) => join(folder, name));
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
