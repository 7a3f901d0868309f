import type { Config } from "../../config/file.ts";
import { oneLine } from "../../reports/render/clean.ts";
import type { Tenant } from "../change.ts";
import { addressOf, instanceNameOf, secretPathOf } from "../places.ts";
import { type Settings, usersPathIn } from "../settings.ts";

/** README.md of a tenant's folder: whose it is, and how to connect. Sizes are in tenant.yaml only, so that nothing is there twice. */
export function renderReadme(tenant: Tenant, settings: Settings, config: Config): string {
  return `# ${tenant.name}

| | |
|---|---|
| owner | ${escaped(tenant.owner)} |
| purpose | ${escaped(tenant.purpose)} |
| instance | ${tenant.isolation === "own" ? `its own, \`${instanceNameOf(tenant)}\`` : `the shared one, \`${config.shared.name}\``} |
| clients | namespace \`${tenant.namespace}\`, cluster ${tenant.clusters.join(", ")} |
| address | \`${addressOf(tenant, config)}\` |
${accessRows(tenant, settings)}

What was asked for, sizes included, is in \`tenant.yaml\`. Change it with \`/dragonfly tenant resize ${tenant.name}\`; leave with
\`/dragonfly tenant offboard ${tenant.name}\`.
`;
}

function accessRows(tenant: Tenant, settings: Settings): string {
  if (tenant.isolation === "own")
    return `| user | \`default\`, with the password |
| password | Secret \`${instanceNameOf(tenant)}\`, key \`password\`, in its namespace; in the secret store \`${secretPathOf(tenant)}\`, property \`password\` |`;
  return `| user | \`${tenant.name}\` |
| keys and channels | all of them under \`{${tenant.name}}\`, such as \`{${tenant.name}}:jobs:42\` |
| password | in the secret store \`${usersPathIn(settings)}\`, property \`${tenant.name}\` |`;
}

/** People's words in a Markdown table: one line, and nothing in them acts. */
function escaped(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]<>()#+!|~&@-]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
