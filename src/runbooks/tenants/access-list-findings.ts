import type { ServerUser } from "../../platform/server.ts";
import type { Finding, Verdict } from "../../reports/model.ts";
import { changedUsers, isClosed, sameRules, userIn } from "../../tenants/user-rules.ts";
import { finding } from "../instance/findings.ts";
import type { AccessLists, PodAccessList } from "./access-list-look.ts";
import type { WantedAccessList } from "./follow-aim.ts";

/** What is to be said of the access lists of an instance's pods. Never anything of a password: there is none in them. */

export const section = "Access list";

/** Users of whom a pod says something else than Git. */
export function usersNotAs(wanted: readonly ServerUser[], { users }: PodAccessList): readonly string[] {
  return users === null ? [] : changedUsers(wanted, users);
}

/** Whether a pod has what a change brings: of the users that it is about, and `default` off. */
export function hasChange(
  { users: wanted, changed }: Pick<WantedAccessList, "users" | "changed">,
  one: PodAccessList,
): boolean {
  const { users } = one;
  return (
    users !== null &&
    isClosed(users, wanted) &&
    changed.every((name) => sameRules(userIn(wanted, name), userIn(users, name)))
  );
}

export interface AfterLoading {
  readonly wanted: WantedAccessList;
  /** What the pods said before anything was loaded, and what they say now. */
  readonly before: AccessLists;
  readonly now: AccessLists;
  /** By pod: the server's words when it last refused its file. */
  readonly refused: Readonly<Record<string, string>>;
  /** Why nothing was loaded; empty when it was. */
  readonly notLoaded: string;
  /** The users that Git has by now: another change may have been merged since. */
  readonly latest: readonly ServerUser[];
}

export function findingsAfterLoading(after: AfterLoading): readonly Finding[] {
  const { wanted, now } = after;
  const few = now.pods.length < wanted.pods;
  const count = `${now.pods.length} of ${wanted.pods} pods of ${wanted.instance.name} are there`;
  return [
    ...(now.problem === "" ? [] : [unlisted(wanted.instance.name, now.problem)]),
    ...(few && now.problem === ""
      ? [finding({ id: "acl", section, verdict: "fail", title: `Only ${count}, each of which must know its users` })]
      : []),
    ...now.pods.flatMap((one) => [ofPod(after, one), ...ofOthers(after, one)]),
  ];
}

function unlisted(instance: string, reason: string): Finding {
  const title = `Who may log in on ${instance} could not be held against Git`;
  return finding({ id: "acl", section, verdict: "unknown", title, detail: reason });
}

function ofPod({ wanted, refused, notLoaded, latest }: AfterLoading, one: PodAccessList): Finding {
  const { pod, users } = one;
  const id = `acl.${pod}`;
  const shown = wanted.changed;
  if (users === null) return podFinding(one, [], { id, verdict: "unknown", title: unread(pod), detail: one.reason });
  if (!isClosed(users, wanted.users)) return open(one);
  if (hasChange(wanted, one) || hasChange({ ...wanted, users: latest }, one)) {
    const words = shown.map((name) => (userIn(users, name) === undefined ? `${name} is gone` : `${name} may log in`));
    return podFinding(one, shown, {
      id,
      verdict: "ok",
      title: `${pod} has the access list of Git: ${words.join(", ")}`,
    });
  }
  const words = refused[pod];
  if (words !== undefined) {
    const detail = `The rules from before stay in force. A server that starts with this file starts open to everybody: take the change back before a pod restarts.`;
    return podFinding(one, shown, { id, verdict: "fail", title: words, detail });
  }
  const behind = shown.filter((name) => !sameRules(userIn(wanted.users, name), userIn(users, name)));
  const elsewhere = Object.keys(refused).join(", ");
  const detail =
    elsewhere !== ""
      ? `It was not given ACL LOAD any more, because ${elsewhere} refuses the same file.`
      : notLoaded === ""
        ? "ACL LOAD was given, and the pod still had the file from before: look whether its Secret is as the ExternalSecret says."
        : `${notLoaded} By hand, when it is in order: redis-cli -p 9999 ACL LOAD in each pod.`;
  return podFinding(one, shown, {
    id,
    verdict: "fail",
    title: `${pod} does not have the access list of Git: ${behind.map((name) => differs(name, wanted.users, users)).join(", ")}`,
    detail,
  });
}

