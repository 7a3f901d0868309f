import { parseQuantity } from "../platform/quantity.ts";
import type { Tenant } from "./change.ts";

/** Sizes of an own instance, all of them computed from maxmemory and the number of pods. Source: docs/tenancy.md, "Your own: size". */

const mib = 2 ** 20;
const mibPerThread = 256;

/** Threads by maxmemory in MiB: the line with the most memory that is not above it. */
const threadLines: readonly (readonly [number, number])[] = [
  [8192, 8],
  [2048, 4],
  [512, 2],
  [0, 1],
];

/** The smallest maxmemory, in MiB, that a server starts with: one thread's. */
export const leastMaxmemoryMib = mibPerThread;

export interface Size {
  readonly maxmemoryMib: number;
  readonly threads: number;
  /** With more the server exits at start. */
  readonly threadsAtMost: number;
  /** Of a pod, in CPUs; there is no limit. */
  readonly cpu: number;
  /** Of a pod; request and limit. */
  readonly memoryMib: number;
  /** Of a pod; 0 without persistence. */
  readonly volumeGib: number;
  readonly quota: Quota;
}

/** ResourceQuota of the instance's namespace: its pods, and room for a small one to look around with. */
export interface Quota {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly storageGib: number;
  readonly claims: number;
  readonly pods: number;
}

const spare = { cpuMilli: 100, memoryMib: 256, pods: 1 };

/** What an instance gets. Throws RangeError for a memory that is not a quantity. */
export function sizeOf({ memory, replicas, persistence }: Pick<Tenant, "memory" | "replicas" | "persistence">): Size {
  const maxmemoryMib = mibOf(memory);
  if (maxmemoryMib === undefined) throw new RangeError(`"${memory}" is not a size of memory`);
  const threadsAtMost = Math.max(1, Math.floor(maxmemoryMib / mibPerThread));
  const threads = Math.min(threadsAtMost, threadLines.find(([from]) => maxmemoryMib >= from)?.[1] ?? 1);
  const cpu = threads / 2;
  const memoryMib = limitMibOf(maxmemoryMib);
  const volumeGib = persistence ? volumeGibOf(maxmemoryMib) : 0;
  return {
    maxmemoryMib,
    threads,
    threadsAtMost,
    cpu,
    memoryMib,
    volumeGib,
    quota: {
      cpuMilli: replicas * cpu * 1_000 + spare.cpuMilli,
      memoryMib: replicas * memoryMib + spare.memoryMib,
      storageGib: replicas * volumeGib,
      claims: persistence ? replicas : 0,
      pods: replicas + spare.pods,
    },
  };
}

/** The container's memory limit: from 1.25 of maxmemory on the server refuses writes by itself; the kernel must not be first. */
export function limitMibOf(maxmemoryMib: number): number {
  return Math.ceil((maxmemoryMib * 4) / 3);
}

/** A volume: the snapshot there is and the one being written, and half as much again. */
export function volumeGibOf(maxmemoryMib: number): number {
  return Math.ceil((maxmemoryMib * 2 * 1.5) / 1024);
}

/** `2Gi`, or the server's own way to write it, `2gb`, in MiB. Undefined for anything else. */
export function mibOf(text: string): number | undefined {
  const bytes = parseQuantity(
    text.replace(/^(\d+)([mg])b$/i, (_, digits: string, unit: string) => `${digits}${unit.toUpperCase()}i`),
  );
  return bytes === undefined ? undefined : bytes / mib;
}

/** As the server's flag wants it: `2gb`, `1536mb`. */
export function flagOf(maxmemoryMib: number): string {
  return maxmemoryMib % 1024 === 0 ? `${maxmemoryMib / 1024}gb` : `${maxmemoryMib}mb`;
}

/** CPUs as a quantity: `2`, `500m`. */
export function cpuQuantity(cpu: number): string {
  return Number.isInteger(cpu) ? String(cpu) : `${cpu * 1_000}m`;
}

/** MiB for people: `512 MiB`, `2.0 GiB`. */
export function sayMib(amount: number): string {
  return amount < 1024 ? `${Math.round(amount)} MiB` : `${(amount / 1024).toFixed(1)} GiB`;
}
