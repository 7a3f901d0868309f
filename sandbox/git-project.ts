import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sizes } from "./world/platform/platform.ts";

const deploy = join(import.meta.dirname, "../deploy");

/**
 * The Git project of the sandbox: what is in deploy/, with the sizes of a laptop in its settings, so that clusters that follow it have
 * what it says.
 */
export function projectFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(deploy, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.set(file.slice(deploy.length + 1), readFileSync(file, "utf8"));
  }
  for (const [cluster, values] of Object.entries(sizes)) {
    const path = `kubernetes/clusters/${cluster}/settings.yaml`;
    const text = Object.entries(values).reduce(
      (settings, [name, value]) => settings.replace(new RegExp(`^(  ${name}: ).*$`, "m"), `$1${JSON.stringify(value)}`),
      files.get(path) ?? "",
    );
    files.set(path, text);
  }
  return files;
}
