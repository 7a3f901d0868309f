import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { buildKustomization } from "../../../sandbox/gitops/kustomize.ts";
import { substitute } from "../../../sandbox/gitops/substitute.ts";
import type { Tenant } from "../../../src/tenants/change.ts";
import type { Tree } from "../../../src/tenants/draft.ts";
import { draftChange } from "../../../src/tenants/drafting.ts";
import { tenantsOf } from "../../../src/tenants/inventory.ts";
import { objectsOf } from "../../../src/tenants/objects.ts";
import { appsFolderOf, folderOf } from "../../../src/tenants/places.ts";
import { settingsOf } from "../../../src/tenants/settings.ts";
import { applied } from "../../../src/tenants/tree.ts";
import { problemsOf } from "../deploy/schemas.ts";
import { anyOwn, anyShared } from "./any-tenant.ts";
import { config, own, project } from "./project.ts";

const places = mkdtempSync(join(tmpdir(), "tenants-"));
afterAll(() => rmSync(places, { recursive: true }));

const withTenant = (tenant: Tenant) => {
  const draft = draftChange({ kind: "propose", tenant }, project, config);
  return { draft, tree: applied(project, draft.edits) };
};
/** Rules that a tenant made by chance may break by its name. */
const byName = /^(name|access)\./;

/** Many drafts; the machine may be busy. */
const patience = 40_000;

/** The objects as kustomize and Flux make them of a folder on a disk. */
function built(tree: Tree, folder: string) {
  const root = mkdtempSync(join(places, "tree-"));
  for (const [path, text] of tree) {
    if (!path.startsWith(`${folder}/`)) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return buildKustomization(join(root, folder)).map((object) => substitute(object, settingsOf(tree, config)));
}

describe.each([
  ["an own instance", anyOwn],
  ["a tenant on the shared instance", anyShared],
])("whoever asks for %s", (_, any) => {
  it(
    "gets manifests that keep every rule and fit every schema, built as the bot reads them",
    () => {
      fc.assert(
        fc.property(any, (tenant) => {
          const { draft, tree } = withTenant(tenant);
          const broken = draft.checks.filter(({ id, verdict }) => verdict === "fail" && !byName.test(id));
          expect(broken).toEqual([]);
          const folder = folderOf(tenant.name, config);
          const objects = built(tree, folder);
          expect(objects.flatMap(problemsOf)).toEqual([]);
          expect(objectsOf(tree, folder, settingsOf(tree, config)).toSorted(byIdentity)).toEqual(
            objects.toSorted(byIdentity),
          );
          const stub = appsFolderOf(tenant.name, config);
          if (tree.has(`${stub}/kustomization.yaml`)) expect(built(tree, stub).flatMap(problemsOf)).toEqual([]);
        }),
        { numRuns: 20 },
      );
    },
    patience,
  );

  it(
    "is read back from Git as asked for, and leaves no trace",
    () => {
      fc.assert(
        fc.property(any, (tenant) => {
          const { draft, tree } = withTenant(tenant);
          fc.pre(!draft.checks.some(({ id, verdict }) => id === "name.taken" && verdict === "fail"));
          expect(tenantsOf(tree, config).map((known) => [known.tenant, known.problems])).toEqual([[tenant, []]]);
          const gone = draftChange({ kind: "offboard", name: tenant.name }, tree, config);
          expect(gone.checks.filter(({ verdict }) => verdict === "fail")).toEqual([]);
          expect([...applied(tree, gone.edits)].toSorted()).toEqual([...project].toSorted());
        }),
        { numRuns: 20 },
      );
    },
    patience,
  );
});

describe("tenants that come and go in any order", () => {
  it(
    "leave the tree as it was when the last of them has gone",
    () => {
      fc.assert(
        fc.property(
          fc.uniqueArray(fc.oneof(anyOwn, anyShared), { selector: ({ name }) => name, minLength: 2, maxLength: 4 }),
          fc.infiniteStream(fc.nat()),
          (tenants, picks) => {
            const usable = tenants.filter(({ name }) => !["default", "dfbot", "gitlab", "harbor"].includes(name));
            let tree: Tree = project;
            for (const tenant of usable)
              tree = applied(tree, draftChange({ kind: "propose", tenant }, tree, config).edits);
            const left = [...usable];
            while (left.length > 0) {
              const [gone] = left.splice((picks.next().value ?? 0) % left.length, 1);
              if (gone !== undefined)
                tree = applied(tree, draftChange({ kind: "offboard", name: gone.name }, tree, config).edits);
            }
            expect([...tree].toSorted()).toEqual([...project].toSorted());
          },
        ),
        { numRuns: 8 },
      );
    },
    patience,
  );
});

describe("another size", () => {
  const sized = fc.record({
    memory: fc.integer({ min: 1, max: 64 }).map((gib) => `${gib}Gi`),
    replicas: fc.integer({ min: 2, max: 5 }),
  });

  it(
    "is what a tenant proposed with that size would have, but for volumes, which never shrink",
    () => {
      fc.assert(
        fc.property(anyOwn, sized, (tenant, wanted) => {
          const from = withTenant({ ...tenant, memory: "1Gi" }).tree;
          const draft = draftChange({ kind: "resize", name: tenant.name, ...wanted }, from, config);
          expect(
            draft.checks.filter(
              ({ id, verdict }) => verdict === "fail" && id !== "change.something" && !byName.test(id),
            ),
          ).toEqual([]);
          expect([...applied(from, draft.edits)].toSorted()).toEqual(
            [...withTenant({ ...tenant, ...wanted }).tree].toSorted(),
          );
        }),
        { numRuns: 12 },
      );
    },
    patience,
  );

  it(
    "and back gives the same tree again, when it was smaller",
    () => {
      fc.assert(
        fc.property(anyOwn, sized, (tenant, wanted) => {
          const from = withTenant({ ...tenant, memory: "64Gi" }).tree;
          const there = applied(
            from,
            draftChange({ kind: "resize", name: tenant.name, ...wanted }, from, config).edits,
          );
          const back = draftChange(
            { kind: "resize", name: tenant.name, memory: "64Gi", replicas: tenant.replicas },
            there,
            config,
          );
          expect([...applied(there, back.edits)].toSorted()).toEqual([...from].toSorted());
        }),
        { numRuns: 12 },
      );
    },
    patience,
  );

  it("keeps what people wrote beside the values", () => {
    const { tree } = withTenant(own());
    const file = `${folderOf("payments", config)}/dragonfly.yaml`;
    const edited = new Map(tree).set(
      file,
      (tree.get(file) ?? "")
        .replace("  replicas: 3", "  # Three, as ever.\n  replicas: 3 # pods")
        .replace(
          "    - --version_check=false",
          "    - --version_check=false\n    - --slowlog_max_len=512 # asked for in May",
        ),
    );
    const draft = draftChange({ kind: "resize", name: "payments", memory: "4Gi", replicas: 4 }, edited, config);
    const text = applied(edited, draft.edits).get(file);
    expect(text).toContain("  # Three, as ever.\n  replicas: 4 # pods\n");
    expect(text).toContain("--slowlog_max_len=512 # asked for in May");
  });
});

function byIdentity(
  a: { kind: string; metadata: { name: string } },
  b: { kind: string; metadata: { name: string } },
): number {
  const identity = ({ kind, metadata }: typeof a) => `${kind} ${metadata.name}`;
  return identity(a) < identity(b) ? -1 : 1;
}
