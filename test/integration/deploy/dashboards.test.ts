import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { committedDashboards } from "../../../script/dashboards/committed.ts";
import { botPages, declaredNames, dragonflyTrio, lonePrimary, snapshots, surroundings } from "./pages.ts";
import { type Choice, metricNames, substitute } from "./promql.ts";
import { type MetricsStore, type Series, startMetricsStore } from "./store.ts";

const scrapes = 21;

/** Panels that a healthy instance leaves empty. Any other one without data is a mistake, and so is one here with data. */
const emptyWhenHealthy: Readonly<Record<string, string>> = {
  "Evicted keys": "the server shows a series a database, and none before the first eviction",
  "Refused for lack of memory": "the server shows the series from the first refusal on",
};
/** Metrics that a healthy instance does not show. Source: src/server/metrics.cc of Dragonfly v1.40.1. */
const onlyInTrouble = ["dragonfly_oom_errors_total"];

const choices: readonly (readonly [string, Choice])[] = [
  ["everything chosen", { namespace: ".+", app: ".+", pod: ".+" }],
  [
    "several chosen",
    {
      namespace: "(dragonfly-system|dragonfly-bot)",
      app: "(dragonfly|other)",
      pod: "(dragonfly-0|dragonfly-1|dragonfly-2|dfbot-0)",
    },
  ],
];

const dashboardSchema = z.object({
  panels: z.array(
    z.object({
      title: z.string(),
      type: z.string(),
      targets: z.array(z.object({ expr: z.string() })).default([]),
    }),
  ),
  annotations: z.object({ list: z.array(z.object({ name: z.string(), expr: z.string().optional() })).default([]) }),
  templating: z.object({ list: z.array(z.object({ name: z.string(), definition: z.string().optional() })) }),
});
const dashboards = committedDashboards.map(({ path }) => ({
  path,
  ...dashboardSchema.parse(JSON.parse(readFileSync(path, "utf8"))),
}));
const queries = dashboards.flatMap(({ path, panels }) =>
  panels.flatMap(({ title, type, targets }) => targets.map(({ expr }) => ({ path, title, type, expr }))),
);
const marks = dashboards.flatMap(({ annotations }) => annotations.list.flatMap(({ expr }) => expr ?? []));

let store: MetricsStore;

beforeAll(async () => {
  store = await startMetricsStore(scrapes);
  await store.load([
    ...dragonflyTrio("dragonfly-system", scrapes),
    ...surroundings("dragonfly-system", scrapes),
    await botPages("dragonfly-bot", scrapes),
    lonePrimary("lone", scrapes),
    snapshots("snapshot-saved", scrapes, 1, 0),
    snapshots("snapshot-failed", scrapes, 1, 1),
    snapshots("snapshot-both", scrapes, 2, 1),
  ]);
});
afterAll(() => store?.stop());

async function unknownMetrics(expr: string): Promise<readonly string[]> {
  const known = [...(await store.labelValues("__name__")), ...declaredNames(), ...onlyInTrouble];
  return metricNames(expr).filter((name) => !known.includes(name));
}

function ask(panelType: string, expr: string): Promise<readonly Series[]> {
  return panelType === "stat" ? store.instant(expr) : store.range(expr);
}

/** The answer of a panel of the instance's dashboard when one namespace is chosen. */
async function shown(title: string, namespace: string): Promise<readonly number[]> {
  const query = queries.find((one) => one.title === title);
  const expr = substitute(query?.expr ?? "", { namespace, app: ".+", pod: ".+" });
  return (await ask(query?.type ?? "", expr)).map(({ value }) => value);
}

