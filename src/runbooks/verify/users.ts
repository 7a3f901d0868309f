import type { ServerUser } from "../../platform/server.ts";
import type { Finding } from "../../reports/model.ts";
import { check, checkOf, criteria, listed, type Named } from "./check.ts";
import type { GitObservation } from "./observe.ts";
import { verifyQueue } from "./queue.ts";
import { type Shown, type ShownVerification, shown } from "./shown.ts";

const criterion = criteria.hardening;
/** Rights that no user of a shared instance has. */
const tooMuch = new Set(["+@all", "allcommands", "+@admin", "+@dangerous", "nopass"]);

/**
 * The access lists as the servers have them, which is not always what Git has: one token that a server cannot read, and it drops
 * the whole file and starts open to everybody.
 */
export function verifyUsers(seen: ShownVerification, isShared: boolean): readonly Finding[] {
  return [
    onEveryPod(
      {
        id: "hardening.acl.default-off",
        criterion,
        what: "The user default",
        expected: "ACL LIST begins with `user default off` on every pod",
      },
      seen,
      ([first]) => {
        if (first === undefined) return ["no users"];
        if (first.name !== "default") return [`${first.name} comes first`];
        return first.enabled ? ["default is on"] : [];
      },
    ),
    onEveryPod(
      {
        id: "hardening.acl.rights",
        criterion,
        what: "Rights of the users",
        expected: "nobody has +@all, +@admin, +@dangerous, or no password",
      },
      seen,
      (users) =>
        users.flatMap(({ name, rules }) => {
          const more = rules.filter((rule) => tooMuch.has(rule.toLowerCase()));
          return more.length === 0 ? [] : [`${name} ${more.join(" ")}`];
        }),
    ),
    ...(isShared ? [verifyAgainstGit(seen)] : []),
    verifySecrets(seen),
    verifyQueue(seen, isShared),
  ];
}

/** What is wrong on one pod stands, also while another cannot be asked. */
function onEveryPod(
  named: Named,
  seen: ShownVerification,
  look: (users: readonly ServerUser[]) => readonly string[],
  also: readonly Shown<unknown>[] = [],
): Finding {
  const lists = seen.accessLists.map(({ pod, users }) => ({ pod, users: shown(users, asLines) }));
  const readings = [
    ...also,
    ...(seen.pods.ok && lists.length > 0 ? [] : [seen.pods]),
    ...lists.map(({ users }) => users),
  ];
  const wrong = lists.flatMap(({ pod, users }) => (users.ok ? look(users.value).map((text) => `${pod}: ${text}`) : []));
  const unread = readings.find((reading) => !reading.ok);
  const blind = unread !== undefined || lists.length === 0;
  return check({
    ...named,
    found: listed(wrong, lists.length === 0 ? "no server could be asked" : blind ? "could not be read" : "as expected"),
    reason: unread?.ok === false ? unread.reason : undefined,
    holds: wrong.length > 0 ? false : blind ? undefined : true,
    evidence: readings.map((reading) => reading.evidence),
  });
}

/** What it says of the passwords is whether they could be fetched; never what they are. */
function verifySecrets(seen: ShownVerification): Finding {
  return checkOf(
    {
      id: "hardening.secrets.synced",
      criterion,
      what: "External secrets",
      expected: "the Secrets with users and passwords are fetched, and were the last time",
    },
    [
      shown(
        seen.externalSecrets,
        (all) =>
          all
            .map(
              ({ meta, target, synced, message }) =>
                `${meta.name} -> ${target}: Ready=${synced ?? "<unset>"} ${message}`,
            )
            .join("\n") || "No resources found",
      ),
    ],
    (all) => {
      const wrong = all.filter(({ synced }) => synced !== true);
      return {
        holds:
          wrong.some(({ synced }) => synced === false) || all.length === 0
            ? false
            : wrong.length > 0
              ? undefined
              : true,
        found:
          all.length === 0
            ? "there is none"
            : listed(
                wrong.map(({ meta, message }) => `${meta.name}: ${message}`),
                `${listed(all.map(({ meta }) => meta.name))} synced`,
              ),
      };
    },
  );
}

function asLines(users: readonly ServerUser[]): string {
  return users
    .map(({ name, enabled, rules }) => `user ${name} ${enabled ? "on" : "off"} ${rules.join(" ")}`)
    .join("\n");
}

function verifyAgainstGit(seen: ShownVerification): Finding {
  const git = shown(seen.git, (found: GitObservation) => `${found.head}\n${asLines(found.users)}`);
  const wanted = git.ok ? git.value.users : undefined;
  return onEveryPod(
    {
      id: "hardening.acl.as-in-git",
      criterion,
      what: "Users against Git",
      expected:
        "on every pod the users of Git, on or off as there, with the same keys and channels and no command more",
    },
    seen,
    (users) => (wanted === undefined ? [] : differences(wanted, users)),
    [git],
  );
}

function differences(wanted: readonly ServerUser[], live: readonly ServerUser[]): readonly string[] {
  return [
    ...wanted.flatMap((user) => {
      const same = live.find(({ name }) => name === user.name);
      if (same === undefined) return [`${user.name} is missing`];
      const more = commandsBeyond(user, same);
      return [
        ...(reach(same) === reach(user) ? [] : [`${user.name} is ${reach(same)}, in Git ${reach(user)}`]),
        ...(more.length === 0 ? [] : [`${user.name} has ${more.join(" ")}, which Git does not give`]),
      ];
    }),
    ...live.filter(({ name }) => wanted.every((user) => user.name !== name)).map(({ name }) => `${name} is not in Git`),
  ];
}

/** Which keys and channels. */
function reach({ enabled, rules }: ServerUser): string {
  return [enabled ? "on" : "off", ...rules.filter((rule) => /^[~&%]/.test(rule)).toSorted()].join(" ");
}

/** What a user may do that Git does not give, or that Git takes away and the server does not. A server says the rules that were given, in small letters. */
function commandsBeyond(wanted: ServerUser, live: ServerUser): readonly string[] {
  const of = ({ rules }: ServerUser, sign: RegExp) =>
    new Set(rules.map((rule) => rule.toLowerCase()).filter((rule) => sign.test(rule)));
  const given = [...of(live, /^\+|^allcommands$/)].filter((rule) => !of(wanted, /^\+|^allcommands$/).has(rule));
  const kept = [...of(wanted, /^-/)].filter((rule) => !of(live, /^-/).has(rule));
  return [...new Set([...given, ...kept.map((rule) => rule.replace("-", "+"))])];
}
