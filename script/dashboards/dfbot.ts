import { type Dashboard, type Row, rising } from "./model.ts";

const bot = 'namespace=~"$namespace",pod=~"$pod"';
const container = `${bot},container="dfbot"`;
const verdict = { width: 6, height: 4 };
const half = { width: 12, height: 8 };
const third = { width: 8, height: 8 };

/** Slack shows an error to the person after this long. Source: https://docs.slack.dev/interactivity/handling-user-interaction */
const slackLimitSeconds = 3;

const quantile = (share: number, metric: string, by: string) =>
  `histogram_quantile(${share}, sum by (le, ${by}) (rate(${metric}_bucket{${bot}}[$__rate_interval])))`;

const verdictRow: Row = {
  title: "Verdict",
  panels: [
    {
      kind: "value",
      title: "Replicas of the bot",
      description: "Bot processes whose metrics arrive, of the two that are deployed.",
      queries: [{ expr: `count(dfbot_process_start_time_seconds{${bot}})`, legend: "replicas" }],
      steps: [
        { from: null, color: "red" },
        { from: 1, color: "orange" },
        { from: 2, color: "green" },
      ],
      ...verdict,
    },
    {
      kind: "value",
      title: "Dependencies not ok",
      description: "Things the bot needs that some replica did not find ok at its last look.",
      queries: [
        { expr: `count(min by (dependency) (dfbot_dependency_up{${bot}}) == 0) or vector(0)`, legend: "dependencies" },
      ],
      steps: [
        { from: null, color: "green" },
        { from: 1, color: "red" },
      ],
      ...verdict,
    },
    {
      kind: "value",
      title: "Slowest acknowledgement",
      description:
        "The 99th percentile of the time to acknowledge Slack in the last hour, against its limit of 3 seconds.",
      unit: "s",
      queries: [
        {
          expr: `histogram_quantile(0.99, sum by (le) (rate(dfbot_slack_ack_seconds_bucket{${bot}}[1h])))`,
          legend: "p99",
        },
      ],
      steps: rising(slackLimitSeconds / 3, slackLimitSeconds),
      ...verdict,
    },
    {
      kind: "value",
      title: "Runs in the last hour",
      description: "Finished runs of all runbooks, whatever their verdict.",
      decimals: 0,
      queries: [{ expr: `sum(increase(dfbot_runs_total{${bot}}[1h]))`, legend: "runs" }],
      steps: [{ from: null, color: "blue" }],
      ...verdict,
    },
  ],
};

const dependenciesRow: Row = {
  title: "Dependencies",
  panels: [
    {
      kind: "states",
      title: "State of each dependency",
      description: "What each replica last saw; not ok is degraded, down or unknown, and /readyz says which and why.",
      queries: [
        {
          expr: `min by (namespace, pod, dependency) (dfbot_dependency_up{${bot}})`,
          legend: "{{dependency}} from {{pod}}",
        },
      ],
      meanings: [
        { value: 0, text: "not ok", color: "red" },
        { value: 1, text: "ok", color: "green" },
      ],
      width: 24,
      height: 10,
    },
  ],
};

const runsRow: Row = {
  title: "Runs",
  panels: [
    {
      kind: "bars",
      title: "Runs by runbook and verdict",
      description: "Finished runs; the verdict is about the platform, fail means that the bot found something broken.",
      unit: "short",
      min: 0,
      queries: [
        {
          expr: `sum by (runbook, verdict) (increase(dfbot_runs_total{${bot}}[$__rate_interval]))`,
          legend: "{{runbook}}: {{verdict}}",
        },
      ],
      ...half,
    },
    {
      kind: "lines",
      title: "Duration of runs",
      description: "Median and 95th percentile of the time from the start of a run to its report.",
      unit: "s",
      min: 0,
      queries: [
        { expr: quantile(0.5, "dfbot_run_seconds", "runbook"), legend: "{{runbook}} p50" },
        { expr: quantile(0.95, "dfbot_run_seconds", "runbook"), legend: "{{runbook}} p95" },
      ],
      ...half,
    },
  ],
};

