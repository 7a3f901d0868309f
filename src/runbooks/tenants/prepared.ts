import { BotError } from "../../errors.ts";
import type { FileEdit } from "../../platform/git.ts";
import { unifiedDiff } from "../../tenants/diff.ts";
import type { Check, Draft, Sum } from "../../tenants/draft.ts";
import type { Authors } from "./identity.ts";
import type { Proposal } from "./plan-change.ts";
import { digestOf } from "./tree.ts";

/** One file of a change, as people decide about it and as it can be recognised afterwards. Without its text: a run's record is small. */
export interface PreparedFile {
  readonly path: string;
  readonly what: "new" | "changed" | "deleted";
  /** Whole, never cut: what is not shown is not approved. */
  readonly diff: string;
  /** Digest of its text on the target branch when this was prepared, and of what it is to be; null: it is not there. */
  readonly before: string | null;
  readonly after: string | null;
}

/** A change as a step hands it on to be asked about. */
export interface Prepared {
  readonly title: string;
  readonly risk: Draft["risk"];
  /** Sha on the target branch. */
  readonly base: string;
  /** Of what becomes of which files. */
  readonly digest: string;
  readonly files: readonly PreparedFile[];
  readonly checks: readonly Check[];
  readonly sums: readonly Sum[];
  readonly effects: readonly string[];
  readonly reasons: readonly string[];
  readonly authors: Authors["known"];
}

/** All diffs of a plan, in characters. More cannot be read in a decision, nor kept in a run. */
const longestDiffs = 100_000;

/**
 * A proposal in the form that is kept.
 *
 * @throws BotError `change.refused` with every check that fails, `change.too-large`
 */
export function prepare(proposal: Proposal): Prepared {
  const { base, digest, checks, draft } = proposal;
  const { title, risk, sums, effects, reasons } = draft;
  return ready({
    ...{ title, risk, base, digest, sums, effects, reasons, checks },
    files: draft.edits.map((edit) => fileOf(edit)),
    authors: [],
  });
}

/** The prepared change when nothing speaks against asking people about it. */
export function ready(prepared: Prepared): Prepared {
  refuseFailing(prepared.title, prepared.checks);
  const cut = prepared.files.filter(({ diff }) => isCut(diff)).map(({ path }) => path);
  if (cut.length > 0) throw tooLarge(`${prepared.title}: the diff of ${cut.join(", ")} is too long to be shown`);
  const size = prepared.files.reduce((sum, { diff }) => sum + diff.length, 0);
  if (size <= longestDiffs) return prepared;
  throw tooLarge(
    `${prepared.title}: its diff has ${Math.round(size / 1024)} KiB, more than somebody can decide about in Slack`,
  );
}

/** Lines of a file begin with a sign; this one says that not all of them are here. */
function isCut(diff: string): boolean {
  return /^\((cut: \d+ more lines|differs in too many places to be shown)\)$/m.test(diff);
}

function tooLarge(message: string): BotError {
  return new BotError(
    "change.too-large",
    message,
    "Divide it into several merge requests, or have it reviewed and merged in GitLab",
  );
}

function refuseFailing(title: string, checks: readonly Check[]): void {
  const failing = checks.filter(({ verdict }) => verdict === "fail");
  if (failing.length === 0) return;
  const lines = failing.map(({ title: what, detail }) => (detail === "" ? what : `${what}: ${detail}`));
  throw new BotError("change.refused", `${title} is refused. ${lines.join("; ")}`, "Mend that, then ask again");
}

export function fileOf(edit: FileEdit): PreparedFile {
  const { path, before, after } = edit;
  return {
    path,
    what: before === null ? "new" : after === null ? "deleted" : "changed",
    diff: unifiedDiff([edit]),
    before: textDigest(before),
    after: textDigest(after),
  };
}

/** Recognises the text of a file. */
export function textDigest(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : digestOf(text);
}
