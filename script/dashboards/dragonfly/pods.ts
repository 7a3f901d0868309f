import { type Row, rising } from "../model.ts";
import { claims, containers, instance, limits, nameOfInstance, perInstance, perPod, pods, third } from "./scope.ts";

export const snapshotsRow: Row = {
  title: "Snapshots and disk",
  panels: [
    {
      kind: "bars",
      title: "Snapshots",
      description: "Scheduled snapshots and those of them that failed; saves by hand are not counted by the server.",
      unit: "short",
      min: 0,
      queries: [
        {
          expr: `sum ${perInstance} (increase(dragonfly_backups_total{${instance}}[$__rate_interval]))`,
          legend: `${nameOfInstance} tried`,
        },
        {
          expr: `sum ${perInstance} (increase(dragonfly_failed_backups_total{${instance}}[$__rate_interval]))`,
          legend: `${nameOfInstance} failed`,
        },
      ],
      ...third,
    },
    {
      kind: "lines",
      title: "Restores",
      description: "Snapshots loaded since each pod's start, and those that failed, after which the server exits.",
      unit: "short",
      min: 0,
      queries: [
        { expr: `max ${perPod} (dragonfly_restores_total{${pods}})`, legend: "{{pod}}" },
        { expr: `max ${perPod} (dragonfly_failed_restores_total{${pods}})`, legend: "{{pod}} failed" },
      ],
      ...third,
    },
    {
      kind: "lines",
      title: "Snapshot volumes",
      description: "Used share of each snapshot volume; it must hold the old snapshot and the one being written.",
      unit: "percentunit",
      min: 0,
      max: 1,
      queries: [
        {
          expr: `kubelet_volume_stats_used_bytes{${claims}} / kubelet_volume_stats_capacity_bytes{${claims}}`,
          legend: "{{persistentvolumeclaim}}",
        },
      ],
      steps: rising(limits.diskWarn, limits.diskFail),
      ...third,
    },
  ],
};

export const podsRow: Row = {
  title: "Pods",
  panels: [
    {
      kind: "states",
      title: "Scraped",
      description: "Whether the admin port answered the scraper, the plainest sign that the process is there.",
      queries: [{ expr: `min ${perPod} (up{${pods}})`, legend: "{{pod}}" }],
      meanings: [
        { value: 0, text: "no answer", color: "red" },
        { value: 1, text: "answers", color: "green" },
      ],
      ...third,
    },
    {
      kind: "states",
      title: "Ready",
      description: "Whether Kubernetes counts the pod as ready, which a syncing or loading one is not.",
      queries: [
        {
          // kube-state-metrics does not know `app`: only pods that Dragonfly's own metrics know.
          expr: `max by (namespace, pod) (kube_pod_status_ready{namespace=~"$namespace",pod=~"$pod",condition="true"}) and on (namespace, pod) dragonfly_uptime_in_seconds{${pods}}`,
          legend: "{{pod}}",
        },
      ],
      meanings: [
        { value: 0, text: "not ready", color: "red" },
        { value: 1, text: "ready", color: "green" },
      ],
      ...third,
    },
    {
      kind: "bars",
      title: "Restarts",
      description: "Times the kubelet started the container again in the same pod.",
      unit: "short",
      min: 0,
      queries: [
        {
          expr: `sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total{${containers}}[$__rate_interval]))`,
          legend: "{{pod}}",
        },
      ],
      ...third,
    },
    {
      kind: "lines",
      title: "Uptime",
      description: "Seconds since the server process started; a saw tooth is a crash loop.",
      unit: "s",
      min: 0,
      queries: [{ expr: `max ${perPod} (dragonfly_uptime_in_seconds{${pods}})`, legend: "{{pod}}" }],
      ...third,
    },
    {
      kind: "lines",
      title: "CPU",
      description: "Cores in use; close to the number of threads (--proactor_threads), latency grows for every tenant.",
      unit: "short",
      min: 0,
      queries: [
        {
          expr: `sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{${containers}}[$__rate_interval]))`,
          legend: "{{pod}}",
        },
      ],
      ...third,
    },
    {
      kind: "stack",
      title: "Versions",
      description: "Pods by the version they run; two at once outside a rollout is a rollout that stopped.",
      unit: "short",
      min: 0,
      decimals: 0,
      queries: [{ expr: `count by (namespace, app, version) (dragonfly_version{${pods}})`, legend: "{{version}}" }],
      ...third,
    },
  ],
};
