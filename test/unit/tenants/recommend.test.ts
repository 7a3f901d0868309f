import { describe, expect, it } from "vitest";
import { needsSchema } from "../../../src/tenants/change.ts";
import { recommend } from "../../../src/tenants/recommend.ts";
import { sharedMaxmemoryOf } from "../../../src/tenants/settings.ts";
import { cpuQuantity, flagOf, mibOf, sizeOf } from "../../../src/tenants/size.ts";
import { config, own, project } from "./project.ts";

const needs = needsSchema.parse({});

describe("shared or own", () => {
  it.each<[string, object, string, string | undefined, "shared" | "own", string]>([
    ["nothing special", {}, "768Mi", "3gb", "shared", "paid for"],
    ["more than a quarter", {}, "769Mi", "3gb", "own", "a quarter"],
    ["sensitive data", { sensitive: true }, "256Mi", "3gb", "own", "Sensitive"],
    ["eviction", { eviction: true }, "256Mi", "3gb", "own", "evict"],
    ["undeclared keys", { undeclaredKeys: true }, "256Mi", "3gb", "own", "Scripts"],
    ["commands over everybody's keys", { adminCommands: true }, "256Mi", "3gb", "own", "KEYS"],
    ["a shared instance of unknown size", {}, "64Gi", undefined, "shared", "could not be told"],
  ])("%s", (_, given, memory, maxmemory, isolation, words) => {
    const found = recommend({ ...needs, ...given }, memory, maxmemory);
    expect(found.isolation).toBe(isolation);
    expect(found.reasons.join("\n")).toContain(words);
  });

  it("compares with what the shared instance is really run with", () => {
    expect(sharedMaxmemoryOf(project, config)).toBe("3gb");
  });
});

describe("sizes", () => {
  it.each([
    ["256Mi", 1, "500m", "256mb"],
    ["512Mi", 2, "1", "512mb"],
    ["1536Mi", 2, "1", "1536mb"],
    ["3Gi", 4, "2", "3gb"],
    ["64Gi", 8, "4", "64gb"],
  ])("%s has %i threads and asks for %s CPU", (memory, threads, cpu, flag) => {
    const size = sizeOf(own({ memory }));
    expect([size.threads, cpuQuantity(size.cpu), flagOf(size.maxmemoryMib)]).toEqual([threads, cpu, flag]);
    expect(size.threads * 256).toBeLessThanOrEqual(size.maxmemoryMib);
    expect(mibOf(flag)).toBe(mibOf(memory));
  });

  it("have no volumes without persistence", () => {
    expect(sizeOf(own({ persistence: false })).quota).toMatchObject({ storageGib: 0, claims: 0 });
  });
});
