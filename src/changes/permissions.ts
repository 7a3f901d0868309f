import type { Memberships } from "../approvals/membership.ts";
import { policyFor } from "../approvals/policy.ts";
import type { Config } from "../config/file.ts";
import { BotError } from "../errors.ts";

/**
 * The groups that a runbook itself names; undefined when it names none. What a runbook needs beside (`alsoNeeds`) has a name that is
 * no runbook's: it is for those who could approve a change of that name.
 */
export function declaredGroups(
  id: string,
  runbooks: readonly { readonly id: string; readonly permission?: readonly string[] }[],
  config: Config,
): readonly string[] | undefined {
  const known = runbooks.find((one) => one.id === id);
  return known === undefined ? (policyFor(config, id, "")?.groups ?? []) : known.permission;
}

/**
 * Why a person may not run a runbook; undefined when they may. dfbot.yaml's entry for the runbook comes before what the
 * runbook declares, and that before `*`; with none of them everybody may. A group that is not known has no members.
 */
export function mayRun(question: {
  readonly config: Config;
  readonly runbook: string;
  readonly person: string;
  readonly declared: readonly string[] | undefined;
  readonly memberships: Memberships;
}): BotError | undefined {
  const { config, runbook, person, declared, memberships } = question;
  const groups = config.permissions[runbook] ?? declared ?? config.permissions["*"];
  if (groups === undefined) return undefined;
  if (groups.length === 0) {
    const next = `Say who may in dfbot.yaml: permissions.${runbook}`;
    return new BotError("permission.denied", `${runbook} is for nobody so far`, next);
  }
  const known = groups.map((name) => memberships.get(name));
  if (known.some((membership) => membership?.known === true && membership.people.has(person))) return undefined;
  const unknown = known.flatMap((membership) => (membership?.known === false ? [membership.reason] : []));
  return new BotError(
    "permission.denied",
    `${runbook} is for members of ${groups.join(", ")}${unknown.length === 0 ? "" : `; who they are is not known just now: ${unknown.join("; ")}`}`,
    "Ask one of them",
  );
}
