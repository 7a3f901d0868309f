import type { Finding, Report } from "../../src/reports/model.ts";

/** A finding with everything filled in; a test changes what it is about. */
export function finding(more: Partial<Finding> = {}): Finding {
  return {
    id: "replication.dragonfly-1",
    verdict: "ok",
    title: "Replica dragonfly-1 is in sync, lag 0 records",
    detail: "",
    evidence: [
      {
        command: "kubectl --context=infra -n dragonfly-system get pods",
        output: "dragonfly-1 1/1 Running",
        at: "2026-01-02T12:00:00.000Z",
      },
    ],
    next: [],
    section: "Replication",
    ...more,
  };
}

export function report(more: Partial<Report> = {}): Report {
  return {
    runbook: "status",
    params: {},
    runId: "0f9d2c1e-0000-4000-8000-000000000000",
    verdict: "ok",
    summary: "dragonfly (infra/dragonfly-system) is healthy: dragonfly-0 is primary, 2 replicas in sync",
    startedAt: "2026-01-02T12:00:00.000Z",
    durationMs: 312,
    findings: [finding()],
    tables: [],
    charts: [],
    ...more,
  };
}

export const mixedReport: Report = report({
  verdict: "fail",
  summary:
    "dragonfly (infra/dragonfly-system) is in trouble: Replica dragonfly-1 has lost its primary (and 2 more findings)",
  findings: [
    finding({ id: "replication.primary", title: "dragonfly-0 is the primary" }),
    finding({ verdict: "fail", title: "Replica dragonfly-1 has lost its primary", detail: "It serves stale data." }),
    finding({
      id: "pdb.data",
      verdict: "warn",
      title: "PodDisruptionBudget dragonfly does not keep 2 of 3 pods",
      section: "Network",
    }),
    finding({
      id: "service.apps",
      verdict: "unknown",
      title: "The Services in cluster apps could not be read",
      detail: "no answer within 5 s.",
      section: "Network",
    }),
  ],
  tables: [
    {
      title: "Servers",
      columns: [
        { title: "Pod", align: "left" },
        { title: "Lag", align: "right" },
      ],
      rows: [
        ["dragonfly-0", "–"],
        ["dragonfly-1", "12"],
      ],
    },
  ],
});

/** Text that tries to act on every surface. */
export const hostileText = [
  "<!channel> <@U123> <https://evil.example|click> *bold* _it_ ~no~ `code` & done",
  "| pipe | ]]> </testcase> ``` # heading",
  "\u001b[31mred\u001b[0m \u0007bell \u202eoverride\u2066 \u0000nul \ud800",
].join("\n");

export const hostileReport: Report = report({
  verdict: "fail",
  summary: hostileText,
  findings: [
    finding({
      id: "hostile",
      verdict: "fail",
      title: hostileText,
      detail: hostileText,
      section: hostileText,
      evidence: [{ command: hostileText, output: `came back: ${hostileText}`, at: "2026-01-02T12:00:00.000Z" }],
    }),
    finding({ id: "fine", title: hostileText, section: hostileText }),
  ],
  tables: [{ title: hostileText, columns: [{ title: hostileText, align: "left" }], rows: [[hostileText]] }],
});

export const hugeReport: Report = report({
  verdict: "fail",
  findings: Array.from({ length: 400 }, (_, i) =>
    finding({
      id: `f.${i}`,
      verdict: i % 2 === 0 ? "fail" : "ok",
      title: `Finding ${i} ${"long ".repeat(50)}`,
      detail: "& <detail> ".repeat(450),
      section: `Section ${i % 60}`,
    }),
  ),
  tables: [
    { title: "T", columns: [{ title: "a", align: "left" }], rows: Array.from({ length: 500 }, (_, i) => [`row ${i}`]) },
  ],
});