describe("every panel", () => {
  it("asks for metrics that exist", async () => {
    for (const { title, expr } of queries) expect(await unknownMetrics(expr), title).toEqual([]);
    for (const expr of marks) expect(await unknownMetrics(expr)).toEqual([]);
  });

  it.each(choices)("is answered by VictoriaMetrics, with data where there is some (%s)", async (_, choice) => {
    const wrong: string[] = [];
    for (const { path, title, type, expr } of queries) {
      const found = (await ask(type, substitute(expr, choice))).length > 0;
      if (found === title in emptyWhenHealthy)
        wrong.push(`${path}: ${title}: ${found ? "has data" : "empty"}: ${expr}`);
    }
    for (const expr of marks) await store.range(substitute(expr, choice));
    expect(wrong).toEqual([]);
  });

  it("is PromQL that Prometheus would take as well", async () => {
    const [, choice] = choices[0] ?? ["", {}];
    const rules = [...queries.map(({ expr }) => expr), ...marks].map((expr, i) => ({
      record: `panel_${i}`,
      expr: substitute(expr, choice),
    }));
    expect(await promtool(rules)).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it("has something to choose from in every variable", async () => {
    const definitions = dashboards.flatMap(({ templating }) =>
      templating.list.flatMap(({ name, definition }) => (name === "datasource" ? [] : (definition ?? ""))),
    );
    expect(definitions.length).toBeGreaterThan(0);
    for (const definition of definitions) {
      const [, match, label] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
      const values = await store.labelValues(label ?? "", substitute(match ?? "", choices[0]?.[1] ?? {}));
      expect(values, definition).not.toEqual([]);
    }
  });
});

describe("the checks above", () => {
  it("notice a misspelt metric", async () => {
    expect(await unknownMetrics('sum by (app) (rate(dragonfly_comands_total{cmd="get"}[5m]))')).toEqual([
      "dragonfly_comands_total",
    ]);
    expect(await store.range("dragonfly_comands_total")).toEqual([]);
  });

  it("notice a misspelt label, which leaves a panel empty", async () => {
    expect(await store.range('dragonfly_connected_clients{listner="main"}')).toEqual([]);
    expect(await store.range('dragonfly_connected_clients{listener="main"}')).not.toEqual([]);
  });

  it("notice what is not PromQL", async () => {
    await expect(store.range("sum by (app (dragonfly_master)")).rejects.toThrow(/HTTP 4/);
    await expect(promtool([{ record: "bad", expr: "sum by (app (dragonfly_master)" }])).rejects.toThrow(/parse error/);
  });

  it("find every metric of an expression and nothing else", () => {
    const expr =
      'topk(10, sum by (a, b) (rate(x_total{c="d_total"}[5m]))) / on (a) group_left (b) (y_bytes offset 1h) and z > bool 0';
    expect(metricNames(expr)).toEqual(["x_total", "y_bytes", "z"]);
  });
});

describe("the verdict of a healthy instance", () => {
  it.each([
    ["Primaries", 1],
    ["Replicas online", 2],
    ["Worst memory", 1_587_560 / 1_073_741_824],
    ["Worst disk", 0.5],
  ])("%s: %d", async (title, expected) => {
    const [value, ...others] = await shown(title, "dragonfly-system");
    expect(value).toBeCloseTo(expected, 6);
    expect(others).toEqual([]);
  });
});

describe("the verdict of an instance in trouble", () => {
  it("shows 0 replicas, not an empty panel, when nobody replicates from the primary", async () => {
    expect(await shown("Replicas online", "lone")).toEqual([0]);
  });

  it.each([
    ["none", "lone", 0],
    ["saved", "snapshot-saved", 1],
    ["failed", "snapshot-failed", 2],
    ["one of several failed", "snapshot-both", 3],
  ])("tells the outcome of snapshots: %s", async (_, namespace, expected) => {
    expect(await shown("Last snapshot", namespace)).toEqual([expected]);
  });
});

async function promtool(rules: readonly { readonly record: string; readonly expr: string }[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "dashboards-"));
  try {
    const file = join(folder, "rules.yaml");
    writeFileSync(file, stringify({ groups: [{ name: "panels", rules }] }));
    return (await promisify(execFile)("promtool", ["check", "rules", file])).stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
