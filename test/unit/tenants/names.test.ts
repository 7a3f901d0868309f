import { describe, expect, it } from "vitest";
import { draftChange } from "../../../src/tenants/drafting.ts";
import { checkName, normalised } from "../../../src/tenants/names.ts";
import { applied } from "../../../src/tenants/tree.ts";
import { config, own, project, shared } from "./project.ts";

const withPayments = applied(project, draftChange({ kind: "propose", tenant: own() }, project, config).edits);
const verdicts = (name: string, isolation: "own" | "shared", tree = withPayments) =>
  draftChange({ kind: "propose", tenant: isolation === "own" ? own({ name }) : shared({ name }) }, tree, config)
    .checks.filter(({ id, verdict }) => id.startsWith("name.") && verdict !== "ok")
    .map(({ id, verdict }) => `${id} ${verdict}`);

describe("a tenant's name", () => {
  it.each<[string, "own" | "shared", readonly string[]]>([
    ["shop", "own", []],
    ["payments", "own", ["name.taken fail"]],
    ["pay-ments", "own", ["name.similar warn"]],
    ["payments", "shared", ["name.taken fail"]],
    ["dfly-shop", "own", ["name.dfly fail"]],
    ["system", "own", ["name.reserved fail"]],
    ["operator", "own", ["name.reserved fail"]],
    ["default", "shared", ["name.reserved fail", "name.taken fail"]],
    ["gitlab", "shared", ["name.taken fail"]],
    ["gitlab", "own", ["name.taken warn"]],
    ["git-lab", "shared", ["name.similar warn"]],
    [`a${"b".repeat(28)}c`, "own", []],
  ])("%s, %s: %j", (name, isolation, expected) => {
    expect(verdicts(name, isolation)).toEqual(expected);
  });

  it.each(["Payments", "a_b", "a.b", "-a", "a-", "", "раyments", "a b", "../x"])("%j is no label", (name) => {
    const checks = checkName({ name, isolation: "own" }, { tenants: [], users: [] }, config);
    expect(checks.find(({ id }) => id === "name.label")?.verdict).toBe("fail");
  });

  it.each([
    ["Pay-Ments", "payments"],
    ["pay_ments", "pay.ments"],
    ["раyments", "payments"],
    ["ｐａｙments", "payments"],
    ["payménts", "payments"],
    ["l0gin", "login"],
  ])("%s and %s are told apart by nobody", (a, b) => {
    expect(normalised(a)).toBe(normalised(b));
  });

  it("that is taken does not hide what the proposal would do", () => {
    const draft = draftChange({ kind: "propose", tenant: own({ memory: "4Gi" }) }, withPayments, config);
    expect(draft.edits.length).toBeGreaterThan(0);
  });
});

describe("words about a tenant", () => {
  it.each(["\u0024{HOME}", "costs $$", "{{ .Values }}", "a\nb", "\u202egnp", "\u0007bell", "tab\there"])(
    "%j are refused",
    (words) => {
      for (const field of ["owner", "purpose"]) {
        const { checks } = draftChange({ kind: "propose", tenant: own({ [field]: words }) }, project, config);
        expect(checks.find(({ id }) => id === "text.plain")?.verdict, field).toBe("fail");
      }
    },
  );

  it.each(["<!channel> *bold* & <https://x|y>", "a: b # c", "| x |", "`rm -rf` $(x)", "x".repeat(80)])(
    "%j are only words",
    (words) => {
      const draft = draftChange({ kind: "propose", tenant: own({ owner: words }) }, project, config);
      expect(draft.checks.filter(({ verdict }) => verdict === "fail")).toEqual([]);
      const readme = draft.edits.find(({ path }) => path.endsWith("README.md"))?.after ?? "";
      expect(
        readme
          .split("\n")
          .find((line) => line.startsWith("| owner"))
          ?.match(/\|/g),
      ).toHaveLength(3);
      expect(readme).not.toContain("<!channel>");
    },
  );
});
