import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { type Config, configSchema } from "../../../src/config/file.ts";
import { type Tenant, tenantSchema } from "../../../src/tenants/change.ts";
import type { Tree } from "../../../src/tenants/draft.ts";

/** The Git project as it is shipped, as drafting reads it. */

const deploy = resolve(import.meta.dirname, "../../../deploy");

export const config: Config = configSchema.parse(parse(readFileSync(join(deploy, "bot/base/dfbot.yaml"), "utf8")));

export const project: Tree = new Map(
  globSync("{bot,kubernetes}/**/*.yaml", { cwd: deploy }).map(
    (file) => [file, readFileSync(join(deploy, file), "utf8")] as const,
  ),
);

const flux = "kubernetes/clusters/infra/dragonfly.yaml";

/** The same where the CNI is not Cilium. */
export const plainProject: Tree = new Map(project).set(
  flux,
  (project.get(flux) ?? "").replace(
    `path: ./${config.tenants.ciliumDirectory}`,
    `path: ./${config.tenants.sharedDirectory}`,
  ),
);

/** A tenant with an instance of its own, but for what is given. */
export function own(more: Partial<Tenant> = {}): Tenant {
  return tenant({ isolation: "own", memory: "2Gi", clusters: ["infra", "apps"], ...more });
}

/** A tenant on the shared instance, but for what is given. */
export function shared(more: Partial<Tenant> = {}): Tenant {
  return tenant({ isolation: "shared", memory: "512Mi", ...more });
}

function tenant(more: Partial<Tenant>): Tenant {
  return tenantSchema.parse({
    name: "payments",
    namespace: "payments-prod",
    owner: "team payments",
    purpose: "jobs of the payment service",
    ...more,
  });
}
