import { z } from "zod";
import { places } from "../../../../../sandbox/world/places.ts";
import { shippedAlerts } from "../../../../../src/runbooks/verify/shipped-alerts.ts";
import { edited, gone, type Mutation, of } from "../mutation.ts";

const rules = of(places.prometheusRules, "dragonfly");
const rulesSchema = z.looseObject({
  groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ alert: z.string() })) })),
});
export const alerts: readonly Mutation[] = [
  ...Object.entries(shippedAlerts).map(([group, [alert]]) =>
    edited(
      `the rule ${alert} is removed`,
      rules,
      (object) => {
        const spec = rulesSchema.parse(object["spec"]);
        object["spec"] = {
          groups: spec.groups.map((one) => ({ ...one, rules: one.rules.filter((rule) => rule.alert !== alert) })),
        };
      },
      `ac5.rules.${group}`,
    ),
  ),
  gone("all rules are gone", rules, ...Object.keys(shippedAlerts).map((group) => `ac5.rules.${group}`)),
  {
    name: "the heartbeat came in an hour ago",
    red: ["ac5.heartbeat"],
    make: (world) => {
      const place = places.configMaps;
      const beat = world.infra.objects
        .list(place, "dragonfly-bot")
        .find(({ metadata }) => /heartbeat/.test(metadata.name));
      const text = JSON.stringify(beat?.["data"]).replace(
        /\d{4}-\d\d-\d\dT[\d:.]+Z/g,
        new Date(Date.now() - 3_600_000).toISOString(),
      );
      world.infra.objects.patch(place, "dragonfly-bot", beat?.metadata.name ?? "", (object) => {
        object["data"] = JSON.parse(text);
      });
    },
  },
  {
    name: "no heartbeat ever came in",
    red: ["ac5.heartbeat"],
    make: (world) => {
      const { objects } = world.infra;
      const beats = objects
        .list(places.configMaps, "dragonfly-bot")
        .filter(({ metadata }) => /heartbeat/.test(metadata.name));
      for (const { metadata } of beats) objects.remove(places.configMaps, metadata.namespace, metadata.name);
    },
  },
  {
    // The last one that is tried: it does not come back. What else may become of a test alert: sandbox/alertmanager.test.ts.
    name: "Alertmanager is gone",
    red: ["ac5.webhook"],
    tried: true,
    make: (_, alertmanager) => alertmanager.stop(),
  },
];
