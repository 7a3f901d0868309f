import type { Account } from "./accounts.ts";
import { approve, mayApprove, unapprove } from "./approvals.ts";
import { merge } from "./merge.ts";
import { close, reopen, updateMergeRequest } from "./merge-requests.ts";
import type { MergeRequestState } from "./model.ts";
import type { Project } from "./project.ts";

/** A command that GitLab found in somebody's text. */
export interface QuickAction {
  readonly command: string;
  readonly argument: string;
}

type Run = (project: Project, mergeRequest: MergeRequestState, by: Account, argument: string) => void | Promise<void>;

/** Those that decide something, of the many there are; the others are found and do nothing here. */
const runs: Readonly<Record<string, Run>> = {
  approve: (project, mergeRequest, by) => {
    if (mayApprove(mergeRequest, by)) approve(project, mergeRequest, by, undefined);
  },
  unapprove: (project, mergeRequest, by) => unapprove(project, mergeRequest, by),
  merge: (project, mergeRequest, by) => merge(project, mergeRequest, by, { sha: mergeRequest.head }),
  close: (project, mergeRequest, by) => close(project, mergeRequest, by),
  reopen: (project, mergeRequest, by) => reopen(project, mergeRequest, by),
  title: (project, mergeRequest, by, title) => updateMergeRequest(project, mergeRequest, by, { title }),
  label: (project, mergeRequest, by, labels) =>
    updateMergeRequest(project, mergeRequest, by, {
      labels: [...new Set([...mergeRequest.labels, ...labels.split(/\s+/).map((label) => label.replace(/^~/, ""))])],
    }),
};
const others = [
  "assign",
  "assign_reviewer",
  "draft",
  "ready",
  "rebase",
  "target_branch",
  "unlabel",
  "lock",
  "milestone",
];
const known = new Set([...Object.keys(runs), ...others]);

/**
 * Takes the commands out of a text: whole lines that begin with a slash and a known word, outside of code, quotes and comments
 * (https://docs.gitlab.com/user/project/quick_actions/). Whoever writes what others said as their own runs the others' commands.
 */
export function takeQuickActions(text: string): { readonly rest: string; readonly actions: readonly QuickAction[] } {
  const actions: QuickAction[] = [];
  let inside: string | undefined;
  const kept = text.split("\n").filter((line) => {
    const fence = /^\s{0,3}(```+|~~~+|>>>)/.exec(line)?.[1] ?? (line.startsWith("<!--") ? "<!--" : undefined);
    if (inside === undefined && fence !== undefined) {
      const closesItself = fence === "<!--" && line.includes("-->");
      if (!closesItself) inside = fence;
      return true;
    }
    if (inside !== undefined) {
      if (inside === "<!--" ? line.includes("-->") : line.trimStart().startsWith(inside)) inside = undefined;
      return true;
    }
    const found = /^\/([a-z_]+)(?:[ \t]+(.*))?$/i.exec(line.trimEnd());
    const command = found?.[1]?.toLowerCase() ?? "";
    if (!known.has(command)) return true;
    actions.push({ command, argument: found?.[2]?.trim() ?? "" });
    return false;
  });
  return { rest: kept.join("\n"), actions };
}

/** Runs them as whoever wrote the text; what they may not do is passed over. */
export async function runQuickActions(
  project: Project,
  mergeRequest: MergeRequestState,
  by: Account,
  actions: readonly QuickAction[],
): Promise<void> {
  for (const { command, argument } of actions) {
    project.quickActions.push({ by: by.username, iid: mergeRequest.iid, command });
    try {
      await runs[command]?.(project, mergeRequest, by, argument);
    } catch {
      // GitLab says so to whoever wrote it, and keeps the rest.
    }
  }
}