/** A load replaces everybody's rules: nobody may have others than before whom this change, or another of Git, is not about. */
function ofOthers({ wanted, before, latest }: AfterLoading, one: PodAccessList): readonly Finding[] {
  const was = before.pods.find(({ pod }) => pod === one.pod)?.users ?? null;
  if (was === null || one.users === null) return [];
  const { users } = one;
  const strange = changedUsers(was, users)
    .filter((name) => name !== "default" && !wanted.changed.includes(name))
    .filter(
      (name) =>
        // A change that was merged after this one.
        sameRules(userIn(wanted.users, name), userIn(latest, name)) ||
        !sameRules(userIn(users, name), userIn(latest, name)),
    );
  if (strange.length === 0) return [];
  const title = `On ${one.pod} others are not as before, which this change does not explain: ${strange
    .map((name) => `${name} ${changeOf(userIn(was, name), userIn(users, name))}`)
    .join(", ")}`;
  const detail = "The file brought what was not in force before, or took away what somebody had given by hand.";
  return [podFinding(one, strange, { id: `acl.${one.pod}.others`, verdict: "fail", title, detail })];
}

function changeOf(was: ServerUser | undefined, is: ServerUser | undefined): string {
  if (is === undefined) return "is gone";
  return was === undefined ? "is new" : "has other rules";
}

/** How a pod differs from Git, user by user; for a look that changes nothing. */
export function driftFindings(wanted: readonly ServerUser[], { pods, problem }: AccessLists, instance: string) {
  if (problem !== "") return [unlisted(instance, problem)];
  return pods.map((one): Finding => {
    const { pod, users } = one;
    const id = `acl.${pod}`;
    if (users === null) return podFinding(one, [], { id, verdict: "unknown", title: unread(pod), detail: one.reason });
    if (!isClosed(users, wanted)) return open(one);
    const names = usersNotAs(wanted, one);
    if (names.length === 0)
      return podFinding(one, [], { id, verdict: "ok", title: `${pod} has exactly the users of Git` });
    const title = `${pod} does not have the users of Git: ${names.map((name) => differs(name, wanted, users)).join(", ")}`;
    const detail = "ACL LOAD has not been given there since the file changed, or somebody gave rights by hand.";
    return podFinding(one, names, { id, verdict: "fail", title, detail });
  });
}

/** The same about one user. */
export function userDrift(name: string, wanted: readonly ServerUser[], { pods, problem }: AccessLists): Finding {
  const id = "acl";
  const rows = pods.map((one) => ({ one, same: sameRules(userIn(wanted, name), userIn(one.users ?? [], name)) }));
  const unasked = pods.filter(({ users }) => users === null).map(({ pod }) => pod);
  const wrong = rows.filter(({ one, same }) => one.users !== null && !same).map(({ one }) => one);
  const [first] = wrong;
  if (first !== undefined) {
    const title = `${name} is not on ${wrong.map(({ pod }) => pod).join(", ")} as Git has it`;
    const detail = wrong.map(({ pod, users }) => `${pod}: ${differs(name, wanted, users ?? [])}`).join("; ");
    return podFinding(first, [name], { id, verdict: "fail", title, detail });
  }
  if (problem !== "" || unasked.length > 0 || pods.length === 0) {
    const title = `Whether every pod knows ${name} could not be read`;
    const detail = problem === "" ? unasked.join(", ") : problem;
    return finding({ id, section, verdict: "unknown", title, detail });
  }
  return finding({ id, section, verdict: "ok", title: `Every pod knows ${name} as Git has it` });
}

function differs(name: string, wanted: readonly ServerUser[], users: readonly ServerUser[]): string {
  const [there, here] = [userIn(wanted, name), userIn(users, name)];
  if (here === undefined) return `${name} is missing`;
  return there === undefined ? `${name} is not in Git` : `${name} has other rules`;
}

function unread(pod: string): string {
  return `Who may log in on ${pod} could not be read`;
}

function open(one: PodAccessList): Finding {
  const title = `${one.pod} is open to everybody: \`default\` is not off`;
  const detail =
    "So it is when the server started with a file that it could not read. Mend the file, then ACL LOAD; until then only the network policy keeps strangers out.";
  return podFinding(one, ["default"], { id: `acl.${one.pod}`, verdict: "fail", title, detail });
}

function podFinding(
  { command, at, users }: PodAccessList,
  shown: readonly string[],
  { detail = "", ...rest }: { id: string; verdict: Verdict; title: string; detail?: string },
): Finding {
  const lines = shown.map((name) => {
    const found = users === null ? undefined : userIn(users, name);
    return found === undefined
      ? `no user ${name}`
      : `user ${name} ${found.enabled ? "on" : "off"} ${found.rules.join(" ")}`;
  });
  return finding({ ...rest, detail, section, evidence: [{ command, output: lines.join("\n"), at }] });
}
