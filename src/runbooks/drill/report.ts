import type { DrillConfig, InstanceConfig } from "../../config/file.ts";
import type { Evidence, Finding, ReportTable } from "../../reports/model.ts";
import { sparkline } from "../../reports/sparkline.ts";
import { targetOf } from "../changes/members.ts";
import type { Conclusion } from "../definition.ts";
import { finding } from "../instance/findings.ts";
import { plural } from "../instance/units.ts";
import { type Drilled, judge } from "./judge.ts";
import type { Measurement, StreamMeasure } from "./measure.ts";
import { durationMs, type Objective } from "./objectives.ts";
import { type StageName, stages, type WatchedAlert } from "./watch-alerts.ts";

export interface DrillSubject {
  readonly runId: string;
  readonly instance: InstanceConfig;
  /** Of the pod that was evicted. */
  readonly primary: string;
  /** The kube context that commands are shown with. */
  readonly context: string;
}

/** The drill as people read it: every objective a finding, with figures and times as tables. Pure. */
export function concludeDrill(subject: DrillSubject, drilled: Drilled, drill: DrillConfig): Conclusion {
  const objectives = judge(drilled, drill);
  const { measurement } = drilled.disruption;
  return {
    summary: summaryOf(subject, drilled, objectives),
    findings: [...objectives.map((one) => findingOf(one, subject, drilled)), ...strangers(drilled)],
    tables: [
      {
        title: "Objectives",
        columns: [left("Verdict"), left("Measured"), left("At most"), left("What")],
        rows: objectives.map(({ what, objective, measured, verdict }) => [
          words[verdict],
          measured,
          objective.replace(/^at most /, ""),
          what,
        ]),
      },
      timeline(subject, drilled),
      ...(measurement === null ? [] : [canaryTable(measurement), stripTable(measurement)]),
    ],
  };
}

const words = { ok: "held", warn: "warning", unknown: "unknown", fail: "missed" } as const;
const left = (title: string) => ({ title, align: "left" }) as const;
const right = (title: string) => ({ title, align: "right" }) as const;

function summaryOf({ primary, instance }: DrillSubject, drilled: Drilled, objectives: readonly Objective[]): string {
  const missed = objectives.filter(({ verdict }) => verdict === "fail").length;
  const unknown = objectives.filter(({ verdict }) => verdict === "unknown").length;
  const counts = [
    missed === 0 ? undefined : `${missed} of ${objectives.length} objectives missed`,
    unknown === 0 ? undefined : `${unknown} of ${objectives.length} not known`,
  ].filter((text) => text !== undefined);
  const verdict = counts.length === 0 ? `all ${objectives.length} objectives held` : counts.join(", ");
  const of = (id: string) => objectives.find((one) => one.id === id)?.measured ?? "";
  const { disruption, synced } = drilled;
  const next = disruption.elected?.pod ?? synced.primary;
  const seen =
    disruption.measurement === null
      ? `what clients saw is not known: ${disruption.whyNot}`
      : `writes were back after ${of("write-gap")}, reads after ${of("read-gap")}, ${of("lost-writes")} writes lost`;
  const who = next === null ? "no new primary was seen" : `${next} is the primary`;
  return `Failover of ${targetOf(instance)} drilled, ${verdict}: ${primary} was evicted, ${who}; ${seen}`;
}

function findingOf(
  { id, what, objective, measured, verdict, detail }: Objective,
  subject: DrillSubject,
  drilled: Drilled,
): Finding {
  const section = id.startsWith("alert.") ? "Alerts" : ["elected", "synced"].includes(id) ? "Instance" : "Clients";
  // The newest snapshot lies on the volume of the pod that is no primary any more.
  const save = { runbook: "snapshot", params: { instance: targetOf(subject.instance) }, label: "Save a snapshot" };
  return finding({
    id: `drill.${id}`,
    section,
    verdict,
    title: `${what}: ${measured}, held to ${objective}`,
    detail,
    evidence: evidenceOf(id, measured, subject, drilled),
    next: id === "synced" && verdict === "ok" ? [save] : [],
  });
}

function evidenceOf(id: string, measured: string, subject: DrillSubject, drilled: Drilled): readonly Evidence[] {
  const { runId, instance, context } = subject;
  const { synced, disruption, alerts } = drilled;
  const kubectl = `kubectl --context=${context} -n ${instance.namespace}`;
  const alert = alerts.expected.find((one) => id.startsWith(`alert.${one.alert}`));
  if (alert !== undefined) {
    return stages.map((stage) => {
      const { command, since, over, unknown } = alert.passages[stage];
      const said = since === null ? "never there" : `since ${since}, ${over === null ? "not over" : `over at ${over}`}`;
      return { command, output: unknown === "" ? said : unknown, at: synced.at };
    });
  }
  if (id === "elected") {
    const output = `${disruption.elected?.pod ?? synced.primary ?? "none"}, ${measured}`;
    return [{ command: `${kubectl} get pods -l app=${instance.name} -L role`, output, at: synced.at }];
  }
  if (id === "synced") {
    const command = `${kubectl} exec ${synced.primary ?? "<primary>"} -c dragonfly -- redis-cli -p 9999 INFO replication`;
    return [{ command, output: synced.missing === "" ? "every replica in sync" : synced.missing, at: synced.at }];
  }
  return [{ command: `dfbot runs ${runId} --json`, output: measured, at: disruption.at }];
}

