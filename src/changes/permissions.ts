import type { Memberships } from "../approvals/membership.ts";
import type { Config } from "../config/file.ts";
import { BotError } from "../errors.ts";

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
  const known = groups.map((name) => memberships.get(name));
  if (known.some((membership) => membership?.known === true && membership.people.has(person))) return undefined;
  const unknown = known.flatMap((membership) => (membership?.known === false ? [membership.reason] : []));
  return new BotError(
    "permission.denied",
    `${runbook} is for members of ${groups.join(", ")}${unknown.length === 0 ? "" : `; who they are is not known just now: ${unknown.join("; ")}`}`,
    "Ask one of them",
  );
}
