import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { build } from "vite";

const root = import.meta.dirname;
const dist = join(root, "dist");
const stamp = join(dist, ".sources");

/** Builds the page unless it is built already from the same sources; returns the folder to serve. */
export async function buildPage(): Promise<string> {
  const sources = hashOf([
    join(root, "src"),
    join(root, "index.html"),
    join(root, "../slack/page-api.ts"),
    join(root, "../../package.json"),
  ]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return dist;
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    plugins: [react(), tailwind()],
    build: { outDir: dist, emptyOutDir: true, chunkSizeWarningLimit: 4_000 },
  });
  writeFileSync(stamp, sources);
  return dist;
}

function hashOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths.flatMap(filesIn)) hash.update(path.slice(root.length)).update(readFileSync(path));
  return hash.digest("hex");
}

function filesIn(path: string): readonly string[] {
  if (!existsSync(path) || !path.endsWith("src")) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
