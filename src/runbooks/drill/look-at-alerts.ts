import type { InstanceConfig } from "../../config/file.ts";
import type { MetricSeries, Platform, SeenIncident } from "../../platform/ports.ts";
import { type Reading, read } from "../../platform/reading.ts";

/** What a stage of alerting said, as it is kept in the run's record. */
export type Stage<T> =
  | { readonly ok: true; readonly value: T; readonly command: string; readonly at: string }
  | {
      readonly ok: false;
      readonly reason: string;
      readonly code: string;
      readonly command: string;
      readonly at: string;
    };

/** One alert of the instance that fired since a moment. */
export interface Fired {
  readonly alert: string;
  readonly since: string;
  readonly severity: string;
  /** Whether it still does. */
  readonly now: boolean;
}

/** The alerts of one instance at each stage of their way: the rules, Alertmanager, the bot. */
export interface AlertLook {
  readonly at: string;
  readonly rules: Stage<readonly Fired[]>;
  readonly alertmanager: Stage<readonly Fired[]>;
  readonly bot: Stage<readonly (Fired & { readonly incident: string })[]>;
}

interface Options {
  readonly platform: Platform;
  readonly instance: InstanceConfig;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** As many steps as are looked at: a second each at first, which is when it is looked for the beginning. */
const mostSteps = 300;

/** What fires for the instance, or fired since a moment. A stage that cannot be asked says why. */
export async function lookAtAlerts(options: Options, since: Date, now: Date): Promise<AlertLook> {
  const { platform, instance, timeoutMs, signal } = options;
  const query = `ALERTS{alertstate="firing",namespace=${JSON.stringify(instance.namespace)}}`;
  const stepSeconds = Math.max(1, Math.ceil((now.getTime() - since.getTime()) / 1_000 / mostSteps));
  const range = { from: since, to: now, stepSeconds };
  const [rules, alertmanager, bot] = await Promise.all([
    read({ command: `PromQL: ${query}`, timeoutMs, signal }, async (inner) => {
      const [firing, before] = await Promise.all([
        platform.metrics.query(query, inner),
        platform.metrics.range(query, range, inner),
      ]);
      const still = new Set(firing.map(({ labels }) => labels["alertname"]));
      return merged([
        ...before.filter(({ labels }) => isAbout(labels, instance)).map((one) => firedOf(one, still)),
        ...firing
          .filter(({ labels }) => isAbout(labels, instance))
          .map(({ labels, at }) => ({ ...named(labels), since: at, now: true })),
      ]);
    }),
    read({ command: "amtool alert query", timeoutMs, signal }, async (inner) =>
      merged(
        (await platform.alerting.activeAlerts(inner))
          .filter(({ labels }) => isAbout(labels, instance))
          .map(({ labels, startsAt }) => ({ ...named(labels), since: startsAt, now: true })),
      ),
    ),
    read({ command: "/dragonfly alerts", timeoutMs, signal }, async (inner) =>
      (await platform.alerting.incidents(inner))
        .filter((one) => isAbout(one.labels, instance) && isOfThen(one, since))
        .map(({ id, alert, createdAt, resolvedAt }) => ({
          ...{ alert, since: createdAt, severity: "", now: resolvedAt === undefined },
          incident: id,
        })),
    ),
  ]);
  return { at: now.toISOString(), rules: stageOf(rules), alertmanager: stageOf(alertmanager), bot: stageOf(bot) };
}

/** Alerts have the namespace and, by pod or by instance, which one; a storm is about everything. */
function isAbout(labels: Readonly<Record<string, string>>, { namespace, name }: InstanceConfig): boolean {
  if (labels["namespace"] === undefined) return Object.keys(labels).length === 0;
  if (labels["namespace"] !== namespace) return false;
  const { app, pod } = labels;
  return app === undefined ? pod === undefined || pod.startsWith(`${name}-`) : app === name;
}

function isOfThen({ createdAt, resolvedAt }: SeenIncident, since: Date): boolean {
  return resolvedAt === undefined || Date.parse(createdAt) >= since.getTime();
}

function named(labels: Readonly<Record<string, string>>): { readonly alert: string; readonly severity: string } {
  return { alert: labels["alertname"] ?? "", severity: labels["severity"] ?? "" };
}

function firedOf({ labels, points }: MetricSeries, still: ReadonlySet<string | undefined>): Fired {
  const since = new Date(points[0]?.[0] ?? 0).toISOString();
  return { ...named(labels), since, now: still.has(labels["alertname"]) };
}

/** One entry an alert: its earliest beginning. */
function merged(all: readonly Fired[]): readonly Fired[] {
  return [...Map.groupBy(all, ({ alert }) => alert).values()].flatMap((some) => {
    const [first] = some.toSorted((a, b) => a.since.localeCompare(b.since));
    return first === undefined ? [] : [{ ...first, now: some.some(({ now }) => now) }];
  });
}

function stageOf<T>(reading: Reading<T>): Stage<T> {
  const { command, at } = reading;
  if (reading.ok) return { ok: true, value: reading.value, command, at };
  return { ok: false, reason: reading.reason, code: reading.code, command, at };
}

/** Nobody has said where that stage is. */
export function isConfigured(stage: Stage<unknown>): boolean {
  return stage.ok || !stage.code.endsWith(".not-configured");
}
