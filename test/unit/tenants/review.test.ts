import { describe, expect, it } from "vitest";
import type { FileEdit } from "../../../src/platform/git.ts";
import { reviewEdits } from "../../../src/tenants/checks/review.ts";
import { draftChange } from "../../../src/tenants/drafting.ts";
import { folderOf, sharedFilesOf } from "../../../src/tenants/places.ts";
import { applied, editsBetween } from "../../../src/tenants/tree.ts";
import { config, own, project } from "./project.ts";

/** Merge requests that people, or somebody who means harm, opened by hand. */

const failing = (edits: readonly FileEdit[]) => [
  ...new Set(
    reviewEdits(edits, applied(project, edits), config)
      .filter(({ verdict }) => verdict === "fail")
      .map(({ id }) => id),
  ),
];
const added = (path: string, after: string): FileEdit => ({ path, before: project.get(path) ?? null, after });
const { directory } = config.tenants;
const proposed = draftChange({ kind: "propose", tenant: own() }, project, config).edits;

it("a proposal written by hand as the bot would write it breaks no rule", () => {
  expect(failing(proposed)).toEqual([]);
});

describe("a path", () => {
  it.each([
    "bot/base/statefulset.yaml",
    "kubernetes/clusters/infra/tenants.yaml",
    `${directory}/../dragonfly/service.yaml`,
    `${directory}/payments/../../x.yaml`,
    `${directory}/payments/deep/x.yaml`,
    `${directory}/payments/run.sh`,
    `${directory}/Payments/tenant.yaml`,
    `${directory}/stray.yaml`,
    `${directory}//payments/tenant.yaml`,
    `${config.tenants.sharedDirectory}/prometheusrule.yaml`,
  ])("%s is outside", (path) => {
    expect(failing([added(path, "x: 1\n")])).toContain("paths.inside");
  });

  it("with signs that nobody sees is refused", () => {
    expect(failing([added(`${directory}/payments/a\u202eb.yaml`, "x: 1\n")])).toEqual(
      expect.arrayContaining(["paths.inside", "text.hidden-path"]),
    );
  });
});

describe("a file", () => {
  it.each([
    ["with a password", "password: abcdefghijklmnopqrstuvwx"],
    ["with a Secret", "kind: Secret"],
    ["with a token of Slack", "xoxb-1234"],
    ["with a URL that has a password", "redis://u:hunter2@host"],
    ["with a user and the password itself", "USER x on >abcdefghijklmnopqrstuvwxyz ~*"],
    ["with a key", "-----BEGIN PRIVATE KEY-----"],
  ])("%s is refused", (_, line) => {
    expect(failing([...proposed, added(`${folderOf("payments", config)}/README.md`, `${line}\n`)])).toContain(
      "secret.none",
    );
  });

  it("that no reader can read is a broken rule, not an error", () => {
    const bomb = `a: &a [x]\n${"bcdefghijk"
      .split("")
      .map((key, index) => `${key}: &${key} [${`*${"abcdefghij"[index]},`.repeat(9)}]`)
      .join("\n")}\n`;
    for (const text of ["{", bomb, "\u0000", "- 1\n- 2\n", "&a *a"]) {
      const edits = [...proposed, added(`${folderOf("payments", config)}/probes.yaml`, text)];
      expect(failing(edits).length, JSON.stringify(text.slice(0, 10))).toBeGreaterThan(0);
    }
  });

  it("that makes the shared lists unreadable is a broken rule, not an error", () => {
    for (const path of Object.values(sharedFilesOf(config))) {
      for (const text of ["", "[", "x: 1\n"])
        expect(failing([added(path, text)]).length, `${path} ${text}`).toBeGreaterThan(0);
    }
  });
});

it("a tenant whose name is easily taken for another's is told of", () => {
  const first = applied(project, proposed);
  const second = editsBetween(
    first,
    applied(first, draftChange({ kind: "propose", tenant: own({ name: "pay-ments" }) }, first, config).edits),
  );
  const checks = reviewEdits(second, applied(first, second), config);
  expect(checks.find(({ id }) => id === "name.similar")?.verdict).toBe("warn");
});

it("folders of a tenant that go with nothing taken out of the lists are refused", () => {
  const tree = applied(project, proposed);
  const gone = [...tree.keys()].filter((path) => path.includes("/tenants/payments/"));
  const edits = gone.map((path): FileEdit => ({ path, before: tree.get(path) ?? null, after: null }));
  const found = reviewEdits(edits, applied(tree, edits), config).filter(({ verdict }) => verdict === "fail");
  expect(new Set(found.map(({ id }) => id))).toEqual(new Set(["kustomization.parents"]));
});
