import { describe, expect, it } from "vitest";
import { changedUsers, isClosed, sameRules, userIn, userRulesIn } from "../../../src/tenants/user-rules.ts";
import { withUser } from "../../../src/tenants/users.ts";
import { config, project } from "./project.ts";

const shipped = userRulesIn(project, config);
const user = (...rules: readonly string[]) => ({ name: "shop", enabled: true, rules });

describe("the users that Git has", () => {
  it("are those of the shipped list, with every rule and no password", () => {
    expect(shipped.map((one) => one.name)).toEqual(["default", "dfbot", "gitlab", "harbor"]);
    expect(userIn(shipped, "default")).toEqual({
      name: "default",
      enabled: false,
      rules: ["-@all", "+auth", "+hello"],
    });
    expect(userIn(shipped, "dfbot")?.rules).toEqual(
      expect.arrayContaining(["~{dfbot}*", "&{dfbot}*", "+@read", "-KEYS"]),
    );
    expect(JSON.stringify(shipped)).not.toMatch(/[>}{]{2}|password/);
    expect(isClosed(shipped, shipped)).toBe(true);
  });

  it("have one more for a tenant, also where its name is no field of a template", () => {
    const after = userRulesIn(withUser({ name: "shop-web" }, project, config), config);
    expect(changedUsers(shipped, after)).toEqual(["shop-web"]);
    expect(userIn(after, "shop-web")?.rules.slice(0, 3)).toEqual(["~{shop-web}*", "&{shop-web}*", "-@all"]);
  });
});

describe("two lists of rules", () => {
  it("mean the same in another order and in the words of a server", () => {
    const listed = user("~{shop}*", "&{shop}*", "-@all", "+get", "-keys", "$all");
    expect(sameRules(user("-@all", "+GET", "-KEYS", "~{shop}*", "&{shop}*"), listed)).toBe(true);
    expect(sameRules(user("~{shop}*", "-@all"), user("~{shop}*", "resetchannels", "-@all", "$all"))).toBe(true);
  });

  it.each([
    ["a right more", user("~a*", "+get", "+set")],
    ["a right less", user("~a*")],
    ["other keys", user("~A*", "+get")],
    ["no password", user("~a*", "+get", "nopass")],
    ["one database", user("~a*", "+get", "$0")],
    ["off", { ...user("~a*", "+get"), enabled: false }],
    ["nobody", undefined],
  ])("do not with %s", (_, other) => {
    expect(sameRules(user("~a*", "+get"), other)).toBe(false);
  });

  it("leave the door open unless default is named, and off or as Git has it with a password", () => {
    const openTo = (...rules: readonly string[]) => [{ name: "default", enabled: true, rules }];
    expect(isClosed([user()], shipped)).toBe(false);
    expect(isClosed(openTo("~*", "+@all"), shipped)).toBe(false);
    expect(isClosed(openTo("~*", "+@all"), openTo("~*", "+@all"))).toBe(true);
    expect(isClosed(openTo("~*", "+@all", "nopass"), openTo("~*", "+@all", "nopass"))).toBe(false);
  });
});
