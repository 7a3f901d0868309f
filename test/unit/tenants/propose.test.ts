import { describe, expect, it } from "vitest";
import type { Tenant } from "../../../src/tenants/change.ts";
import type { Tree } from "../../../src/tenants/draft.ts";
import { draftChange } from "../../../src/tenants/drafting.ts";
import { applied } from "../../../src/tenants/tree.ts";
import { config, own, project, shared } from "./project.ts";

const propose = (tenant: Tenant, tree: Tree = project) => draftChange({ kind: "propose", tenant }, tree, config);
const failing = (draft: { readonly checks: readonly { readonly id: string; readonly verdict: string }[] }) =>
  draft.checks.filter(({ verdict }) => verdict === "fail").map(({ id }) => id);

describe("an own instance", () => {
  const draft = propose(own());

  it("breaks no rule", () => {
    expect(failing(draft)).toEqual([]);
  });

  it("has a folder in both clusters, and a line in both lists", () => {
    const { directory, appsDirectory } = config.tenants;
    const made = draft.edits.filter(({ before }) => before === null).map(({ path }) => path);
    expect(made).toContain(`${directory}/payments/dragonfly.yaml`);
    expect(made).toContain(`${directory}/payments/ciliumnetworkpolicy.yaml`);
    expect(made).toContain(`${appsDirectory}/payments/service.yaml`);
    const edited = draft.edits.filter(({ before }) => before !== null).map(({ path }) => path);
    expect(edited).toEqual([`${appsDirectory}/kustomization.yaml`, `${directory}/kustomization.yaml`]);
    for (const path of edited) expect(applied(project, draft.edits).get(path)).toContain("resources:\n  - payments\n");
  });

  it("says what must be in the secret store before the merge", () => {
    expect(draft.checks.find(({ id }) => id === "secret.store")).toMatchObject({
      verdict: "warn",
      detail: expect.stringContaining("platform/dragonfly/payments, property password"),
    });
  });

  it("says what the tenants take now and would take", () => {
    expect(draft.sums.find(({ what }) => what.startsWith("memory limits"))).toMatchObject({
      now: "0 MiB",
      after: "8.0 GiB",
    });
  });

  it("has no names in the other cluster when nobody there uses it", () => {
    const { edits } = propose(own({ clusters: ["infra"] }));
    expect(edits.filter(({ path }) => path.startsWith(config.tenants.appsDirectory))).toEqual([]);
  });
});

describe("a tenant on the shared instance", () => {
  const draft = propose(shared({ name: "shop-web", commands: ["scripting"] }));
  const after = applied(project, draft.edits);

  it("breaks no rule", () => {
    expect(failing(draft)).toEqual([]);
  });

  it("may need less than a server of its own would", () => {
    expect(failing(propose(shared({ memory: "16Mi" })))).toEqual([]);
    expect(failing(propose(own({ memory: "16Mi" })))).toContain("size.least");
  });

  it("has a guard and a rule in the access list, in the words that Go's templates take", () => {
    const text = after.get(`${config.tenants.sharedDirectory}/externalsecret.yaml`) ?? "";
    expect(text).toContain(
      '{{- if not (regexMatch "^[A-Za-z0-9_-]{24,128}$" (index . "shop-web")) }}{{ fail "shop-web: ',
    );
    expect(text).toContain(
      'USER shop-web on >{{ index . "shop-web" }} ~{shop-web}* &{shop-web}* -@all +@read +@write +@connection +@transaction +@scripting -KEYS',
    );
  });

  it("is let in by both policies and known to the bot", () => {
    const { sharedDirectory, ciliumDirectory, botConfig } = config.tenants;
    for (const path of [
      `${sharedDirectory}/networkpolicy.yaml`,
      `${ciliumDirectory}/ciliumnetworkpolicy.yaml`,
      botConfig,
    ])
      expect(after.get(path), path).toMatch(/- harbor\n +- payments-prod\n/);
  });
});

describe.each([
  ["own", own()],
  ["own, without volumes", own({ persistence: false })],
  ["shared", shared()],
  ["shared, in a namespace that could connect before", shared({ namespace: "harbor" })],
])("leaving again (%s)", (_, tenant) => {
  it("gives back the tree, byte for byte", () => {
    const there = applied(project, propose(tenant).edits);
    const gone = applied(there, draftChange({ kind: "offboard", name: tenant.name }, there, config).edits);
    expect([...gone].toSorted()).toEqual([...project].toSorted());
  });
});
