import type { Reading } from "../../platform/reading.ts";
import type { ServerUser } from "../../platform/server.ts";
import type { Finding } from "../../reports/model.ts";
import { evidence } from "../instance/findings.ts";
import { checkOf, criteria, listed } from "./check.ts";
import type { VerifyObservation } from "./observe.ts";
import { verifyQueue } from "./queue.ts";

const criterion = criteria.hardening;
/** Rights that no user of a shared instance has. */
const tooMuch = new Set(["+@all", "allcommands", "+@admin", "+@dangerous", "nopass"]);

/**
 * The access lists as the servers have them, which is not always what Git has: one token that a server cannot read, and it drops
 * the whole file and starts open to everybody.
 */
export function verifyUsers(seen: VerifyObservation, isShared: boolean): readonly Finding[] {
  const lists = seen.accessLists.map(({ users }) => users);
  const perPod = (look: (users: readonly ServerUser[]) => readonly string[]) => () => {
    const wrong = seen.accessLists.flatMap(({ pod, users }) =>
      users.ok ? look(users.value).map((text) => `${pod}: ${text}`) : [],
    );
    return { holds: lists.length === 0 ? undefined : wrong.length === 0, found: listed(wrong, "as expected") };
  };
  return [
    withProof(
      {
        id: "hardening.acl.default-off",
        what: "The user default",
        expected: "ACL LIST begins with `user default off` on every pod",
      },
      seen,
      lists,
      perPod(([first]) => {
        if (first === undefined) return ["no users"];
        if (first.name !== "default") return [`${first.name} comes first`];
        return first.enabled ? ["default is on"] : [];
      }),
    ),
    withProof(
      {
        id: "hardening.acl.rights",
        what: "Rights of the users",
        expected: "nobody has everything, an admin command, a dangerous one, or no password",
      },
      seen,
      lists,
      perPod((users) =>
        users.flatMap(({ name, rules }) => {
          const more = rules.filter((rule) => tooMuch.has(rule.toLowerCase()));
          return more.length === 0 ? [] : [`${name} ${more.join(" ")}`];
        }),
      ),
    ),
    ...(isShared ? [verifyAgainstGit(seen)] : []),
    verifyQueue(seen, isShared),
  ];
}

function withProof(
  named: { readonly id: string; readonly what: string; readonly expected: string },
  seen: VerifyObservation,
  lists: readonly Reading<readonly ServerUser[]>[],
  look: () => { readonly holds: boolean | undefined; readonly found: string },
): Finding {
  const all = checkOf({ ...named, criterion }, lists, look);
  const proof = seen.accessLists.map(({ users }) =>
    evidence(users, users.ok ? users.value.map(asLine).join("\n") : ""),
  );
  const none = [evidence(seen.pods, "no server could be asked")];
  return { ...all, evidence: proof.length === 0 ? none : proof };
}

function asLine({ name, enabled, rules }: ServerUser): string {
  return `user ${name} ${enabled ? "on" : "off"} ${rules.join(" ")}`;
}

/** Names, and which keys and channels they reach. How a server words the rest differs from how a file does. */
function verifyAgainstGit(seen: VerifyObservation): Finding {
  const lists = seen.accessLists.map(({ users }) => users);
  return checkOf(
    {
      id: "hardening.acl.as-in-git",
      criterion,
      what: "Users against Git",
      expected: "on every pod the users of Git, on or off as there, with the same keys and channels",
    },
    [seen.git, ...lists] as const,
    () => {
      const wanted = seen.git.ok ? seen.git.value.users : [];
      const wrong = seen.accessLists.flatMap(({ pod, users }) =>
        users.ok ? differences(wanted, users.value).map((text) => `${pod}: ${text}`) : [],
      );
      return {
        holds: lists.length === 0 ? undefined : wrong.length === 0,
        found: listed(wrong, `the ${wanted.length} of Git`),
        output: wanted.map(asLine).join("\n"),
      };
    },
  );
}

function differences(wanted: readonly ServerUser[], live: readonly ServerUser[]): readonly string[] {
  const reach = ({ enabled, rules }: ServerUser) =>
    [enabled ? "on" : "off", ...rules.filter((rule) => /^[~&%]/.test(rule)).toSorted()].join(" ");
  return [
    ...wanted.flatMap((user) => {
      const same = live.find(({ name }) => name === user.name);
      if (same === undefined) return [`${user.name} is missing`];
      return reach(same) === reach(user) ? [] : [`${user.name} is ${reach(same)}, in Git ${reach(user)}`];
    }),
    ...live.filter(({ name }) => wanted.every((user) => user.name !== name)).map(({ name }) => `${name} is not in Git`),
  ];
}
