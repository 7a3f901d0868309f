import { z } from "zod";
import { badAnswer } from "./errors.ts";

/** What the bot reads of GitLab's answers; everything else in them is left alone. Source: https://docs.gitlab.com/api/rest/ */

const user = z.object({ username: z.string() });
const sha = z.string().regex(/^[0-9a-f]{40,64}$/);

export const currentUserSchema = user;
export const usersSchema = z.array(z.object({ id: z.number(), username: z.string() }));

export const commitSchema = z.object({
  id: sha,
  parent_ids: z.array(sha),
  message: z.string(),
  author_name: z.string(),
  author_email: z.string(),
  committed_date: z.string(),
});
export type CommitAnswer = z.infer<typeof commitSchema>;
export const commitsSchema = z.array(commitSchema);

export const branchSchema = z.object({ name: z.string(), commit: commitSchema });

export const mergeRequestSchema = z.object({
  iid: z.number(),
  web_url: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  state: z.enum(["opened", "merged", "closed", "locked"]),
  source_branch: z.string(),
  target_branch: z.string(),
  /** Null when the fork was deleted. */
  source_project_id: z.number().nullable(),
  target_project_id: z.number(),
  /** Null while there is no commit on the source branch. */
  sha: sha.nullable(),
  author: user,
  labels: z.array(z.string()),
  detailed_merge_status: z.string(),
  head_pipeline: z.object({ status: z.string(), web_url: z.string().nullish() }).nullish(),
  merge_commit_sha: sha.nullish(),
  squash_commit_sha: sha.nullish(),
  merge_user: user.nullish(),
  /** Before GitLab 14.7, and where `merge_user` is not filled in. */
  merged_by: user.nullish(),
  closed_by: user.nullish(),
  updated_at: z.string(),
  /** Null while the merge request is being prepared. */
  diff_refs: z.object({ base_sha: sha, head_sha: sha }).nullish(),
  /** How many files it touches; ends with + when they are more than GitLab shows. */
  changes_count: z.string().nullish(),
});
export type MergeRequestAnswer = z.infer<typeof mergeRequestSchema>;

/** In lists the pipeline is left out, so only what leads to each is read of them. */
export const mergeRequestListSchema = z.array(
  z.object({ iid: z.number(), source_project_id: z.number().nullable(), target_project_id: z.number() }),
);

export const diffsSchema = z.array(
  z.object({
    old_path: z.string(),
    new_path: z.string(),
    a_mode: z.string().nullish(),
    b_mode: z.string().nullish(),
    new_file: z.boolean(),
    renamed_file: z.boolean(),
    deleted_file: z.boolean(),
  }),
);
export type DiffAnswer = z.infer<typeof diffsSchema>[number];

export const treeSchema = z.array(
  z.object({ id: z.string(), type: z.enum(["tree", "blob", "commit"]), path: z.string(), mode: z.string() }),
);

/** Of a file and of a blob: both come in base64. */
export const contentSchema = z.object({ size: z.number(), encoding: z.literal("base64"), content: z.string() });

export const approvalsSchema = z.object({
  /** Not in GitLab's free edition, which demands none. */
  approvals_left: z.number().nullish(),
  approved_by: z.array(z.object({ user })).default([]),
});

export const notesSchema = z.array(z.object({ id: z.number(), body: z.string(), system: z.boolean(), author: user }));

/** The answer as the schema has it. Throws `git.bad-answer` that names the first field that is not so. */
export function parsed<T>(what: string, schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw badAnswer(what, `${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim());
}
