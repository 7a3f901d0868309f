import { BotError } from "../errors.ts";
import type { MergeRequestFile } from "../platform/git.ts";
import type { Content, Contents } from "./content.ts";
import { tooLarge } from "./errors.ts";
import type { Host } from "./host.ts";
import { type DiffAnswer, diffsSchema, type MergeRequestAnswer, mergeRequestSchema, parsed } from "./schemas.ts";

const filesAtMost = 200;
const togetherAtMost = 8 * 1024 * 1024;
const looks = 3;
/** Links and other repositories: what they hold is not what is applied. */
const noFile = /^(120000|160000)$/;

/**
 * Every file that a merge request touches, whole, as it is at the merge base and at the head. All of them or none: what is left
 * out here is checked by nobody. Throws `git.too-large` beyond what the bot reads, `git.not-ready` while GitLab prepares it.
 */
export async function readMergeRequestFiles(
  host: Host,
  contents: Contents,
  iid: number,
  signal: AbortSignal,
): Promise<readonly MergeRequestFile[]> {
  const api = await host.connect(signal);
  const show = async () =>
    parsed(`merge request ${iid}`, mergeRequestSchema, await api.mergeRequests.show(host.project, iid));
  let before = await show();
  for (let look = 1; look <= looks; look++) {
    const diffs = parsed("diffs", diffsSchema, await api.mergeRequests.allDiffs(host.project, iid, { perPage: 100 }));
    const after = await show();
    // The list of files names no commit: it is that of this head only when nobody has pushed in between.
    if (before.diff_refs?.head_sha === after.diff_refs?.head_sha) {
      return contentsOf(host, contents, after, diffs, signal);
    }
    before = after;
  }
  throw notReady(iid, "it is pushed to all the time");
}

async function contentsOf(
  host: Host,
  contents: Contents,
  { iid, diff_refs, changes_count }: MergeRequestAnswer,
  diffs: readonly DiffAnswer[],
  signal: AbortSignal,
): Promise<readonly MergeRequestFile[]> {
  if (diff_refs === undefined || diff_refs === null) throw notReady(iid, "GitLab is still preparing it");
  const counted = changes_count ?? String(diffs.length);
  if (counted.endsWith("+") || Number(counted) > diffs.length || diffs.length > filesAtMost)
    throw tooManyFiles(iid, counted);
  const files = await host.eachOf(
    diffs,
    async (diff, either): Promise<MergeRequestFile> => {
      const [before, after] = await Promise.all([
        diff.new_file ? undefined : contents.at(diff_refs.base_sha, diff.old_path, either),
        diff.deleted_file ? undefined : contents.at(diff_refs.head_sha, diff.new_path, either),
      ]);
      return fileOf(diff, before, after);
    },
    signal,
  );
  const together = files.reduce((sum, { before, after }) => sum + (before?.length ?? 0) + (after?.length ?? 0), 0);
  if (together > togetherAtMost)
    throw tooLarge(`The files of merge request !${iid} are larger than the bot reads`, "Review it in GitLab");
  return files;
}

function fileOf(diff: DiffAnswer, before: Content | undefined, after: Content | undefined): MergeRequestFile {
  const opaque =
    before?.kind === "opaque" ||
    after?.kind === "opaque" ||
    [diff.a_mode, diff.b_mode].some((mode) => noFile.test(mode ?? "")) ||
    // GitLab names it as there, and it is not a file that can be read.
    (before === undefined && after === undefined);
  const textOf = (content: Content | undefined) => (content?.kind === "text" && !opaque ? content.text : null);
  return {
    path: diff.new_path,
    renamedFrom: diff.renamed_file ? diff.old_path : undefined,
    before: textOf(before),
    after: textOf(after),
    opaque,
  };
}

function tooManyFiles(iid: number, counted: string): BotError {
  return tooLarge(
    `Merge request !${iid} touches ${counted} files; the bot reads at most ${filesAtMost}, and only all of them`,
    "Review it in GitLab, or split it",
  );
}

function notReady(iid: number, why: string): BotError {
  return new BotError(
    "git.not-ready",
    `The files of merge request !${iid} cannot be read yet: ${why}`,
    "Try again in a moment",
  );
}
