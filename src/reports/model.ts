import { z } from "zod";

/** From best to worst in the order the contract gives: a thing that could not be checked is worse than a warning. */
export const verdicts = ["ok", "warn", "unknown", "fail"] as const;
export type Verdict = (typeof verdicts)[number];

/** What a person could run to see the same, what came back, and when (ISO 8601). */
export interface Evidence {
  readonly command: string;
  readonly output: string;
  readonly at: string;
}

/** A runbook that would help, ready to be run. */
export interface NextStep {
  readonly runbook: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly label: string;
}

export interface Finding {
  /** Stable, dotted, lower case: `operator.replicas`, `server.dragonfly-1.link`. */
  readonly id: string;
  readonly verdict: Verdict;
  /** One line that can stand alone: "Replica dragonfly-2 has lost its primary". */
  readonly title: string;
  /** What was expected, what was found, why it matters. May be empty. Plain text. */
  readonly detail: string;
  readonly evidence: readonly Evidence[];
  readonly next: readonly NextStep[];
  /** Heading under which surfaces fold this finding: "Operator", "Pods", "Servers". */
  readonly section: string;
}

/** A small table for people; programs read the findings. Cells are plain text; the first row is not a header. */
export interface ReportTable {
  readonly title: string;
  readonly columns: readonly { readonly title: string; readonly align: "left" | "right" }[];
  readonly rows: readonly (readonly string[])[];
}

/** What the numbers of a chart are, for its axis and its words. */
export const chartUnits = ["bytes", "share", "count", "seconds", "perSecond"] as const;
export type ChartUnit = (typeof chartUnits)[number];

/** Lines over time. `null` is a gap: nothing was measured there. */
export interface Chart {
  readonly title: string;
  readonly unit: ChartUnit;
  /** The edges of the time shown, ISO 8601. */
  readonly since: string;
  readonly until: string;
  readonly series: readonly {
    readonly name: string;
    /** Time in milliseconds since 1970, and what was measured then. */
    readonly points: readonly (readonly [number, number | null])[];
  }[];
  /** Where it becomes a problem. */
  readonly threshold?: { readonly value: number; readonly label: string } | undefined;
  /** What happened when, for example that the alert fired. */
  readonly marks: readonly { readonly at: string; readonly label: string }[];
}

/** The ends of the audit log's chains when the report was made: whoever keeps them can tell a log that was changed or cut later. */
export interface AuditSeal {
  /** Where they were read, for people. */
  readonly log: string;
  readonly heads: readonly {
    readonly writer: string;
    readonly entries: number;
    readonly at: string;
    readonly hash: string;
  }[];
  /** Why not all of them could be read. */
  readonly missing?: string | undefined;
}

export interface Report {
  readonly runbook: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly runId: string;
  readonly verdict: Verdict;
  /** One line, the verdict in words. */
  readonly summary: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly findings: readonly Finding[];
  readonly tables: readonly ReportTable[];
  readonly charts: readonly Chart[];
  /** Who asked and from where: `cli ada`, `slack U0ADA`, `schedule verify`. Not in reports of older bots. */
  readonly askedBy?: string | undefined;
  /** `dfbot 0.1.0`; as above. */
  readonly madeBy?: string | undefined;
  /** In reports that are evidence. */
  readonly auditSeal?: AuditSeal | undefined;
}

/** The worst verdict, `fail` > `unknown` > `warn` > `ok`; `ok` for none. */
export function worstVerdict(all: Iterable<Verdict>): Verdict {
  let worst = 0;
  for (const verdict of all) worst = Math.max(worst, verdicts.indexOf(verdict));
  return verdicts[worst] ?? "unknown";
}

/** Findings that are not `ok`, worst first, otherwise in the order they were made. */
export function attention(report: Pick<Report, "findings">): readonly Finding[] {
  return report.findings
    .filter((finding) => finding.verdict !== "ok")
    .toSorted((a, b) => verdicts.indexOf(b.verdict) - verdicts.indexOf(a.verdict));
}

const evidenceSchema = z.object({ command: z.string(), output: z.string(), at: z.string() });
/** What findings say would help: the worst one's first, each once, and those of a good one last. */
export function nextSteps({ findings }: Pick<Report, "findings">): readonly NextStep[] {
  const all = [...attention({ findings }), ...findings.filter(({ verdict }) => verdict === "ok")].flatMap(
    ({ next }) => next,
  );
  return all.filter((step, index) => all.findIndex((other) => other.label === step.label) === index);
}

export const findingSchema: z.ZodType<Finding> = z.object({
  id: z.string(),
  verdict: z.enum(verdicts),
  title: z.string(),
  detail: z.string(),
  evidence: z.array(evidenceSchema),
  next: z.array(z.object({ runbook: z.string(), params: z.record(z.string(), z.unknown()), label: z.string() })),
  section: z.string(),
});

export const tableSchema: z.ZodType<ReportTable> = z.object({
  title: z.string(),
  columns: z.array(z.object({ title: z.string(), align: z.enum(["left", "right"]) })),
  rows: z.array(z.array(z.string())),
});

/** What a run of a change concluded, as it is kept in its record; of one by an older bot, what can be read of it. */
export const conclusionSchema = z.object({
  summary: z.string(),
  findings: z.array(findingSchema).catch([]),
  tables: z.array(tableSchema).catch([]),
});

const chartSchema = z.object({
  title: z.string(),
  unit: z.enum(chartUnits),
  since: z.string(),
  until: z.string(),
  series: z.array(z.object({ name: z.string(), points: z.array(z.tuple([z.number(), z.number().nullable()])) })),
  threshold: z.object({ value: z.number(), label: z.string() }).optional(),
  marks: z.array(z.object({ at: z.string(), label: z.string() })),
});

/** The report as it travels in JSON: kept in the store for the buttons under an answer, and printed by `--json`. */
export const reportSchema: z.ZodType<Report> = z.object({
  runbook: z.string(),
  params: z.record(z.string(), z.unknown()),
  runId: z.string(),
  verdict: z.enum(verdicts),
  summary: z.string(),
  startedAt: z.string(),
  durationMs: z.number(),
  findings: z.array(findingSchema),
  tables: z.array(tableSchema),
  askedBy: z.string().optional(),
  madeBy: z.string().optional(),
  // Reports from before there were charts are still kept.
  charts: z.array(chartSchema).default([]),
  auditSeal: z
    .object({
      log: z.string(),
      heads: z.array(z.object({ writer: z.string(), entries: z.number(), at: z.string(), hash: z.string() })),
      missing: z.string().optional(),
    })
    .optional(),
});
