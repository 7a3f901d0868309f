import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { tableRows } from "./table.ts";

const page = readFileSync("docs/versions.md", "utf8");
const versions = z.record(z.string(), z.string());
const manifest = z
  .object({ dependencies: versions, devDependencies: versions })
  .parse(JSON.parse(readFileSync("package.json", "utf8")));
const packages = new Map(Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }));
const code = (cell: string | undefined) => [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? "");

const pinned = new Map(tableRows(page, "what").map(([what, version]) => [what, code(version)]));

function yaml<T>(path: string, schema: z.ZodType<T>): T {
  return schema.parse(parse(readFileSync(path, "utf8")));
}

describe("docs/versions.md", () => {
  const rows = tableRows(page, "package");

  it("lists packages, the queue's and Slack's among them", () => {
    const names = rows.flatMap(([name]) => code(name));
    expect(names).toEqual(expect.arrayContaining(["bullmq", "ioredis", "@slack/bolt", "zod"]));
  });

  it.each(rows)("has the version of %s that package.json has", (name, version) => {
    const [wanted] = code(name);
    expect(code(version)).toEqual([packages.get(wanted ?? "")]);
  });

  it("has the Node version of package.json", () => {
    expect(pinned.get("Node")).toEqual([packages.get("node")]);
  });

  it("has the Dragonfly image of the resource", () => {
    const resource = z.object({ spec: z.object({ image: z.string() }) });
    const { spec } = yaml("deploy/kubernetes/workloads/platform/databases/dragonfly/dragonfly.yaml", resource);
    expect(pinned.get("Dragonfly")).toEqual([spec.image]);
  });

  it("has the operator's chart and image that Flux installs", () => {
    const source = yaml(
      "deploy/kubernetes/infrastructure/repositories/oci/dragonfly-operator.yaml",
      z.object({ spec: z.object({ url: z.string(), ref: z.object({ tag: z.string() }) }) }),
    );
    expect(pinned.get("Operator chart")).toEqual([source.spec.url, source.spec.ref.tag]);
    const image = z.object({ image: z.object({ tag: z.string() }) });
    const release = yaml(
      "deploy/kubernetes/bases/dragonfly-operator/operator/helmrelease.yaml",
      z.object({ spec: z.object({ values: z.object({ manager: image }) }) }),
    );
    expect(pinned.get("Operator image")?.[0]?.split(":").at(-1)).toBe(release.spec.values.manager.image.tag);
  });

  it("names only files that exist", () => {
    const files = [...page.matchAll(/`((?:deploy|test|script)\/[^`*]+)`/g)];
    expect(files.length).toBeGreaterThan(5);
    for (const [, path] of files) expect(() => readFileSync(path ?? ""), path).not.toThrow(/ENOENT/);
  });
});
