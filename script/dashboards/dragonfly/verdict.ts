import { type Row, rising } from "../model.ts";
import { claims, instance, limits, nameOfInstance, perInstance, pods, verdict, wide } from "./scope.ts";

const window = `[${limits.snapshotMaxAgeHours}h]`;
const failed = `sum ${perInstance} (increase(dragonfly_failed_backups_total{${instance}}${window}))`;
const tried = `sum ${perInstance} (increase(dragonfly_backups_total{${instance}}${window}))`;

/** Is it well? One figure each, red where a person is needed. */
export const verdictRow: Row = {
  title: "Verdict",
  panels: [
    {
      kind: "value",
      title: "Primaries",
      description:
        "Pods that say they are the primary: exactly one is right, and no data means that nothing is scraped.",
      queries: [{ expr: `sum ${perInstance} (dragonfly_master{${instance}})`, legend: nameOfInstance }],
      steps: [
        { from: null, color: "red" },
        { from: 1, color: "green" },
        { from: 2, color: "red" },
      ],
      ...verdict,
    },
    {
      kind: "value",
      title: "Replicas online",
      description: "Replicas that the primary streams to, of the two that an instance of three pods should have.",
      queries: [
        {
          // A primary without replicas has no such series, which must read as 0 and not as "no data".
          expr: `count ${perInstance} (dragonfly_connected_replica_lag_records{${instance},replica_state=~"online|stable_sync"}) or on (namespace, app) 0 * sum ${perInstance} (dragonfly_master{${instance}})`,
          legend: nameOfInstance,
        },
      ],
      steps: [
        { from: null, color: "red" },
        { from: 1, color: "orange" },
        { from: 2, color: "green" },
      ],
      ...verdict,
    },
    {
      kind: "value",
      title: "Worst memory",
      description: "Used memory against maxmemory on the fullest pod; at 100 % writes are refused.",
      unit: "percentunit",
      decimals: 0,
      queries: [
        {
          expr: `max ${perInstance} (dragonfly_memory_used_bytes{${instance}} / dragonfly_memory_max_bytes{${instance}})`,
          legend: nameOfInstance,
        },
      ],
      steps: rising(limits.memoryWarn, limits.memoryFail),
      ...verdict,
    },
    {
      kind: "value",
      title: "Worst disk",
      description: "Used bytes against capacity on the fullest snapshot volume; a full one ends in a crash loop.",
      unit: "percentunit",
      decimals: 0,
      queries: [
        {
          expr: `max ${perInstance} (label_replace(kubelet_volume_stats_used_bytes{${claims}} / kubelet_volume_stats_capacity_bytes{${claims}}, "app", "$1", "persistentvolumeclaim", "df-(.+)-[0-9]+"))`,
          legend: nameOfInstance,
        },
      ],
      steps: rising(limits.diskWarn, limits.diskFail),
      ...verdict,
    },
    {
      kind: "value",
      title: "Last snapshot",
      description: `Outcome of the scheduled snapshots of the last ${limits.snapshotMaxAgeHours} hours; saves by hand and on shutdown move no metric, so ask the bot's status when in doubt.`,
      queries: [{ expr: `2 * (${failed} > bool 0) + (${tried} - ${failed} > bool 0.5)`, legend: nameOfInstance }],
      meanings: [
        { value: 0, text: `none in ${limits.snapshotMaxAgeHours} h`, color: "red" },
        { value: 1, text: "saved", color: "green" },
        { value: 2, text: "failed", color: "red" },
        { value: 3, text: "one of several failed", color: "orange" },
      ],
      ...verdict,
    },
    {
      kind: "value",
      title: "Commands per second",
      description: "Commands that clients sent to the main port of all pods.",
      unit: "ops",
      decimals: 0,
      queries: [
        {
          expr: `sum ${perInstance} (rate(dragonfly_commands_processed_total{${instance},listener="main"}[$__rate_interval]))`,
          legend: nameOfInstance,
        },
      ],
      steps: [{ from: null, color: "blue" }],
      ...verdict,
    },
  ],
};

export const rolesRow: Row = {
  title: "Roles",
  panels: [
    {
      kind: "states",
      title: "Role of each pod",
      description: "What each pod said it was: a failover is one line that ends where another begins.",
      queries: [{ expr: `max by (namespace, app, pod) (dragonfly_master{${pods}})`, legend: "{{pod}}" }],
      meanings: [
        { value: 0, text: "replica", color: "blue" },
        { value: 1, text: "primary", color: "green" },
      ],
      ...wide,
    },
  ],
};

export const alertsRow: Row = {
  title: "Alerts",
  panels: [
    {
      kind: "states",
      title: "Alerts",
      description: "Alerts whose name begins with Dragonfly, while they were pending or firing.",
      queries: [
        {
          // An alert on something that is absent has no namespace.
          expr: 'max by (alertname, namespace, app, pod) (2 * ALERTS{alertname=~"Dragonfly.+",alertstate="firing",namespace=~"$namespace|"}) or max by (alertname, namespace, app, pod) (ALERTS{alertname=~"Dragonfly.+",alertstate="pending",namespace=~"$namespace|"})',
          legend: "{{alertname}} {{pod}}",
        },
      ],
      meanings: [
        { value: 1, text: "pending", color: "orange" },
        { value: 2, text: "firing", color: "red" },
      ],
      ...wide,
    },
  ],
};
