import { z } from "zod";
import type { Config } from "../../config/file.ts";
import { namespaceName, type TenantChange, tenantName, tenantSchema } from "../../tenants/change.ts";
import { lockOf, targetOf } from "../changes/members.ts";
import type { ChangeDeclaration } from "./define-change.ts";
import type { PlanDeps } from "./deps.ts";
import type { WantedChange } from "./plan-change.ts";

/** The changes of tenants that the bot drafts by itself, each with what people may say to it. */

const name = tenantName;
const tenantTarget = (params: { readonly name: string }) => `tenant/${params.name}`;

const planning = () => import("./plan-change.ts");

function drafted<Params>(
  wanted: (params: Params, deps: PlanDeps) => WantedChange | Promise<WantedChange>,
  force: (params: Params) => boolean = () => false,
) {
  return {
    propose: async (deps: PlanDeps, params: Params, signal: AbortSignal) =>
      (await planning()).planChange(deps, await wanted(params, deps), signal, { force: force(params) }),
    draftOn: async (deps: PlanDeps, params: Params, sha: string, signal: AbortSignal) =>
      (await (await planning()).draftAt(deps, await wanted(params, deps), sha, signal)).draft,
  };
}

const proposeParams = z.strictObject({
  ...tenantSchema.shape,
  isolation: tenantSchema.shape.isolation
    .optional()
    .describe("shared: a user on the shared instance; own: an instance of its own; left out: what the rules recommend"),
});

export const propose: ChangeDeclaration<typeof proposeParams> = {
  id: "tenant-propose",
  title: "Propose a tenant",
  description: "A new tenant, on the shared instance or with its own, by a merge request that people approve here",
  params: proposeParams,
  positional: ["name"],
  subject: (params) => params.name,
  target: tenantTarget,
  ...drafted<z.infer<typeof proposeParams>>(async ({ isolation, ...rest }, { config }) => {
    const [{ recommend }, { sharedMaxmemoryOf }] = await Promise.all([
      import("../../tenants/recommend.ts"),
      import("../../tenants/settings.ts"),
    ]);
    return (tree): TenantChange => {
      const recommended = () => recommend(rest, rest.memory, sharedMaxmemoryOf(tree, config)).isolation;
      return { kind: "propose", tenant: { ...rest, isolation: isolation ?? recommended() } };
    };
  }),
};

const resizeParams = z
  .strictObject({
    name,
    memory: tenantSchema.shape.memory.optional(),
    replicas: z.int().min(2).max(5).optional().describe("pods, the primary included; own instance only"),
  })
  .describe("memory, replicas, or both");

export const resize: ChangeDeclaration<typeof resizeParams> = {
  id: "tenant-resize",
  title: "Resize a tenant",
  description: "Another size for a tenant: memory, replicas, and everything that follows from them",
  params: resizeParams,
  positional: ["name", "memory"],
  subject: (params) => params.name,
  target: tenantTarget,
  ...drafted<z.infer<typeof resizeParams>>((params) => ({ kind: "resize", ...params })),
};

const offboardParams = z.strictObject({
  name,
  force: z
    .boolean()
    .default(false)
    .describe("also when clients are still connected, or its data cannot be saved a last time"),
});

export const offboard: ChangeDeclaration<typeof offboardParams> = {
  id: "tenant-offboard",
  title: "Let a tenant go",
  description: "Takes a tenant out of Git, after a last snapshot and when nobody is connected; its volumes are kept",
  params: offboardParams,
  positional: ["name"],
  subject: (params) => params.name,
  target: tenantTarget,
  ...drafted<z.infer<typeof offboardParams>>(
    ({ name: leaving }) => ({ kind: "offboard", name: leaving }),
    ({ force }) => force,
  ),
  first: async (deps, context) => (await import("./last-snapshot.ts")).lastSnapshot(deps, context),
};

const accessParams = z.strictObject({ namespace: namespaceName });

function access(kind: "allow" | "revoke", title: string, description: string): ChangeDeclaration<typeof accessParams> {
  return {
    id: `access-${kind}`,
    title,
    description,
    params: accessParams,
    positional: ["namespace"],
    subject: ({ namespace }) => namespace,
    target: (_, { shared }) => targetOf(shared),
    lock: ({ namespace }) => `access/${namespace}`,
    ...drafted<z.infer<typeof accessParams>>(({ namespace }) => ({ kind, namespace })),
  };
}

export const accessAllow = access(
  "allow",
  "Let a namespace in",
  "Lets a namespace connect to the shared instance: network policies and the bot's own list",
);
export const accessRevoke = access(
  "revoke",
  "Shut a namespace out",
  "Takes a namespace off the network policies of the shared instance and off the bot's own list",
);

const upgradeParams = z.strictObject({
  image: z
    .string()
    .regex(/^[\w.:/@-]{3,255}$/, "an image with its tag or digest")
    .describe("the image with its tag or digest, such as docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.1"),
  instance: tenantName
    .max(63)
    .optional()
    .describe("Dragonfly instance by its name, such as dragonfly-payments; the shared one when left out"),
});

export const upgrade: ChangeDeclaration<typeof upgradeParams> = {
  id: "upgrade",
  title: "Upgrade an instance",
  description: "Another image for an instance; the operator then rolls its pods, the primary last",
  params: upgradeParams,
  positional: ["image", "instance"],
  subject: ({ instance }) => instance ?? "shared",
  target: ({ instance }, config) => instanceTarget(instance, config),
  lock: ({ instance }, config) => lockOf(config, instance),
  ...drafted<z.infer<typeof upgradeParams>>(({ image, instance }, { config }) => ({
    kind: "upgrade",
    image,
    instance: instance ?? config.shared.name,
  })),
};

/** `namespace/name`; a tenant's own instance has a namespace of its name. */
function instanceTarget(instance: string | undefined, config: Config): string {
  if (instance === undefined) return targetOf(config.shared);
  const known = [config.shared, ...config.instances].find((one) => one.name === instance);
  return known === undefined ? `${instance}/${instance}` : targetOf(known);
}
