import { z } from "zod";
import type { Config } from "../config/file.ts";
import { type Tenant, tenantSchema } from "./change.ts";
import { namespaceOf } from "./places.ts";
import { inline, type Spot, valuesOf } from "./yaml/source.ts";

/** A tenant's `tenant.yaml`: a ConfigMap that holds what the tenant is, as texts. Everything else is computed from it. */

export const tenantLabel = "dfbot.platform/tenant";
/** On the ConfigMap of a shared tenant whose proposal let its namespace in; whoever leaves takes only that away again. */
export const accessAnnotation = "dfbot.platform/access";
export const noSubstitution = "kustomize.toolkit.fluxcd.io/substitute";

const optionalText = z.record(z.string(), z.string()).optional();
const fileSchema = z.looseObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("ConfigMap"),
  metadata: z.looseObject({ name: z.string(), namespace: z.string(), labels: optionalText, annotations: optionalText }),
  data: z.record(z.string(), z.string()),
});

export interface TenantFile {
  readonly tenant: Tenant;
  /** Whether the proposal let the tenant's namespace in. */
  readonly gaveAccess: boolean;
}

export function configMapNameOf(tenant: Pick<Tenant, "name" | "isolation">): string {
  return tenant.isolation === "own" ? "tenant" : `tenant-${tenant.name}`;
}

export function renderTenantFile({ tenant, gaveAccess }: TenantFile, config: Config): string {
  const annotations = [`    ${noSubstitution}: disabled`, ...(gaveAccess ? [`    ${accessAnnotation}: given`] : [])];
  const data = Object.entries(tenant).flatMap(([key, value]) =>
    value === undefined ? [] : [`  ${key}: ${textOf(value)}`],
  );
  return `# What this tenant is. The bot computes everything else from it: change it with \`/dragonfly tenant resize ${tenant.name}\`.
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${inline(configMapNameOf(tenant))}
  namespace: ${inline(namespaceOf(tenant, config))}
  labels:
    ${tenantLabel}: ${inline(tenant.name)}
  annotations:
    # People's own words; none of them is a variable of Flux.
${annotations.join("\n")}
data:
${data.join("\n")}
`;
}

/** Every value of a ConfigMap is a text; what could be read as a number or a boolean needs its quotes. */
function textOf(value: string | number | boolean | readonly string[]): string {
  return inline(typeof value === "object" ? value.join(", ") : String(value));
}

export type ReadTenantFile =
  | { readonly ok: true; readonly file: TenantFile }
  | { readonly ok: false; readonly problems: readonly string[] };

/** What a `tenant.yaml` says, or everything that is wrong with it. */
export function readTenantFile(path: string, text: string): ReadTenantFile {
  let value: unknown;
  try {
    value = valuesOf(path, text)[0];
  } catch (error) {
    return { ok: false, problems: [error instanceof Error ? error.message : String(error)] };
  }
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) return { ok: false, problems: issuesOf(parsed.error) };
  const { data, metadata } = parsed.data;
  const tenant = tenantSchema.safeParse(typed(data));
  if (!tenant.success) return { ok: false, problems: issuesOf(tenant.error) };
  const wrong = [
    ...(metadata.name === configMapNameOf(tenant.data)
      ? []
      : [`metadata.name: should be ${configMapNameOf(tenant.data)}`]),
    ...(metadata.labels?.[tenantLabel] === tenant.data.name
      ? []
      : [`metadata.labels: ${tenantLabel} should be ${tenant.data.name}`]),
  ];
  if (wrong.length > 0) return { ok: false, problems: wrong };
  return { ok: true, file: { tenant: tenant.data, gaveAccess: metadata.annotations?.[accessAnnotation] === "given" } };
}

function typed(data: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(data).map(([key, text]) => {
      if (key === "replicas") return [key, /^\d+$/.test(text) ? Number(text) : text];
      if (key === "clusters" || key === "commands")
        return [
          key,
          text
            .split(",")
            .map((item) => item.trim())
            .filter((item) => item !== ""),
        ];
      if (text === "true" || text === "false") return [key, booleans.has(key) ? text === "true" : text];
      return [key, text];
    }),
  );
}

const booleans = new Set(["persistence", "sensitive", "eviction", "undeclaredKeys", "adminCommands"]);

function issuesOf(error: z.ZodError): readonly string[] {
  return error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`));
}

/** The place of one of a tenant's values in its file. */
export function tenantSpot(file: string, text: string, field: keyof Tenant): Spot {
  return { file, text, kind: "ConfigMap", path: ["data", field] };
}
