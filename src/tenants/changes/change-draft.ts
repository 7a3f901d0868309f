import type { Config } from "../../config/file.ts";
import type { Draft, Tree } from "../draft.ts";

/** What a kind of change makes of a tree; the diff, the policy checks and the sums are the same for all kinds. */
export interface ChangeDraft extends Pick<Draft, "title" | "checks" | "effects" | "reasons" | "risk"> {
  readonly tree: Tree;
}

export interface Start {
  readonly tree: Tree;
  readonly config: Config;
}
