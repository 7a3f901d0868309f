import type { InstanceConfig } from "../../config/file.ts";
import type { DurableContext } from "../durable/definition.ts";
import { type ExpectedAlert, expectedAlerts, possibleAlerts } from "./expected-alerts.ts";
import { type AlertLook, type Fired, isConfigured, lookAtAlerts, type Stage } from "./look-at-alerts.ts";
import { durationMs } from "./objectives.ts";
import type { DrillDeps } from "./prepare.ts";

/** When an alert came to a stage of its way and when it was over there; null: it did not, or is not. ISO 8601. */
export interface Passage {
  readonly since: string | null;
  readonly over: string | null;
  /** Why nobody knows. */
  readonly unknown: string;
  readonly command: string;
}

export const stages = ["rules", "alertmanager", "bot"] as const;
export type StageName = (typeof stages)[number];

export interface WatchedAlert extends ExpectedAlert {
  readonly passages: Readonly<Record<StageName, Passage>>;
  readonly incident: string | null;
}

/** What became of the alerts of one failover. */
export interface WatchedAlerts {
  readonly expected: readonly WatchedAlert[];
  /** Those that a failover which goes well does not raise. */
  readonly others: readonly Fired[];
  /** Why nobody waited for them; empty when somebody did. */
  readonly notWatched: string;
}

/** Often while it is to begin; then it takes a quarter of an hour, and less and less often will do. */
const firesEveryMs = 5_000;
const endsEveryMs = [10_000, 10_000, 10_000, 15_000, 15_000, 30_000] as const;

/** Waits, parked, until the expected alerts have come to the bot and are over, or their time is. */
export async function watchAlerts(
  context: DurableContext<unknown>,
  deps: DrillDeps,
  instance: InstanceConfig,
  evictedAt: string,
): Promise<WatchedAlerts> {
  const { config, platform } = deps;
  const { alertFiredWithinMs, alertResolvedWithinMs } = config.drill;
  const began = new Date(evictedAt);
  const looks: AlertLook[] = [];
  for (let waits = 0; ; ) {
    const seen = await context.step(
      looks.length === 0 ? "look at the alerts" : "look again at the alerts",
      ({ signal, now }) => lookAtAlerts({ platform, instance, timeoutMs: config.readTimeoutMs, signal }, began, now()),
    );
    looks.push(seen);
    const reasons = [seen.rules, seen.alertmanager].flatMap((stage) =>
      isConfigured(stage) || stage.ok ? [] : [stage.reason],
    );
    if (reasons.length === 2) return { ...conclude(looks), notWatched: reasons.join(" ") };
    const { expected } = conclude(looks);
    const waitedMs = Date.parse(seen.at) - began.getTime();
    const missing = expected.filter((alert) => passed(alert, seen).some(({ since }) => since === null));
    if (missing.length > 0 && waitedMs >= alertFiredWithinMs) return conclude(looks);
    const lasting = expected.filter((alert) => passed(alert, seen).some(({ over }) => over === null));
    // Nobody waits for what cannot come in time.
    const wanted = lasting.filter(({ lastsMs }) => lastsMs <= alertResolvedWithinMs);
    if (missing.length === 0 && (wanted.length === 0 || waitedMs >= alertResolvedWithinMs)) return conclude(looks);
    const [first] = missing.length > 0 ? missing : wanted;
    const left = durationMs(Math.max(0, (missing.length > 0 ? alertFiredWithinMs : alertResolvedWithinMs) - waitedMs));
    await context.sleep(
      `waits until ${first?.alert} ${missing.length > 0 ? "has come" : "is over"}, ${left} at most`,
      missing.length > 0 ? firesEveryMs : (endsEveryMs[waits++] ?? 30_000),
    );
  }
}

/** The stages that can be asked: nobody waits for one that cannot. */
function passed({ passages }: WatchedAlert, look: AlertLook): readonly Passage[] {
  return stages.filter((name) => look[name].ok).map((name) => passages[name]);
}

/** All looks taken together. What was seen once stays seen. Pure. */
export function conclude(looks: readonly AlertLook[]): WatchedAlerts {
  const known: readonly string[] = [...expectedAlerts.map(({ alert }) => alert), ...possibleAlerts];
  const all = looks.flatMap((look) => stages.flatMap((name) => (look[name].ok ? look[name].value : [])));
  const strange = Map.groupBy(
    all.filter(({ alert }) => !known.includes(alert)),
    ({ alert }) => alert,
  );
  return {
    expected: expectedAlerts.map((expected) => ({
      ...expected,
      passages: {
        rules: passageOf(looks, "rules", expected.alert),
        alertmanager: passageOf(looks, "alertmanager", expected.alert),
        bot: passageOf(looks, "bot", expected.alert),
      },
      incident:
        looks.flatMap(({ bot }) => (bot.ok ? bot.value : [])).find(({ alert }) => alert === expected.alert)?.incident ??
        null,
    })),
    others: [...strange.values()].flatMap((some) => some.toSorted((a, b) => a.since.localeCompare(b.since))[0] ?? []),
    notWatched: "",
  };
}

function passageOf(looks: readonly AlertLook[], name: StageName, alert: string): Passage {
  const answers = looks.map((look): readonly [string, Stage<readonly Fired[]>] => [look.at, look[name]]);
  const heard = answers.flatMap(([at, stage]) =>
    stage.ok ? [{ at, found: stage.value.find((one) => one.alert === alert) }] : [],
  );
  const last = answers.at(-1)?.[1];
  const command = last?.command ?? "";
  if (heard.length === 0) {
    return { since: null, over: null, unknown: last?.ok === false ? last.reason : "nobody looked", command };
  }
  const firstAt = heard.findIndex(({ found }) => found !== undefined);
  if (firstAt < 0) return { since: null, over: null, unknown: "", command };
  const first = heard[firstAt]?.found;
  const lastFiring = heard.findLastIndex(({ found }) => found?.now === true);
  // Over: it was here, and in a later look it is not any more.
  const after = heard.slice(Math.max(firstAt, lastFiring + 1)).find(({ found }) => found?.now !== true);
  return { since: first?.since ?? null, over: after?.at ?? null, unknown: "", command };
}