const slackRow: Row = {
  title: "Slack",
  panels: [
    {
      kind: "lines",
      title: "Time to acknowledge",
      description: "Quantiles by what came in, against the 3 seconds after which Slack tells the person it failed.",
      unit: "s",
      min: 0,
      queries: [
        { expr: quantile(0.5, "dfbot_slack_ack_seconds", "what"), legend: "{{what}} p50" },
        { expr: quantile(0.95, "dfbot_slack_ack_seconds", "what"), legend: "{{what}} p95" },
        { expr: quantile(0.99, "dfbot_slack_ack_seconds", "what"), legend: "{{what}} p99" },
      ],
      steps: rising(slackLimitSeconds / 3, slackLimitSeconds),
      ...third,
    },
    {
      kind: "bars",
      title: "Acknowledged too late",
      description: "Commands and clicks that took longer than 3 seconds: each is an error that somebody saw.",
      unit: "short",
      min: 0,
      queries: [
        {
          expr: `sum by (what) (increase(dfbot_slack_ack_seconds_count{${bot}}[$__rate_interval]) - on (namespace, pod, what) increase(dfbot_slack_ack_seconds_bucket{${bot},le="${slackLimitSeconds}"}[$__rate_interval]))`,
          legend: "{{what}}",
        },
      ],
      steps: [
        { from: null, color: "green" },
        { from: 1, color: "red" },
      ],
      ...third,
    },
    {
      kind: "lines",
      title: "Commands and clicks",
      description: "What people asked of the bot, a minute.",
      unit: "opm",
      min: 0,
      queries: [
        {
          expr: `60 * sum by (what) (rate(dfbot_slack_ack_seconds_count{${bot}}[$__rate_interval]))`,
          legend: "{{what}}",
        },
      ],
      ...third,
    },
  ],
};

const processRow: Row = {
  title: "Process",
  panels: [
    {
      kind: "lines",
      title: "Memory",
      description: "Resident memory and the JavaScript heap in use, against the container's limit.",
      unit: "bytes",
      min: 0,
      queries: [
        { expr: `dfbot_process_resident_memory_bytes{${bot}}`, legend: "{{pod}} resident" },
        { expr: `dfbot_nodejs_heap_size_used_bytes{${bot}}`, legend: "{{pod}} heap" },
        {
          expr: `max by (namespace) (kube_pod_container_resource_limits{${container},resource="memory"})`,
          legend: "limit",
        },
      ],
      ...third,
    },
    {
      kind: "lines",
      title: "Event loop lag",
      description: "How late timers fire at the 99th percentile: from a second on, acknowledgements are in danger.",
      unit: "s",
      min: 0,
      queries: [
        { expr: `dfbot_nodejs_eventloop_lag_p99_seconds{${bot}}`, legend: "{{pod}} p99" },
        { expr: `dfbot_nodejs_eventloop_lag_seconds{${bot}}`, legend: "{{pod}} now" },
      ],
      steps: rising(slackLimitSeconds / 3, slackLimitSeconds),
      ...third,
    },
    {
      kind: "lines",
      title: "CPU",
      description: "Cores in use; one is all that the event loop can take.",
      unit: "short",
      min: 0,
      queries: [{ expr: `rate(dfbot_process_cpu_seconds_total{${bot}}[$__rate_interval])`, legend: "{{pod}}" }],
      ...third,
    },
    {
      kind: "bars",
      title: "Restarts",
      description: "Starts of the process after the first one seen, in the same pod or a new one of its name.",
      unit: "short",
      min: 0,
      queries: [
        {
          expr: `sum by (namespace, pod) (changes(dfbot_process_start_time_seconds{${bot}}[$__rate_interval]))`,
          legend: "{{pod}}",
        },
      ],
      ...third,
    },
    {
      kind: "lines",
      title: "Open files",
      description: "Open file descriptors, sockets included; one that only grows is a leak.",
      unit: "short",
      min: 0,
      queries: [{ expr: `dfbot_process_open_fds{${bot}}`, legend: "{{pod}}" }],
      ...third,
    },
    {
      kind: "stack",
      title: "Node version",
      description: "Replicas by the Node version they run; two at once is a rollout under way.",
      unit: "short",
      min: 0,
      decimals: 0,
      queries: [{ expr: `count by (version) (dfbot_nodejs_version_info{${bot}})`, legend: "{{version}}" }],
      ...third,
    },
  ],
};

/** The bot itself: does it have what it needs, does it answer in time, is its process well. */
export const dfbotDashboard: Dashboard = {
  uid: "dfbot",
  title: "Dragonfly / Runbook bot",
  description: "The runbook bot: its dependencies, runs, Slack acknowledgements and process.",
  tags: ["dragonfly"],
  variables: [
    {
      name: "namespace",
      label: "Namespace",
      description: "Where the bot runs.",
      values: "label_values(dfbot_process_start_time_seconds, namespace)",
    },
    {
      name: "pod",
      label: "Pod",
      description: "Narrows every panel to these replicas of the bot.",
      values: 'label_values(dfbot_process_start_time_seconds{namespace=~"$namespace"}, pod)',
    },
  ],
  marks: [],
  rows: [verdictRow, dependenciesRow, runsRow, slackRow, processRow],
};
