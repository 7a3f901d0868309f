import { BotError } from "../errors.ts";
import type { CommitProposal, FileEdit } from "../platform/git.ts";
import { headOf } from "./branch.ts";
import type { Contents } from "./content.ts";
import type { Host } from "./host.ts";
import { closingNothing } from "./markdown.ts";
import { type CommitAnswer, commitSchema, diffsSchema, parsed } from "./schemas.ts";
import { settle } from "./settle.ts";

const trailer = /^Dfbot-Run: *(\S+) *$/m;

/**
 * One atomic commit on a branch of its own, made on exactly `base` (`start_sha`: a branch may have moved). A branch that is there is
 * replaced only when its head is a commit of the same run; anything else on it is somebody's work.
 * Source: https://docs.gitlab.com/api/commits/#create-a-commit-with-multiple-files-and-actions
 */
export async function commitOnce(
  host: Host,
  contents: Contents,
  proposal: CommitProposal,
  signal: AbortSignal,
): Promise<string> {
  const { branch, base } = proposal;
  const message = closingNothing(proposal.message).trim();
  const edits = proposal.edits.filter(({ before, after }) => before !== after);
  if (edits.length === 0)
    throw new BotError(
      "git.refused",
      `There is nothing to commit on ${branch}`,
      "The project is as it is wanted already",
    );
  const api = await host.connect(signal);
  let exists = false;
  return settle(host.limits, signal, {
    look: async () => {
      const head = await headOf(host, branch, signal);
      exists = head !== undefined;
      if (head === undefined) return undefined;
      if (await isDone(host, contents, head, { base, message, edits }, signal)) return head.id;
      const run = trailer.exec(message)?.[1];
      if (run === undefined || trailer.exec(head.message)?.[1] !== run) throw branchTaken(branch, head);
      return undefined;
    },
    act: async () => {
      const made = await api.commits.create(host.project, branch, message, edits.map(actionOf), {
        startSha: base,
        ...(exists ? { force: true } : {}),
      });
      const { id, parent_ids } = parsed("the commit", commitSchema, made);
      if (parent_ids.length === 1 && parent_ids[0] === base) return id;
      throw new BotError(
        "git.refused",
        `GitLab made commit ${id.slice(0, 8)} on another base than ${base.slice(0, 8)}`,
        `Delete branch ${branch} in GitLab, then ask again`,
      );
    },
  });
}

/** Message and base alone would take a draft of the same run for this one; so it is what the commit does that counts. */
async function isDone(
  host: Host,
  contents: Contents,
  head: CommitAnswer,
  wanted: { readonly base: string; readonly message: string; readonly edits: readonly FileEdit[] },
  signal: AbortSignal,
): Promise<boolean> {
  if (head.parent_ids.length !== 1 || head.parent_ids[0] !== wanted.base) return false;
  if (closingNothing(head.message).trim() !== wanted.message) return false;
  const api = await host.connect(signal);
  const diffs = parsed("a diff", diffsSchema, await api.commits.showDiff(host.project, head.id, { perPage: 100 }));
  // Where a file went and another like it came, GitLab sees one that was renamed.
  const touched = new Set(diffs.flatMap(({ old_path, new_path }) => [old_path, new_path]));
  if (touched.size !== wanted.edits.length || wanted.edits.some(({ path }) => !touched.has(path))) return false;
  const same = await host.eachOf(
    wanted.edits,
    async ({ path, after }, either) => {
      const content = await contents.at(head.id, path, either);
      return after === null ? content === undefined : content?.kind === "text" && content.text === after;
    },
    signal,
  );
  return same.every(Boolean);
}

function actionOf({ path, before, after }: FileEdit) {
  if (after === null) return { action: "delete" as const, filePath: path };
  return { action: before === null ? ("create" as const) : ("update" as const), filePath: path, content: after };
}

function branchTaken(branch: string, head: CommitAnswer): BotError {
  return new BotError(
    "git.branch-taken",
    `Branch ${branch} has commit ${head.id.slice(0, 8)} of ${head.author_name}, which is none of this run`,
    "Rename or delete that branch in GitLab, then ask again; the bot writes over nobody's work",
  );
}
