import { type Row, rising } from "../model.ts";
import { containers, half, instance, limits, perInstance, perPod, pods, third } from "./scope.ts";

export const replicationRow: Row = {
  title: "Replication",
  panels: [
    {
      kind: "lines",
      title: "Lag by replica",
      description: "Journal records each replica is behind, as the primary counts them (records, not seconds).",
      unit: "short",
      min: 0,
      queries: [
        {
          expr: `max by (namespace, app, replica_ip, replica_state) (dragonfly_connected_replica_lag_records{${instance}})`,
          legend: "{{replica_ip}} {{replica_state}}",
        },
      ],
      steps: rising(limits.lagWarnRecords),
      ...half,
    },
    {
      kind: "lines",
      title: "Silence on the link",
      description: "Seconds since a replica last heard from its primary.",
      unit: "s",
      min: 0,
      queries: [{ expr: `max ${perPod} (dragonfly_master_last_io_seconds_ago{${pods}})`, legend: "{{pod}}" }],
      steps: rising(limits.linkStaleSeconds),
      ...half,
    },
    {
      kind: "states",
      title: "Link to the primary",
      description:
        "Whether a replica is connected; it counts as up during a full sync too, so read it with the next panel.",
      queries: [{ expr: `min ${perPod} (dragonfly_master_link_status{${pods}})`, legend: "{{pod}}" }],
      meanings: [
        { value: 0, text: "down", color: "red" },
        { value: 1, text: "up", color: "green" },
      ],
      ...third,
    },
    {
      kind: "states",
      title: "Full sync",
      description: "While a replica copies everything anew it has no usable data; more than half an hour is stuck.",
      queries: [{ expr: `max ${perPod} (dragonfly_master_sync_in_progress{${pods}})`, legend: "{{pod}}" }],
      meanings: [
        { value: 0, text: "in sync", color: "green" },
        { value: 1, text: "full sync", color: "orange" },
      ],
      ...third,
    },
    {
      kind: "bars",
      title: "Reconnects of replicas",
      description: "Times a replica lost its link and connected again; a steady trickle points at the network.",
      unit: "short",
      min: 0,
      queries: [
        {
          expr: `sum ${perPod} (increase(dragonfly_replica_reconnect_count{${pods}}[$__rate_interval]))`,
          legend: "{{pod}}",
        },
      ],
      ...third,
    },
  ],
};

export const memoryRow: Row = {
  title: "Memory",
  panels: [
    {
      kind: "lines",
      title: "Used against maxmemory",
      description: "Share of maxmemory in use on each pod; from 100 % on, writes are refused with Out of memory.",
      unit: "percentunit",
      min: 0,
      queries: [
        {
          expr: `max ${perPod} (dragonfly_memory_used_bytes{${pods}} / dragonfly_memory_max_bytes{${pods}})`,
          legend: "{{pod}}",
        },
      ],
      steps: rising(limits.memoryWarn, limits.memoryFail),
      ...third,
    },
    {
      kind: "lines",
      title: "Used, resident and maximum",
      description: "Bytes the data takes, bytes the process takes, and maxmemory, on each pod.",
      unit: "bytes",
      min: 0,
      queries: [
        { expr: `max ${perPod} (dragonfly_memory_used_bytes{${pods}})`, legend: "{{pod}} used" },
        { expr: `max ${perPod} (dragonfly_used_memory_rss_bytes{${pods}})`, legend: "{{pod}} resident" },
        { expr: `max ${perInstance} (dragonfly_memory_max_bytes{${pods}})`, legend: "maxmemory" },
      ],
      ...third,
    },
    {
      kind: "lines",
      title: "Resident against the container's limit",
      description: "Share of the container's memory limit that the process takes; at 100 % the kernel kills it.",
      unit: "percentunit",
      min: 0,
      queries: [
        {
          expr: `dragonfly_used_memory_rss_bytes{${pods}} / on (namespace, pod) group_left () max by (namespace, pod) (kube_pod_container_resource_limits{${containers},resource="memory"})`,
          legend: "{{pod}}",
        },
      ],
      // Like memoryFail: what is above is left to the kernel.
      steps: rising(limits.memoryWarn, limits.memoryFail),
      ...third,
    },
    {
      kind: "stack",
      title: "Memory by class",
      description: "What the memory of the chosen pods is for: choose one pod to read the figures as that pod's.",
      unit: "bytes",
      min: 0,
      queries: [{ expr: `sum by (class) (dragonfly_memory_by_class_bytes{${pods}}) > 0`, legend: "{{class}}" }],
      ...half,
    },
    {
      kind: "stack",
      title: "Data by type",
      description: "Memory of the values on the chosen pods by their type; lists, zsets and hashes are mostly queues.",
      unit: "bytes",
      min: 0,
      queries: [{ expr: `sum by (type) (dragonfly_type_used_memory{${pods}})`, legend: "{{type}}" }],
      ...half,
    },
  ],
};

export const keysRow: Row = {
  title: "Keys",
  panels: [
    {
      kind: "lines",
      title: "Keys",
      description: "Keys in each database of each pod; the replicas should show what the primary shows.",
      unit: "short",
      min: 0,
      queries: [
        { expr: `max by (namespace, app, pod, db) (dragonfly_db_keys{${pods}})`, legend: "{{pod}} {{db}}" },
        {
          expr: `max by (namespace, app, pod, db) (dragonfly_db_keys_expiring{${pods}})`,
          legend: "{{pod}} {{db}} with an expiry",
        },
      ],
      ...third,
    },
    {
      kind: "lines",
      title: "Expired keys",
      description: "Keys a second that went because their time was up, which is normal.",
      unit: "ops",
      min: 0,
      queries: [
        {
          expr: `sum ${perPod} (rate(dragonfly_expired_keys_total{${pods}}[$__rate_interval]))`,
          legend: "{{pod}}",
        },
      ],
      ...third,
    },
    {
      kind: "bars",
      title: "Evicted keys",
      description: "Keys removed to make room: with a queue on the instance there must never be one.",
      unit: "short",
      min: 0,
      queries: [
        {
          expr: `sum ${perPod} (increase(dragonfly_evicted_keys_total{${pods}}[$__rate_interval]))`,
          legend: "{{pod}}",
        },
      ],
      steps: [
        { from: null, color: "green" },
        { from: 1, color: "red" },
      ],
      ...third,
    },
    {
      kind: "bars",
      title: "Refused for lack of memory",
      description: "Operations refused with Out of memory, by kind; the series is not there before the first one.",
      unit: "short",
      min: 0,
      queries: [
        {
          expr: `sum by (namespace, app, pod, type) (increase(dragonfly_oom_errors_total{${pods}}[$__rate_interval]))`,
          legend: "{{pod}} {{type}}",
        },
      ],
      steps: [
        { from: null, color: "green" },
        { from: 1, color: "red" },
      ],
      ...half,
    },
    {
      kind: "lines",
      title: "Hit ratio",
      description: "Share of reads that found their key; it tells of caches only, queues miss by nature.",
      unit: "percentunit",
      min: 0,
      max: 1,
      queries: [
        {
          // Each of the two exists once as a total and once more by database.
          expr: `sum ${perInstance} (rate(dragonfly_keyspace_hits_total{${pods},db=""}[$__rate_interval])) / sum ${perInstance} (rate(dragonfly_keyspace_hits_total{${pods},db=""}[$__rate_interval]) + rate(dragonfly_keyspace_misses_total{${pods},db=""}[$__rate_interval]))`,
          legend: "{{namespace}}/{{app}}",
        },
      ],
      ...half,
    },
  ],
};
