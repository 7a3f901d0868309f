import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sizeOf } from "../../../src/tenants/size.ts";
import { tableRows } from "./table.ts";

const page = readFileSync("docs/tenancy.md", "utf8");
const price = { cpu: 25, memoryGib: 3.5, diskGib: 0.1 };
const pods = 3;
const sized = (gib: number) => sizeOf({ memory: `${gib}Gi`, replicas: pods, persistence: true });

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
    const size = sized(maxmemory);
    expect([most, threads, cpu, limit, volume]).toEqual([
      size.threadsAtMost,
      size.threads,
      size.cpu,
      size.memoryMib,
      size.volumeGib,
    ]);
    const pod = (cpu ?? 0) * price.cpu + ((limit ?? 0) / 1024) * price.memoryGib + (volume ?? 0) * price.diskGib;
    expect(cost).toBe(Math.round(pods * pod));
  });

  it.each(quotas ?? [])(
    "has a quota that lets %d GiB in",
    (maxmemory, cpuMilli, memoryMib, storage, claims, podCount) => {
      const { quota } = sized(maxmemory ?? 0);
      expect([cpuMilli, memoryMib, storage, claims, podCount]).toEqual([
        quota.cpuMilli,
        quota.memoryMib,
        quota.storageGib,
        quota.claims,
        quota.pods,
      ]);
      expect(quota.pods).toBe(pods + 1);
    },
  );
});
