import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { committedDashboards } from "../../../script/dashboards/committed.ts";
import { renderDashboard } from "../../../script/dashboards/render.ts";
import { configSchema } from "../../../src/config/file.ts";

const panelSchema = z.object({
  id: z.int(),
  type: z.string(),
  title: z.string(),
  description: z.string().optional(),
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  targets: z.array(z.object({ expr: z.string() })).default([]),
  fieldConfig: z
    .object({
      defaults: z.object({
        unit: z.string().optional(),
        thresholds: z.object({ steps: z.array(z.object({ value: z.number().nullable() })) }).optional(),
      }),
    })
    .optional(),
});
const dashboardSchema = z.object({
  uid: z.string(),
  schemaVersion: z.int(),
  panels: z.array(panelSchema),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
});

const read = (path: string) => dashboardSchema.parse(JSON.parse(readFileSync(path, "utf8")));

describe.each(committedDashboards)("$path", ({ path, dashboard }) => {
  const committed = read(path);
  const panels = committed.panels.filter(({ type }) => type !== "row");

  it("is what script/dashboards.ts writes", () => {
    expect(readFileSync(path, "utf8")).toBe(renderDashboard(dashboard));
  });

  it("has the dashboard's schema of Grafana 11 or later", () => {
    expect(committed.schemaVersion).toBeGreaterThanOrEqual(39);
  });

  it("explains every panel in one sentence", () => {
    for (const { title, description } of panels) expect(description, title).toMatch(/^[A-Z][^.]*\.$/);
  });

  it("has a unit on every graph", () => {
    const graphs = panels.filter(({ type }) => type === "timeseries");
    expect(graphs.length).toBeGreaterThan(0);
    for (const { title, fieldConfig } of graphs) expect(fieldConfig?.defaults.unit, title).toBeDefined();
  });

  it("uses no variable that it does not have", () => {
    const names = committed.templating.list.map(({ name }) => name);
    const used = JSON.stringify(committed).matchAll(/\$\{?([a-z]\w*)/g);
    for (const [, name] of used) expect(names).toContain(name);
  });

  it("gives every panel a number and a place of its own inside the 24 columns", () => {
    const ids = committed.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos } of committed.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          expect(taken.get(`${x},${y}`), `${title} lies over another panel`).toBeUndefined();
          taken.set(`${x},${y}`, title);
        }
      }
    }
  });
});

describe("the instance's dashboard", () => {
  const { panels } = read(committedDashboards[0]?.path ?? "");
  const steps = (title: string) =>
    panels
      .find((panel) => panel.title === title)
      ?.fieldConfig?.defaults.thresholds?.steps.flatMap(({ value }) => (value === null ? [] : [value]));
  const limits = configSchema.parse({}).thresholds;

  it.each([
    ["Worst memory", [limits.memoryWarn, limits.memoryFail]],
    ["Worst disk", [limits.diskWarn, limits.diskFail]],
    ["Used against maxmemory", [limits.memoryWarn, limits.memoryFail]],
    ["Snapshot volumes", [limits.diskWarn, limits.diskFail]],
    ["Clients against the maximum", [limits.clientsWarn]],
    ["Lag by replica", [limits.lagWarnRecords]],
    ["Silence on the link", [limits.linkStaleSeconds]],
    ["Pipeline latency", [limits.slowCommandMs / 1_000]],
  ])("changes colour in %s where the status report changes its verdict", (title, expected) => {
    expect(steps(title)).toEqual(expected);
  });
});
