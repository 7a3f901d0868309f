import { describe, expect, it } from "vitest";
import { runCli } from "../../../src/cli/cli.ts";
import type { CliDeps } from "../../../src/cli/deps.ts";
import { reportSchema } from "../../../src/reports/model.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import type { RunRequest } from "../../../src/runbooks/definition.ts";
import { finding, report } from "../../fakes/report.ts";
import { diff, previews, tenantChanges } from "../../fakes/tenant-runbooks.ts";

const at = "2026-01-02T12:00:00.000Z";
const plan = report({
  runbook: "plan-tenant-propose",
  findings: [
    finding({
      title: "What will be different",
      detail: "a Dragonfly of three pods\na Secret",
      evidence: [{ command: "git diff", output: diff, at }],
    }),
  ],
  tables: [{ title: "Sums", columns: [{ title: "what", align: "left" }], rows: [["memory"]] }],
});

async function dfbot(argv: readonly string[], more: Partial<CliDeps> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const requests: RunRequest[] = [];
  const code = await runCli(argv, {
    runs: async () => [],
    changes: ["snapshot", ...tenantChanges.map(({ id }) => id)],
    verifyAudit: () => ({ entries: 0, heads: {}, problems: [] }),
    runbooks: [...catalog, ...previews],
    run: async (request) => {
      requests.push(request);
      return plan;
    },
    serve: async () => 0,
    checkConfig: () => ({ ok: true, lines: [] }),
    user: "ada",
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    isTerminal: false,
    signal: new AbortController().signal,
    ...more,
  });
  return { code, stdout: out.join(""), stderr: err.join(""), requests };
}

const wanted = ["--namespace", "payments-prod", "--owner", "Team P", "--purpose", "sessions", "--memory", "2Gi"];

describe("a change at the terminal", () => {
  it.each([["tenant", "propose"], ["tenant-propose"]])(
    "with --dry-run prints its plan with the whole diff: %s %s",
    async (...words) => {
      const { code, stdout, requests } = await dfbot([
        ...words.filter((word) => word !== undefined),
        "payments",
        ...wanted,
        "--clusters",
        "infra,apps",
        "--dry-run",
      ]);
      expect(requests).toMatchObject([
        {
          runbook: "plan-tenant-propose",
          params: { name: "payments", owner: "Team P", clusters: ["infra", "apps"], replicas: 3 },
        },
      ]);
      expect(stdout).toContain("What will be different\n  a Dragonfly of three pods\n  a Secret\n");
      expect(stdout).toContain(diff);
      expect(stdout).not.toContain("\u001b");
      expect(code).toBe(0);
    },
  );

  it.each([
    ["ok", 0],
    ["warn", 0],
    ["fail", 1],
    ["unknown", 3],
  ] as const)("whose plan is %s exits with %i", async (verdict, code) => {
    const run = async () => ({ ...plan, verdict });
    expect((await dfbot(["revert", "12", "--dry-run"], { run })).code).toBe(code);
  });

  it("prints one JSON document, or Markdown, with the diff in it", async () => {
    const { stdout } = await dfbot(["revert", "12", "--dry-run", "--json"]);
    expect(reportSchema.parse(JSON.parse(stdout)).findings[0]?.evidence[0]?.output).toBe(diff);
    expect((await dfbot(["revert", "12", "--dry-run", "--markdown"])).stdout).toContain("+kind: ConfigMap");
  });

  it("colours the diff and says that it plans only for somebody who watches", async () => {
    const { stdout, stderr } = await dfbot(["revert", "12", "--dry-run"], { isTerminal: true });
    expect(stdout).toContain("\u001b[32m+kind: ConfigMap\u001b[39m");
    expect(stderr).toBe("Planning revert…\n");
  });

  it("without --dry-run is asked for in Slack: the line to paste is alone on stdout, and nothing is read", async () => {
    const { code, stdout, stderr, requests } = await dfbot([
      "tenant",
      "propose",
      "payments",
      ...wanted,
      "--no-persistence",
      "--eviction",
    ]);
    expect(stdout).toBe(
      '/dragonfly tenant propose payments namespace=payments-prod owner="Team P" purpose=sessions memory=2Gi persistence=no eviction=yes\n',
    );
    expect(stderr).toMatch(
      /^dfbot: tenant propose changes something, so it is asked for in Slack[^\n]*--dry-run[^\n]*\n$/,
    );
    expect(requests).toEqual([]);
    expect(code).toBe(2);
  });

  it("without --dry-run and with --json still prints one document, which has the line", async () => {
    const { stdout } = await dfbot(["revert", "12", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "cli.change", next: "There: /dragonfly revert 12" } });
  });

  it.each([
    [["tenant", "propose", "payments"], "namespace is missing"],
    [["tenant", "propose", "Payments", ...wanted], 'name: found "Payments"'],
    [["tenant", "propse"], "Did you mean propose?"],
    [["tenannt", "propose"], "Did you mean: dfbot tenant"],
    [["snapshot"], "There: /dragonfly snapshot"],
    [["plan-revert", "12"], "There is no command"],
  ])("%j exits with 2 and says what to do on one line", async (argv, words) => {
    const { code, stderr, requests } = await dfbot(argv);
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^dfbot: [^\n]+\n$/);
    expect(requests).toEqual([]);
    expect(code).toBe(2);
  });

  it("of a group is listed by its word", async () => {
    expect((await dfbot(["tenant"])).stderr).toMatch(/propose[\s\S]*resize/);
    expect((await dfbot(["--help"])).stdout).toMatch(/tenant\s+plan changes: propose, resize/);
    expect((await dfbot(["tenant", "resize", "--help"])).stdout).toContain("--dry-run");
  });

  it("is in the list of runbooks as it is typed, previews are not", async () => {
    const { stdout } = await dfbot(["runbooks"]);
    expect(stdout).toMatch(/^tenant propose {2}.*--dry-run here\)$/m);
    expect(stdout).toMatch(/^ {4}--replicas \(number, default 3\)/m);
    expect(stdout).toMatch(/^snapshot {2}\(change, asked for in Slack\)$/m);
    expect(stdout).not.toContain("plan-");
  });
});
