import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { startChild } from "../dragonfly/child.ts";
import { onPath } from "../dragonfly/find-store.ts";
import type { ObjectStore } from "../kubernetes/object-store.ts";
import { places } from "../world/places.ts";
import { listViews } from "../world/views.ts";

const ruleView = z.looseObject({
  spec: z.strictObject({
    groups: z.array(
      z.strictObject({
        name: z.string(),
        rules: z.array(z.looseObject({ alert: z.string(), expr: z.string(), for: z.string().optional() })),
      }),
    ),
  }),
});
type RuleGroup = z.output<typeof ruleView>["spec"]["groups"][number];

/** A real vmalert that evaluates the rules of a cluster every second. */
export interface VmalertProcess {
  stop(): Promise<void>;
}

export interface VmalertOptions {
  /** Of the metrics store that is asked, and that is told what fires (`ALERTS`). */
  readonly metricsUrl: string;
  readonly alertmanagerUrl: string;
  readonly port: number;
  /** The cluster whose PrometheusRules it evaluates. */
  readonly objects: ObjectStore;
  /**
   * How many times sooner than shipped an alert fires (but see `leastForSeconds`), and one that is there to be read is over; nothing
   * else of a rule is touched.
   */
  readonly faster: number;
  /** Names of alerts that are left out. */
  readonly without: readonly string[];
  readonly onNotice: (text: string) => void;
}

/** Undefined when the program is not installed. It needs nobody to be there yet: it asks again. */
export function startVmalert(options: VmalertOptions): VmalertProcess | undefined {
  const { metricsUrl, alertmanagerUrl, port, objects, onNotice } = options;
  const path = onPath("vmalert", process.env["PATH"] ?? "");
  if (path === undefined) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "dfbot-vmalert-"));
  const groups = listViews(objects, places.prometheusRules, ruleView).flatMap(({ spec }) => spec.groups);
  writeFileSync(join(directory, "rules.yaml"), stringify({ groups: groups.map((group) => hurried(group, options)) }));
  let failure = "";
  const child = startChild(
    path,
    [
      `-rule=${join(directory, "rules.yaml")}`,
      `-datasource.url=${metricsUrl}`,
      `-remoteWrite.url=${metricsUrl}`,
      "-remoteWrite.flushInterval=1s",
      `-notifier.url=${alertmanagerUrl}`,
      `-external.url=${metricsUrl}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      "-evaluationInterval=1s",
    ],
    {
      onLine: (line) => {
        if (/\t(?:fatal|panic|error)\t/.test(line)) failure = line;
      },
    },
  );
  let stopping = false;
  void child.exited.then(({ code }) => {
    // Ctrl-C in a terminal ends it as well as the sandbox.
    if (!stopping && code !== 0 && code !== null) onNotice(`vmalert ended (exit ${code}). ${failure}`);
  });
  return {
    stop: async () => {
      stopping = true;
      child.kill("SIGKILL");
      await child.exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** @throws Error for a `for` that is not in seconds, minutes or hours */
function hurried({ name, rules }: RuleGroup, { faster, without }: VmalertOptions) {
  return {
    name,
    rules: rules
      .filter(({ alert }) => !without.includes(alert))
      .map((rule) => ({
        ...rule,
        ...(rule.for === undefined ? {} : { for: `${sooner(seconds(rule.for), faster)}s` }),
        ...(rule.alert === lasting ? { expr: lookingBackLess(rule.expr, faster) } : {}),
      })),
  };
}

/**
 * Three scrapes: the shipped rules wait for two at least. One that is late on a busy machine has a server be down, and the primary's
 * have it that there is none.
 */
const leastForSeconds = 6;

function sooner(shipped: number, faster: number): number {
  return Math.min(shipped, Math.max(shipped / faster, leastForSeconds));
}

/** Fires for as long as it looks back, which is longer than anybody watches a sandbox or a test. */
const lasting = "DragonflyRoleChanged";

function lookingBackLess(expr: string, faster: number): string {
  return expr.replaceAll(/\[(\d+[smh])\]/g, (_, window: string) => `[${seconds(window) / faster}s]`);
}

function seconds(text: string): number {
  const [, number, unit] = /^(\d+)([smh])$/.exec(text) ?? [];
  const factor = { s: 1, m: 60, h: 3_600 }[unit ?? ""];
  if (number === undefined || factor === undefined) throw new Error(`A rule waits for "${text}"`);
  return Number(number) * factor;
}
