import type { Config } from "../config/file.ts";

/** Who must say yes to a plan of one runbook on one target. */
export interface ApprovalPolicy {
  /** Names of the groups whose members may decide. */
  readonly groups: readonly string[];
  /** How many different people must approve. */
  readonly quorum: number;
  /** Whether each of the groups must be among them, by different people. */
  readonly fromEachGroup: boolean;
  readonly expiresAfterMinutes: number;
  /** Minutes after the request at which those who have not decided are reminded. */
  readonly remindAfterMinutes: readonly number[];
  /** Groups whose members may go ahead alone, with a reason and to everybody's knowledge. */
  readonly breakGlass: readonly string[];
}

/** What a runbook itself says about its approval, for when dfbot.yaml has nothing under its name. */
export type OwnPolicy = Pick<ApprovalPolicy, "groups"> & Partial<Pick<ApprovalPolicy, "quorum" | "fromEachGroup">>;

const general: Omit<ApprovalPolicy, "groups"> = {
  quorum: 1,
  fromEachGroup: false,
  expiresAfterMinutes: 60,
  remindAfterMinutes: [30],
  breakGlass: [],
};

/**
 * The policy for a runbook and a target; undefined when there is none, and then nobody may approve. dfbot.yaml's entry for the
 * runbook comes before the runbook's own, and that before `*`. Of the entries under `targets` the first whose pattern matches
 * counts, over what the runbook's entry says; `*` stands for anything.
 */
export function policyFor(
  config: Config,
  runbook: string,
  target: string,
  own?: OwnPolicy,
): ApprovalPolicy | undefined {
  const { policies } = config.approvals;
  if (policies[runbook] === undefined && own !== undefined) return { ...general, ...own };
  const entry = policies[runbook] ?? policies["*"];
  if (entry === undefined) return undefined;
  const { targets, ...usual } = entry;
  const { match: _, ...special } = targets.find(({ match }) => matches(match, target)) ?? { match: "" };
  return { ...usual, ...special };
}

function matches(pattern: string, target: string): boolean {
  const source = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\/-]/g, "\\$&"));
  return new RegExp(`^${source.join(".*")}$`).test(target);
}