/** What fired and should not have: a failover that goes well does not raise it. */
function strangers({ alerts, synced }: Drilled): readonly Finding[] {
  return alerts.others.map(({ alert, since, now }) =>
    finding({
      id: `drill.alert.${alert}.unexpected`,
      section: "Alerts",
      verdict: "warn",
      title: `${alert} fired, which a failover that goes well does not raise`,
      detail: `Since ${since}${now ? "" : ", and it was over before the drill was"}. docs/runbooks/${alert}.md says what it means.`,
      evidence: [
        { command: `PromQL: ALERTS{alertname=${JSON.stringify(alert)}}`, output: `since ${since}`, at: synced.at },
      ],
    }),
  );
}

function timeline({ primary }: DrillSubject, { disruption, synced, alerts, before }: Drilled): ReportTable {
  const { measurement, elected } = disruption;
  const begun = measurement === null ? before : disruption.at;
  const after = (iso: string) => Date.parse(iso) - Date.parse(begun);
  const events: (readonly [ms: number | null, what: string])[] = [
    ...(measurement === null
      ? ([
          [0, `had not begun at ${before}`],
          [after(disruption.at), `${primary} was found evicted`],
        ] as const)
      : streamEvents("write", measurement.writes)),
    ...(measurement === null ? [] : streamEvents("read", measurement.reads)),
    [elected?.afterMs ?? null, `${elected?.pod} is the primary`],
    [
      disruption.syncedAfterMs ?? after(synced.at),
      synced.missing === "" ? `all replicas follow ${synced.primary} in sync` : `still not in sync: ${synced.missing}`,
    ],
    ...alerts.expected.flatMap((alert) => alertEvents(alert, after)),
  ];
  const rows = events
    .flatMap(([ms, what]) => (ms === null ? [] : [[ms, what] as const]))
    .toSorted(([a], [b]) => a - b)
    .map(([ms, what]) => [ms < 0 ? `-${durationMs(-ms)}` : `+${durationMs(ms)}`, what]);
  const head = measurement === null ? [] : [["0", `${primary} is evicted`]];
  const [early, late] = [rows.filter(([at]) => at?.startsWith("-")), rows.filter(([at]) => !at?.startsWith("-"))];
  return {
    title: `What happened when, after ${begun}`,
    columns: [right("After"), left("What")],
    rows: [...early, ...head, ...late],
  };
}

function streamEvents(kind: "write" | "read", stream: StreamMeasure): readonly (readonly [number | null, string])[] {
  if (stream.firstErrorAt === null) return [];
  const [code = "an error"] = Object.keys(stream.failures);
  return [
    [stream.lastOkAt, `last ${kind} that succeeds`],
    [stream.firstErrorAt, `first ${kind} that fails (${code})`],
    [stream.backAt, `first ${kind} that succeeds again`],
  ];
}

const places: Readonly<Record<StageName, string>> = {
  rules: "rules",
  alertmanager: "Alertmanager",
  bot: "the bot",
};

function alertEvents({ alert, passages }: WatchedAlert, after: (iso: string) => number) {
  return stages.flatMap((stage): readonly (readonly [number | null, string])[] => {
    const { since, over } = passages[stage];
    const began = since === null ? [] : [[Math.max(0, after(since)), `${alert} fires: ${places[stage]}`] as const];
    const ended = over === null ? [] : [[after(over), `${alert} over: ${places[stage]}`] as const];
    return [...began, ...ended];
  });
}

/** Narrow, so that a dialog of Slack's shows it whole. */
function canaryTable({ writes, reads, acknowledged, lost, reconnects, everyMs, stalledMs }: Measurement): ReportTable {
  const row = (what: string, of: (stream: StreamMeasure) => string) => [what, of(writes), of(reads)];
  const failed = Object.keys({ ...writes.failures, ...reads.failures });
  return {
    title: `The canary, every ${everyMs} ms: ${lost ?? "unknown how many"} of ${acknowledged} acknowledged writes lost, ${plural(reconnects, "reconnection")}`,
    columns: [left(""), right("Writes"), right("Reads")],
    rows: [
      row("succeeded", ({ ok, tries }) => `${ok} of ${tries}`),
      ...failed.map((code) => row(`failed: ${code}`, ({ failures }) => String(failures[code] ?? 0))),
      row("first error to success", ({ errorToOkMs }) => (errorToOkMs === null ? "–" : durationMs(errorToOkMs))),
      row("longest pause", ({ longestPauseMs }) => durationMs(longestPauseMs)),
      row("p50 / p99 before", ({ latencyBefore }) => latency(latencyBefore)),
      row("p50 / p99 after", ({ latencyAfter }) => latency(latencyAfter)),
      // In both: it is the bot's own process.
      row("the bot itself stood still", () => `${durationMs(stalledMs)} at most`),
    ],
  };
}

function latency(value: StreamMeasure["latencyBefore"]): string {
  return value === null ? "–" : `${value.p50Ms} / ${value.p99Ms} ms`;
}

/** What a cell holds in a dialog of Slack's. */
const stripWidth = 40;

/** Bars of how many there were; a dot is a time without one. */
function stripTable({ strip }: Measurement): ReportTable {
  const bars = (counts: readonly number[]) =>
    sparkline(
      counts.map((count) => (count === 0 ? null : count)),
      stripWidth,
    ).replaceAll(" ", "·");
  const perBar = strip.bucketMs * Math.max(1, strip.writesOk.length / stripWidth);
  const from = strip.fromMs <= 0 ? `from ${durationMs(-strip.fromMs)} before the eviction` : "";
  return {
    title: `What succeeded and what failed, ${durationMs(perBar)} a bar, ${from}`,
    columns: [left(""), left(`${durationMs(strip.bucketMs * strip.writesOk.length)} in all`)],
    rows: [
      ["writes that succeeded", bars(strip.writesOk)],
      ["writes that failed", bars(strip.writesFailed)],
      ["reads that succeeded", bars(strip.readsOk)],
      ["reads that failed", bars(strip.readsFailed)],
    ],
  };
}
