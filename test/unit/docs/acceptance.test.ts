import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const text = readFileSync(join(root, "docs/acceptance.md"), "utf8");

it("the map of the acceptance criteria names only files that exist", () => {
  const paths = [...text.matchAll(/`((?:deploy|docs|test|bases|infrastructure|workloads)\/[\w./-]+\.\w+)`/g)].map(
    ([, path = ""]) => path,
  );
  expect(paths.length).toBeGreaterThan(30);
  const missing = paths.filter(
    (path) => !existsSync(join(root, path)) && !existsSync(join(root, "deploy/kubernetes", path)),
  );
  expect(missing).toEqual([]);
});

it("has all six criteria", () => {
  expect([...text.matchAll(/^\| (\d)\. /gm)].map(([, number]) => number)).toEqual(["1", "2", "3", "4", "5", "6"]);
});
