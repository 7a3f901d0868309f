import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { tableRows } from "./table.ts";

const page = readFileSync("docs/tenancy.md", "utf8");
const price = { cpu: 25, memoryGib: 3.5, diskGib: 0.1 };
const pods = 3;
/** For a pod to look around with. */
const spare = { cpuMilli: 100, memoryMib: 256 };

const [sizes, quotas] = ["| maxmemory | threads", "| maxmemory | `requests.cpu`"].map((head) =>
  tableRows(page.slice(page.indexOf(head)), "maxmemory").map((row) => row.map((cell) => Number.parseFloat(cell))),
);

describe("docs/tenancy.md", () => {
  it("has sizes and quotas for the same instances", () => {
    expect(sizes?.map(([maxmemory]) => maxmemory)).toEqual([1, 2, 4, 8]);
    expect(quotas?.map(([maxmemory]) => maxmemory)).toEqual([1, 2, 4, 8]);
  });

  it.each(sizes ?? [])("follows its own rules for %d GiB", (maxmemory, most, threads, cpu, limit, volume, cost) => {
    expect(most).toBe((maxmemory * 1024) / 256);
    expect(threads).toBeLessThanOrEqual(most ?? 0);
    expect(limit).toBe(Math.ceil((maxmemory * 1024 * 4) / 3));
    expect(volume).toBe(maxmemory * 2 * 1.5);
    const pod = (cpu ?? 0) * price.cpu + ((limit ?? 0) / 1024) * price.memoryGib + (volume ?? 0) * price.diskGib;
    expect(cost).toBe(Math.round(pods * pod));
  });

  it.each(quotas ?? [])("has a quota that lets %d GiB in", (maxmemory, cpuMilli, memoryMib, storage, claims) => {
    const [, , , cpu, limit, volume] = sizes?.find(([size]) => size === maxmemory) ?? [];
    expect(cpuMilli).toBe(pods * (cpu ?? 0) * 1_000 + spare.cpuMilli);
    expect(memoryMib).toBe(pods * (limit ?? 0) + spare.memoryMib);
    expect(storage).toBe(pods * (volume ?? 0));
    expect(claims).toBe(pods);
  });
});
