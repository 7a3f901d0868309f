import { type Row, rising } from "../model.ts";
import { half, limits, perPod, pods, third } from "./scope.ts";

const byCommand = (metric: string) => `sum by (cmd) (rate(${metric}{${pods}}[$__rate_interval]))`;
const busiest = `topk(10, ${byCommand("dragonfly_commands_total")})`;

export const commandsRow: Row = {
  title: "Commands",
  panels: [
    {
      kind: "lines",
      title: "Commands by pod",
      description: "Commands a second on the main port; all of it should be on the primary.",
      unit: "ops",
      min: 0,
      queries: [
        {
          expr: `sum ${perPod} (rate(dragonfly_commands_processed_total{${pods},listener="main"}[$__rate_interval]))`,
          legend: "{{pod}}",
        },
      ],
      ...half,
    },
    {
      kind: "stack",
      title: "The ten busiest commands",
      description: "Commands a second by name: a new colour is a new habit of some tenant.",
      unit: "ops",
      min: 0,
      queries: [{ expr: busiest, legend: "{{cmd}}" }],
      ...half,
    },
    {
      kind: "lines",
      title: "Mean latency of the busiest commands",
      description: "Time spent in a command by its calls; commands that block count their waiting as well.",
      unit: "s",
      min: 0,
      queries: [
        {
          expr: `${byCommand("dragonfly_commands_duration_seconds")} / (${busiest} > 0)`,
          legend: "{{cmd}}",
        },
      ],
      steps: rising(limits.slowCommandMs / 1_000),
      ...half,
    },
    {
      kind: "lines",
      title: "Pipeline latency",
      description: "Time a pipelined command takes, waiting included, at the quantiles that the server reports.",
      unit: "s",
      min: 0,
      queries: [
        {
          expr: `max by (namespace, app, pod, quantile) (dragonfly_pipeline_latency_seconds{${pods}})`,
          legend: "{{pod}} {{quantile}}",
        },
      ],
      steps: rising(limits.slowCommandMs / 1_000),
      ...half,
    },
    {
      kind: "lines",
      title: "Commands waiting",
      description: "Pipelined commands and transactions in line; a line that grows is a server that cannot keep up.",
      unit: "short",
      min: 0,
      queries: [
        { expr: `max ${perPod} (dragonfly_pipeline_queue_length{${pods}})`, legend: "{{pod}} pipeline" },
        { expr: `max ${perPod} (dragonfly_tx_queue_len{${pods}})`, legend: "{{pod}} transactions" },
      ],
      ...half,
    },
    {
      kind: "bars",
      title: "Failed scripts",
      description: "Lua scripts that ended in an error, such as one that touched an undeclared key.",
      unit: "short",
      min: 0,
      queries: [
        {
          expr: `sum ${perPod} (increase(dragonfly_script_error_total{${pods}}[$__rate_interval]))`,
          legend: "{{pod}}",
        },
      ],
      ...half,
    },
  ],
};

export const clientsRow: Row = {
  title: "Clients and network",
  panels: [
    {
      kind: "lines",
      title: "Connected clients",
      description: "Connections on the main port, and how many of them wait in a blocking command.",
      unit: "short",
      min: 0,
      queries: [
        { expr: `sum ${perPod} (dragonfly_connected_clients{${pods},listener="main"})`, legend: "{{pod}}" },
        { expr: `sum ${perPod} (dragonfly_blocked_clients{${pods}})`, legend: "{{pod}} blocked" },
      ],
      ...third,
    },
    {
      kind: "lines",
      title: "Clients against the maximum",
      description: "Share of max_clients in use; at 100 % new clients are turned away, the admin port is not.",
      unit: "percentunit",
      min: 0,
      queries: [
        {
          expr: `sum without (listener) (dragonfly_connected_clients{${pods},listener="main"}) / dragonfly_max_clients{${pods}}`,
          legend: "{{pod}}",
        },
      ],
      steps: rising(limits.clientsWarn),
      ...third,
    },
    {
      kind: "lines",
      title: "New connections",
      description: "Connections a second, and those refused, by reason; many are a client without a pool.",
      unit: "cps",
      min: 0,
      queries: [
        {
          expr: `sum ${perPod} (rate(dragonfly_connections_received_total{${pods}}[$__rate_interval]))`,
          legend: "{{pod}}",
        },
        {
          expr: `sum by (namespace, app, pod, reason) (rate(dragonfly_listener_accept_error_total{${pods}}[$__rate_interval]))`,
          legend: "{{pod}} refused: {{reason}}",
        },
      ],
      ...third,
    },
    {
      kind: "lines",
      title: "Received",
      description: "Bytes a second that clients sent.",
      unit: "binBps",
      min: 0,
      queries: [
        {
          expr: `sum ${perPod} (rate(dragonfly_net_input_bytes_total{${pods}}[$__rate_interval]))`,
          legend: "{{pod}}",
        },
      ],
      ...half,
    },
    {
      kind: "lines",
      title: "Sent",
      description: "Bytes a second that the server sent; far above what it receives, somebody reads in bulk.",
      unit: "binBps",
      min: 0,
      queries: [
        {
          expr: `sum ${perPod} (rate(dragonfly_net_output_bytes_total{${pods}}[$__rate_interval]))`,
          legend: "{{pod}}",
        },
      ],
      ...half,
    },
  ],
};
