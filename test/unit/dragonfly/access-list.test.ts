import { describe, expect, it } from "vitest";
import { parseAccessList, refusalOf } from "../../../src/dragonfly/access-list.ts";

/** Source of the lines: recording acl of Dragonfly 1.40.1. */
describe("ACL LIST", () => {
  it("gives users with their rules, and nothing of a password", () => {
    const list = parseAccessList([
      "user u1 on #30c952fab122c3f ~k* resetchannels -@all +get $all",
      "user default off #0123456789abcde #fedcba9876543210 resetchannels -@all +auth +hello $all",
      "user old on >clear-text ~* &* +@all $all",
      "user strange on 30c952fab122c3f %RW~a* -@all +client|setname $0",
    ]);
    expect(list).toEqual([
      { name: "u1", enabled: true, rules: ["~k*", "resetchannels", "-@all", "+get", "$all"] },
      { name: "default", enabled: false, rules: ["resetchannels", "-@all", "+auth", "+hello", "$all"] },
      { name: "old", enabled: true, rules: ["~*", "&*", "+@all", "$all"] },
      { name: "strange", enabled: true, rules: ["%RW~a*", "-@all", "+client|setname", "$0"] },
    ]);
    expect(JSON.stringify(list)).not.toMatch(/30c952|0123456|fedcba|clear-text/);
    expect(parseAccessList(["user default on nopass ~* &* +@all $all"])[0]?.rules).toContain("nopass");
  });

  it.each([[["user"]], [["nothing known #30c952fab122c3f"]], ["OK"], [[1]]])(
    "is refused, and not shown, when it is something else: %j",
    (reply) => {
      expect(() => parseAccessList(reply)).toThrow(
        expect.objectContaining({ code: "server.protocol", message: expect.not.stringContaining("30c952") }),
      );
    },
  );
});

describe("a refusal of ACL LOAD", () => {
  const reply = (message: string) => Object.assign(new Error(message), { name: "ReplyError" });

  it.each([
    ["ERR Error loading: /etc/acl Unrecognized parameter +CLIENT|SETNAME", /Unrecognized parameter \+CLIENT\|SETNAME$/],
    ["ERR Unrecognized parameter +@NONE", /Unrecognized parameter \+@NONE$/],
    ["ERR There is no aclfile to load", /There is no aclfile to load$/],
    ["ERR Unrecognized parameter SECRETPIECE", /Unrecognized parameter \(not shown/],
    ["ERR Unrecognized parameter >SECRETPIECE", /Unrecognized parameter \(not shown/],
  ])("has the server's words, but no word that could be of a password: %s", (words, shown) => {
    const error = refusalOf("dragonfly-1", reply(words));
    expect(error).toMatchObject({ code: "server.acl", message: expect.stringMatching(shown) });
    expect(error?.message).not.toContain("SECRETPIECE");
  });

  it("is no matter of the file when the bot is not let in, or the line breaks", () => {
    for (const error of [reply("NOAUTH Authentication required."), reply("LOADING wait"), new Error("ECONNRESET"), 7])
      expect(refusalOf("dragonfly-1", error)).toBeUndefined();
  });
});
