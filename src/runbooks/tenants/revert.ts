import { z } from "zod";
import type { ChangeDeclaration } from "./define-change.ts";

export const mergeRequestParameter = z.int().min(1).describe("Number of the merge request in GitLab, without its !");

const params = z.strictObject({ mergeRequest: mergeRequestParameter });

/** A merge request that gives its files back as they were before another one was merged. */
export const revert: ChangeDeclaration<typeof params> = {
  id: "revert",
  title: "Take a merge request back",
  description: "Gives the files of a merged merge request back as they were, when nobody has changed them since",
  params,
  positional: ["mergeRequest"],
  subject: ({ mergeRequest }) => String(mergeRequest),
  target: ({ mergeRequest }) => `merge-request/${mergeRequest}`,
  propose: async (deps, { mergeRequest }, signal) =>
    (await import("./draft-revert.ts")).planRevert(deps, mergeRequest, signal),
  draftOn: async (deps, { mergeRequest }, sha, signal) =>
    (await import("./draft-revert.ts")).draftRevert(deps, mergeRequest, sha, signal),
};
