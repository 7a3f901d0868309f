import { createHash, randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { build } from "vite";

const root = import.meta.dirname;
const dist = join(root, "dist");
const kept = 3;

/**
 * Builds the page unless it is built already from the same sources; returns the folder to serve. Each state of the
 * sources has a folder of its own that appears complete, so that processes may build and serve side by side.
 */
export async function buildPage(): Promise<string> {
  const target = join(
    dist,
    hashOf([
      join(root, "src"),
      join(root, "index.html"),
      join(root, "build.ts"),
      join(root, "../slack/page-api.ts"),
      join(root, "../slack/elements"),
      join(root, "../../package.json"),
    ]),
  );
  if (existsSync(target)) return target;
  const building = join(dist, `building-${randomUUID()}`);
  try {
    await build({
      root,
      configFile: false,
      logLevel: "warn",
      plugins: [react(), tailwind()],
      // Nothing inlined: the page's own policy lets fonts come from files only.
      build: { outDir: building, emptyOutDir: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 4_000 },
    });
    moveUnlessThere(building, target);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  removeOld();
  return target;
}

function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another process was faster with the same sources.
    if (!existsSync(to)) throw error;
  }
}

/** The newest stay, because a sandbox that is running may still serve one. */
function removeOld(): void {
  const builds = readdirSync(dist)
    .filter((name) => !name.startsWith("building-"))
    .map((name) => ({
      path: join(dist, name),
      at: statSync(join(dist, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }))
    .toSorted((a, b) => b.at - a.at);
  for (const { path } of builds.slice(kept)) rmSync(path, { recursive: true, force: true });
}

function hashOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths.flatMap(filesIn)) hash.update(path.slice(root.length)).update(readFileSync(path));
  return hash.digest("hex").slice(0, 16);
}

function filesIn(path: string): readonly string[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
