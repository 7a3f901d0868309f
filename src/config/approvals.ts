import { z } from "zod";
import { timeZoneSchema } from "./time-zone.ts";

const approverGroupSchema = z
  .strictObject({
    slackUserGroup: z
      .string()
      .regex(/^S[A-Z0-9]+$/, "must be a Slack user group id such as S0123ABCD")
      .optional(),
    people: z.array(z.string().regex(/^[UW][A-Z0-9]+$/, "must be a Slack user id such as U0123ABCD")).default([]),
  })
  .refine((group) => group.slackUserGroup !== undefined || group.people.length > 0, "needs slackUserGroup or people");

const groupNames = z.array(z.string()).min(1).describe("Who may approve");
const quorum = z.int().min(1).describe("How many different people must approve");
const fromEachGroup = z.boolean().describe("Whether each of the groups must be among them, by different people");
const expiresAfterMinutes = z.int().min(1);
const remindAfterMinutes = z.array(z.int().min(1)).describe("When those who have not decided are reminded");
const breakGlass = z.array(z.string()).describe("Groups whose members may go ahead alone, with a reason, and loudly");

const approvalPolicySchema = z.strictObject({
  groups: groupNames,
  quorum: quorum.default(1),
  fromEachGroup: fromEachGroup.default(false),
  expiresAfterMinutes: expiresAfterMinutes.default(60),
  remindAfterMinutes: remindAfterMinutes.default([30]),
  breakGlass: breakGlass.default([]),
  targets: z
    .array(
      z.strictObject({
        match: z.string().min(1).describe("`namespace/name` of the target; * stands for anything"),
        groups: groupNames.exactOptional(),
        quorum: quorum.exactOptional(),
        fromEachGroup: fromEachGroup.exactOptional(),
        expiresAfterMinutes: expiresAfterMinutes.exactOptional(),
        remindAfterMinutes: remindAfterMinutes.exactOptional(),
        breakGlass: breakGlass.exactOptional(),
      }),
    )
    .default([])
    .describe("What differs for some targets; the first that matches counts"),
});

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time such as 22:00");
const person = z.string().regex(/^[UW][A-Z0-9]+$/, "must be a Slack user id such as U0123ABCD");

const delegationSchema = z
  .strictObject({
    from: person.describe("Whose place is taken"),
    to: person.describe("Who decides meanwhile"),
    since: z.iso.datetime({ offset: true }),
    until: z.iso.datetime({ offset: true }),
  })
  .refine(({ from, to }) => from !== to, "from and to must be two people")
  .refine(({ since, until }) => Date.parse(since) < Date.parse(until), "since must be before until");

const quietHoursSchema = z
  .strictObject({
    timeZone: timeZoneSchema.default("UTC"),
    from: clock,
    to: clock,
  })
  .refine(({ from, to }) => from !== to, "from and to must differ");

const identitySchema = z
  .strictObject({
    slack: person,
    gitlab: z.string().min(1).describe("User name in GitLab, without @"),
    emails: z.array(z.string().min(3)).default([]).describe("Addresses that this person's commits carry"),
  })
  .describe("One person's names in Slack and GitLab, so that nobody counts as two");

/** Who may approve what, how many of them, and when they are reminded. */
export const approvalsSchema = z.strictObject({
  groups: z.record(z.string(), approverGroupSchema).default({}),
  policies: z
    .record(z.string(), approvalPolicySchema)
    .default({})
    .describe("By runbook id; `*` for those that have none of their own"),
  people: z
    .array(identitySchema)
    .default([])
    .describe("Whoever opens a merge request in GitLab must be here, or nobody can approve it in Slack"),
  delegations: z.array(delegationSchema).default([]).describe("Who decides in somebody's place for a while"),
  quietHours: quietHoursSchema
    .optional()
    .describe("When nobody is reminded; the reminder comes when they are over, if it is still wanted then"),
});
