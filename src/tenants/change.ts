import { z } from "zod";

/** What people may ask for about tenants, as data: each is one merge request. */

const label = (longest: number) =>
  z
    .string()
    .max(longest, `at most ${longest} characters`)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "lower case letters, digits, and dashes between them");

/** A tenant's name is part of the names of its namespace and of its instance, `dragonfly-<name>`, and the operator appends to them. */
export const tenantName = label(30).describe("the team's name, such as payments");
export const namespaceName = label(63).describe("a namespace, such as payments-prod");

const memory = z
  .string()
  .regex(/^[1-9]\d{0,4}(Mi|Gi)$/, "a number of Mi or Gi, such as 512Mi or 2Gi")
  .describe("maxmemory: what the data needs at its peak, and half as much again; such as 2Gi");

/** What decides between the shared instance and one of its own; docs/tenancy.md has the reasons. */
export const needsSchema = z.strictObject({
  sensitive: z.boolean().default(false).describe("personal data, or credentials that outlive an hour"),
  eviction: z.boolean().default(false).describe("old keys are to be evicted when memory is full"),
  undeclaredKeys: z.boolean().default(false).describe("Lua scripts touch keys that they do not declare"),
  adminCommands: z.boolean().default(false).describe("KEYS, SCAN, DBSIZE, FLUSHALL or CONFIG are needed"),
});
export type Needs = z.infer<typeof needsSchema>;

/** What a tenant is: kept in Git as the tenant's `tenant.yaml`, and everything else of it is computed from this. */
export const tenantSchema = z.strictObject({
  name: tenantName,
  /** Of the consumer: where its pods are. */
  namespace: namespaceName.describe("where the pods are that connect"),
  owner: z.string().trim().min(1).max(80).describe("who answers for it: a team, or a Slack channel or user id"),
  purpose: z.string().trim().min(1).max(200).describe("what it is for, in a sentence"),
  isolation: z.enum(["shared", "own"]).describe("shared: a user on the shared instance; own: an instance of its own"),
  memory,
  replicas: z.int().min(2).max(5).default(3).describe("pods, the primary included; own instance only"),
  persistence: z.boolean().default(true).describe("keep snapshots on a volume; own instance only"),
  clusters: z.array(label(63)).min(1).default(["infra"]).describe("clusters that its consumers run in"),
  /** docs/tenancy.md, "On the shared instance", has what each brings with it. */
  commands: z
    .array(z.enum(["scripting", "blocking", "stream", "pubsub"]))
    .optional()
    .describe("what a user on the shared instance may do beyond reading, writing and transactions"),
  ...needsSchema.shape,
});
export type Tenant = z.infer<typeof tenantSchema>;

export type TenantChange =
  | { readonly kind: "propose"; readonly tenant: Tenant }
  | {
      readonly kind: "resize";
      readonly name: string;
      readonly memory?: string | undefined;
      readonly replicas?: number | undefined;
    }
  | { readonly kind: "offboard"; readonly name: string }
  | { readonly kind: "allow" | "revoke"; readonly namespace: string }
  /** `instance`: name of the shared one or of a tenant's own. */
  | { readonly kind: "upgrade"; readonly instance: string; readonly image: string };
