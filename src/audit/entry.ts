import { z } from "zod";

/** One thing that somebody did, or that was done: what an auditor reads in March about January. */
const contentsSchema = z.strictObject({
  at: z.iso.datetime(),
  actor: z.strictObject({
    /** Canonical id of the person, the same from every surface; `dfbot` for the bot itself. */
    person: z.string().min(1),
    via: z.enum(["slack", "gitlab", "cli", "schedule", "system"]),
    /** As that surface calls them: a Slack user id, a GitLab user name. */
    identity: z.string(),
  }),
  /** What happened: `run.requested`, `approval.approved`, `approval.refused`, `effect.begun`, `effect.done`, ... */
  action: z.string().regex(/^[a-z]+(?:[.-][a-z]+)*$/),
  run: z.string().optional(),
  runbook: z.string().optional(),
  target: z.string().optional(),
  /** Of the plan that was seen. */
  digest: z.string().optional(),
  /** Key of the effect. */
  effect: z.string().optional(),
  reason: z.string().optional(),
});
export type AuditContents = z.infer<typeof contentsSchema>;

export const auditEntrySchema = contentsSchema.extend({
  /** The process that wrote it has a chain of its own. */
  writer: z.string().min(1),
  seq: z.int().min(1),
  /** Hash of the entry before; zeros for the first. */
  previous: z.string().regex(/^[0-9a-f]{64}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;
