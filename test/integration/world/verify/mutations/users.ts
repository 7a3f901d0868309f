import { askAdmin } from "../../../../../sandbox/world/operator/admin.ts";
import { type Mutation, podsOf } from "../mutation.ts";

/** A change of one server's access list; its file has the right one. */
function userChanged(name: string, words: readonly string[], ...red: readonly string[]): Mutation {
  return {
    name,
    red,
    make: async (world) => {
      const ip = podsOf(world, "replica")[0]?.status.podIP ?? "";
      const answer = await askAdmin(ip, "ACL", ...words);
      if (answer instanceof Error) throw answer;
      return () => askAdmin(ip, "ACL", "LOAD");
    },
  };
}

export const users: readonly Mutation[] = [
  userChanged("default is on", ["SETUSER", "default", "on"], "hardening.acl.default-off", "hardening.acl.as-in-git"),
  userChanged(
    "a user may do everything",
    ["SETUSER", "harbor", "+@all"],
    "hardening.acl.rights",
    "hardening.acl.as-in-git",
  ),
  userChanged("a user needs no password", ["SETUSER", "harbor", "nopass"], "hardening.acl.rights"),
  userChanged(
    "a user is there that Git does not have",
    ["SETUSER", "visitor", "on", ">secret", "~v*", "+get"],
    "hardening.acl.as-in-git",
  ),
  userChanged("a user of Git is missing", ["DELUSER", "gitlab"], "hardening.acl.as-in-git"),
  userChanged("a user reaches more keys than in Git", ["SETUSER", "dfbot", "~*"], "hardening.acl.as-in-git"),
  userChanged("a user of Git is off", ["SETUSER", "gitlab", "off"], "hardening.acl.as-in-git"),
];
