import type { Config } from "../../config/file.ts";
import type { Monitor } from "../../platform/kubernetes.ts";
import type { LoadedRule } from "../../platform/ports.ts";
import type { Finding } from "../../reports/model.ts";
import { ageSeconds, duration } from "../instance/units.ts";
import { checkOf, criteria, listed } from "./check.ts";
import * as lines from "./lines.ts";
import { shippedAlerts } from "./shipped-alerts.ts";
import { type ShownVerification, shown } from "./shown.ts";
import { verifyTestAlert } from "./test-alert.ts";

const criterion = criteria.alerts;
/** Groups are evaluated every minute or so; one that has stopped is noticed here and by nobody else. */
const mostSeconds = 600;

/** The rules are in the cluster, loaded and evaluated, and an alert comes through to the bot. */
export function verifyAlerts(
  seen: ShownVerification,
  config: Config,
  isShared: boolean,
  now: Date,
): readonly Finding[] {
  const { alert, silentMinutes } = config.alerts.watchdog;
  const all = Object.values(shippedAlerts).flat();
  const firing = seen.watchdog.ok && seen.watchdog.value.length > 0;
  const isOurs = ({ alert: name }: LoadedRule) => all.some((one) => one === name);
  const loadedRules = shown(seen.loadedRules, (rules) =>
    rules.length === 0 ? "no rules" : lines.each(lines.loadedRule)(rules.filter(isOurs)),
  );
  const heartbeats = shown(seen.heartbeats, (beats) => beats.map(({ lastAt }) => lastAt).join("\n") || "none");
  return [
    // A tenant's own instance has rules of its own, which its merge request was checked for.
    ...(isShared ? ruleChecks(seen) : []),
    checkOf(
      {
        id: "ac5.loaded",
        criterion,
        what: "Rules loaded",
        expected: `what evaluates rules has the ${all.length} of the instance, each evaluated within ${mostSeconds / 60} min and without an error`,
      },
      [loadedRules, seen.watchdog],
      (loaded) => {
        if (loaded.length === 0) {
          return {
            // Who evaluates is not told; that somebody does, the alert that always fires shows.
            holds: firing ? true : undefined,
            found: `the metrics store does not say which; ${alert} ${firing ? "fires" : "does not fire"}`,
          };
        }
        const missing = all.filter((name) => loaded.every((rule) => rule.alert !== name));
        const ours = loaded.filter(isOurs);
        const never = ours.filter(({ lastEvaluationAt }) => lastEvaluationAt === undefined);
        const old = ours.filter(({ lastEvaluationAt: at }) => at !== undefined && ageSeconds(at, now) > mostSeconds);
        const broken = ours.filter(({ health }) => health === "err");
        const names = (rules: readonly LoadedRule[]) => listed(rules.map((rule) => rule.alert));
        const wrong = [
          ...(missing.length > 0 ? [`not loaded: ${listed(missing)}`] : []),
          ...(broken.length > 0
            ? [`failing: ${broken.map((rule) => `${rule.alert} (${rule.lastError})`).join(", ")}`]
            : []),
          ...(old.length > 0 ? [`not evaluated any more: ${names(old)}`] : []),
        ];
        const unsure = never.length > 0 ? [`not evaluated yet: ${names(never)}`] : [];
        return {
          holds: wrong.length > 0 ? false : unsure.length > 0 ? undefined : true,
          found: [...wrong, ...unsure].join("; ") || `${all.length} of ${all.length}, evaluated`,
        };
      },
    ),
    checkOf(
      { id: "ac5.evaluated", criterion, what: `Alert ${alert}, which always fires`, expected: "fires now" },
      [seen.watchdog],
      (samples) => ({
        holds: samples.length > 0,
        found: samples.length > 0 ? "fires: rules are evaluated" : "does not fire: no rule is evaluated",
      }),
    ),
    checkOf(
      {
        id: "ac5.heartbeat",
        criterion,
        what: `${alert} at the bot`,
        expected: `came in through Alertmanager within ${silentMinutes} min`,
      },
      [heartbeats],
      (beats) => {
        const ages = beats.map(({ lastAt }) => ageSeconds(lastAt, now));
        const oldest = Math.max(...ages);
        return {
          holds: ages.length > 0 && oldest <= silentMinutes * 60,
          found: ages.length === 0 ? "never came in" : `last came in ${duration(Math.max(0, oldest))} ago`,
        };
      },
    ),
    verifyTestAlert(seen, config),
  ];
}

function ruleChecks(seen: ShownVerification): readonly Finding[] {
  return Object.entries(shippedAlerts).map(([group, names]) =>
    checkOf(
      { id: `ac5.rules.${group}`, criterion, what: `Alerts for ${group}`, expected: names.join(", ") },
      [shown(seen.rules, (rules) => lines.each(lines.monitor)(rules.map(only(names))), { asYaml: true })],
      (rules) => {
        const there = new Set(rules.flatMap(({ alerts }) => alerts));
        const missing = names.filter((name) => !there.has(name));
        return {
          holds: missing.length === 0,
          found: missing.length === 0 ? `all ${names.length}` : `missing: ${listed(missing)}`,
        };
      },
    ),
  );
}

/** A PrometheusRule with these of its alerts. */
function only(names: readonly string[]): (rule: Monitor) => Monitor {
  return (rule) => ({ ...rule, alerts: rule.alerts.filter((alert) => names.includes(alert)) });
}
