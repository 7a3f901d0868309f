import type { FileEdit } from "../platform/git.ts";
import type { Verdict } from "../reports/model.ts";

/** Text files of the Git project at one commit, by path from its root. */
export type Tree = ReadonlyMap<string, string>;

/** A rule that a change keeps or breaks. */
export interface Check {
  /** Stable, dotted: `policy.image-pinned`, `name.taken`, `quota.memory`. */
  readonly id: string;
  readonly verdict: Verdict;
  readonly title: string;
  /** Expected, found, and what to do about it; may be empty. */
  readonly detail: string;
}

/** A sum that a person decides by: "memory limits: 4.0 GiB, three pods", "10 GiB of 64 GiB". */
export interface Sum {
  readonly what: string;
  readonly now: string;
  readonly after: string;
  /** Empty when nothing limits it. */
  readonly limit: string;
}

/** What a change makes of the tree, before anything is written anywhere. */
export interface Draft {
  /** One line: "Own instance of 2 GiB for payments". */
  readonly title: string;
  /** Only files that change. */
  readonly edits: readonly FileEdit[];
  readonly checks: readonly Check[];
  readonly sums: readonly Sum[];
  /** What will be different in the clusters, a line each. */
  readonly effects: readonly string[];
  /** Why this isolation, for a new tenant. */
  readonly reasons: readonly string[];
  readonly risk: "low" | "medium" | "high";
}
