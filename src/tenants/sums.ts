import { z } from "zod";
import type { Config } from "../config/file.ts";
import { parseQuantity } from "../platform/quantity.ts";
import type { Sum, Tree } from "./draft.ts";
import { tenantsOf } from "./inventory.ts";
import { mibOf, sayMib } from "./size.ts";
import { valuesOf } from "./yaml/source.ts";

/** What tenants take, as their manifests say; a manifest that cannot be read counts for nothing here and is a finding elsewhere. */
export interface Taken {
  /** Own instances: memory limits, volumes and CPU requests of all pods. */
  readonly memoryMib: number;
  readonly storageMib: number;
  readonly cpu: number;
  /** Promised to tenants on the shared instance. */
  readonly sharedMib: number;
}

const amount = z.union([z.string(), z.number()]).transform((value) => parseQuantity(String(value)) ?? 0);
const resource = z.looseObject({
  kind: z.literal("Dragonfly"),
  spec: z.looseObject({
    replicas: z.number(),
    resources: z.looseObject({
      requests: z.looseObject({ cpu: amount }),
      limits: z.looseObject({ memory: amount }),
    }),
    snapshot: z
      .looseObject({
        persistentVolumeClaimSpec: z.looseObject({
          resources: z.looseObject({ requests: z.looseObject({ storage: amount }) }),
        }),
      })
      .optional(),
  }),
});

const mib = 2 ** 20;

export function takenIn(tree: Tree, config: Config): Taken {
  let taken: Taken = { memoryMib: 0, storageMib: 0, cpu: 0, sharedMib: 0 };
  for (const { folder, tenant } of tenantsOf(tree, config)) {
    if (tenant?.isolation === "shared") taken = { ...taken, sharedMib: taken.sharedMib + (mibOf(tenant.memory) ?? 0) };
    const file = `${folder}/dragonfly.yaml`;
    for (const { spec } of resourcesIn(file, tree.get(file))) {
      const { replicas, resources, snapshot } = spec;
      taken = {
        ...taken,
        memoryMib: taken.memoryMib + (replicas * resources.limits.memory) / mib,
        storageMib:
          taken.storageMib + (replicas * (snapshot?.persistentVolumeClaimSpec.resources.requests.storage ?? 0)) / mib,
        cpu: taken.cpu + replicas * resources.requests.cpu,
      };
    }
  }
  return taken;
}

function resourcesIn(file: string, text: string | undefined): readonly z.infer<typeof resource>[] {
  try {
    return valuesOf(file, text ?? "").flatMap((value) => {
      const parsed = resource.safeParse(value);
      return parsed.success ? [parsed.data] : [];
    });
  } catch {
    return [];
  }
}

/** The sums that people decide by: what tenants take now, and what they would take. */
export function sumsOf(now: Taken, then: Taken, config: Config): readonly Sum[] {
  const { quota } = config.tenants;
  const sums: readonly Sum[] = [
    {
      what: "memory limits of tenants' own instances",
      now: sayMib(now.memoryMib),
      after: sayMib(then.memoryMib),
      limit: limitOf(quota.memory),
    },
    {
      what: "volumes of tenants' own instances",
      now: sayMib(now.storageMib),
      after: sayMib(then.storageMib),
      limit: limitOf(quota.storage),
    },
    {
      what: "CPU requests of tenants' own instances",
      now: sayCpu(now.cpu),
      after: sayCpu(then.cpu),
      limit: quota.cpu === undefined ? "" : sayCpu(quota.cpu),
    },
    {
      what: "memory promised on the shared instance",
      now: sayMib(now.sharedMib),
      after: sayMib(then.sharedMib),
      limit: "",
    },
  ];
  return sums.filter((sum) => sum.now !== sum.after);
}

function sayCpu(cpu: number): string {
  return `${Number(cpu.toFixed(2))} CPU`;
}

function limitOf(size: string | undefined): string {
  return size === undefined ? "" : sayMib(mibOf(size) ?? 0);
}
