import { parseQuantity } from "../../platform/quantity.ts";
import type { Check } from "../draft.ts";
import { limitMibOf, mibOf, sayMib } from "../size.ts";
import { broken, ruled } from "./check.ts";
import { type Folder, listAt, valueAt } from "./folder.ts";

/** Whether threads, container and volume of a resource fit its maxmemory. Source: docs/tenancy.md, "Your own: size". */
export function checkSizes(spec: unknown, { tenant }: Folder): readonly Check[] {
  const maxmemory = mibOf(flagIn(spec, "maxmemory") ?? "");
  const threads = Number(flagIn(spec, "proactor_threads"));
  if (maxmemory === undefined || !Number.isInteger(threads) || threads < 1)
    return [
      broken(
        "size.threads",
        "Threads and maxmemory are not given",
        "Without them the server takes what the node has: --proactor_threads and --maxmemory.",
      ),
    ];
  const limit = mibFrom(quantityAt(spec, "resources", "limits", "memory"));
  const volume = mibFrom(quantityAt(spec, "snapshot", "persistentVolumeClaimSpec", "resources", "requests", "storage"));
  return [
    ruled(
      "size.threads",
      `${threads} threads have the 256 MiB each that the server demands`,
      threads * 256 <= maxmemory
        ? []
        : [`maxmemory is ${sayMib(maxmemory)}: at most ${Math.floor(maxmemory / 256)} threads`],
    ),
    ruled(
      "size.limit",
      "The container has a third more than maxmemory",
      limit === undefined || limit >= limitMibOf(maxmemory)
        ? []
        : [`expected ${limitMibOf(maxmemory)}Mi at least, found ${sayMib(limit)}`],
    ),
    ruled(
      "size.volume",
      tenant.persistence ? "A volume has room for two snapshots and more" : "There are no volumes",
      tenant.persistence
        ? volumeProblems(volume, maxmemory)
        : volume === undefined
          ? []
          : ["tenant.yaml says that nothing is kept"],
    ),
  ];
}

/** 30 % are the least, so that a hand-made size passes; the bot itself takes 50 %. */
function volumeProblems(volume: number | undefined, maxmemory: number): readonly string[] {
  const least = maxmemory * 2 * 1.3;
  return volume !== undefined && volume >= least
    ? []
    : [`expected ${sayMib(least)} at least, found ${volume === undefined ? "none" : sayMib(volume)}`];
}

/** A flag of the server as the resource gives it. */
export function flagIn(spec: unknown, name: string): string | undefined {
  const found = listAt(spec, "args").find((text) => String(text).startsWith(`--${name}=`));
  return found === undefined ? undefined : String(found).slice(name.length + 3);
}

/** A quantity as a number of its unit. */
export function quantityAt(spec: unknown, ...path: readonly string[]): number | undefined {
  const found = valueAt(spec, ...path);
  return found === undefined ? undefined : parseQuantity(String(found));
}

function mibFrom(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 2 ** 20;
}
