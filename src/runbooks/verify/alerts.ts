import type { Config } from "../../config/file.ts";
import type { Finding } from "../../reports/model.ts";
import { ageSeconds, duration } from "../instance/units.ts";
import { checkOf, criteria, listed } from "./check.ts";
import type { VerifyObservation } from "./observe.ts";
import { shippedAlerts } from "./shipped-alerts.ts";
import { verifyTestAlert } from "./test-alert.ts";

const criterion = criteria.alerts;

/** The rules are in the cluster, loaded and evaluated, and an alert comes through to the bot. */
export function verifyAlerts(
  seen: VerifyObservation,
  config: Config,
  isShared: boolean,
  now: Date,
): readonly Finding[] {
  const { alert, silentMinutes } = config.alerts.watchdog;
  const all = Object.values(shippedAlerts).flat();
  const firing = seen.watchdog.ok && seen.watchdog.value.length > 0;
  return [
    // A tenant's own instance has rules of its own, which its merge request was checked for.
    ...(isShared ? ruleChecks(seen) : []),
    checkOf(
      {
        id: "ac5.loaded",
        criterion,
        what: "Rules loaded",
        expected: `what evaluates rules has ${all.length} of them for the instance, each evaluated without an error`,
      },
      [seen.loadedRules, seen.watchdog],
      (loaded) => {
        if (loaded.length === 0) {
          return {
            // Who evaluates is not told; that somebody does, the alert that always fires shows.
            holds: firing ? true : undefined,
            found: `the metrics store does not say which; ${alert} ${firing ? "fires" : "does not fire"}`,
          };
        }
        const byName = new Map(loaded.map((rule) => [rule.alert, rule]));
        const missing = all.filter((name) => !byName.has(name));
        const broken = loaded.filter(({ alert: name, health }) => health === "err" && all.some((one) => one === name));
        return {
          holds: missing.length === 0 && broken.length === 0,
          found:
            missing.length > 0
              ? `not loaded: ${listed(missing)}`
              : broken.length > 0
                ? `failing: ${broken.map((rule) => `${rule.alert} (${rule.lastError})`).join(", ")}`
                : `${loaded.length} loaded`,
        };
      },
    ),
    checkOf(
      { id: "ac5.evaluated", criterion, what: `Alert ${alert}, which always fires`, expected: "fires now" },
      [seen.watchdog],
      (samples) => ({
        holds: samples.length > 0,
        found: samples.length > 0 ? "fires: rules are evaluated" : "does not fire: no rule is evaluated",
        output: `${samples.length} series${samples[0] === undefined ? "" : ` at ${samples[0].at}`}`,
      }),
    ),
    checkOf(
      {
        id: "ac5.heartbeat",
        criterion,
        what: `${alert} at the bot`,
        expected: `came in through Alertmanager within ${silentMinutes} min`,
      },
      [seen.heartbeats],
      (heartbeats) => {
        const ages = heartbeats.map(({ lastAt }) => ageSeconds(lastAt, now));
        const oldest = Math.max(...ages);
        return {
          holds: ages.length > 0 && oldest <= silentMinutes * 60,
          found: ages.length === 0 ? "never came in" : `last came in ${duration(Math.max(0, oldest))} ago`,
          output: heartbeats.map(({ lastAt }) => lastAt).join("\n") || "none",
        };
      },
    ),
    verifyTestAlert(seen, config),
  ];
}

function ruleChecks(seen: VerifyObservation): readonly Finding[] {
  return Object.entries(shippedAlerts).map(([group, names]) =>
    checkOf(
      { id: `ac5.rules.${group}`, criterion, what: `Alerts for ${group}`, expected: names.join(", ") },
      [seen.rules],
      (rules) => {
        const there = new Set(rules.flatMap(({ alerts }) => alerts));
        const missing = names.filter((name) => !there.has(name));
        return {
          holds: missing.length === 0,
          found: missing.length === 0 ? `all ${names.length}` : `missing: ${listed(missing)}`,
          output: names.filter((name) => there.has(name)).join("\n"),
        };
      },
    ),
  );
}
