import { read } from "../../platform/reading.ts";
import {
  attention,
  type Finding,
  type ReportTable,
  type Verdict,
  verdicts,
  worstVerdict,
} from "../../reports/model.ts";
import { type KnownTenant, tenantsOf } from "../../tenants/inventory.ts";
import type { Conclusion, RunContext } from "../definition.ts";
import { finding } from "../instance/findings.ts";
import { plural } from "../instance/units.ts";
import { aimOfTenant } from "./follow-aim.ts";
import { lookHowFar } from "./follow-look.ts";
import { baseOf } from "./plan-change.ts";
import { shortSha } from "./sha.ts";
import { readTree } from "./tree.ts";

const gitWithinMs = 30_000;

/** Every tenant that Git has, and whether the clusters are as Git says. */
export async function listTenants({ config, platform, signal, now }: RunContext<unknown>): Promise<Conclusion> {
  const deps = { config, platform };
  const { branch, directory, kustomization } = config.tenants;
  const git = await read(
    { command: `git ls-tree -r --name-only ${branch} ${directory}`, timeoutMs: gitWithinMs, signal },
    async (inner) => {
      const sha = await baseOf(deps, inner);
      return { sha, tree: await readTree(platform.git, config, sha, inner) };
    },
  );
  if (!git.ok) {
    const title = "The tenants could not be read from Git";
    const evidence = [{ command: git.command, output: git.reason, at: git.at }];
    const unread = finding({ id: "git", section: "Git", verdict: "unknown", title, detail: git.reason, evidence });
    return { summary: title, findings: [unread], tables: [] };
  }
  const { sha, tree } = git.value;
  const known = tenantsOf(tree, config);
  const nothing = { kustomizations: [], instances: [], secrets: [], access: [], notices: [] };
  const kustomizations = known.length === 0 ? [] : [kustomization];
  const applied = await lookHowFar(deps, { ...nothing, kustomizations }, sha, signal, now);
  const looked = await Promise.all(
    known.map(async (one) => {
      const parts = one.tenant === undefined ? nothing : { ...nothing, ...aimOfTenant(deps, one.tenant, tree) };
      const seen = await lookHowFar(deps, parts, sha, signal, now);
      return { one, findings: [...malformed(one), ...seen.map((progress) => inSection(progress.finding, one))] };
    }),
  );
  const flux = applied.map((progress) => ({ ...progress.finding, section: "Flux" }));
  const findings = [...flux, ...looked.flatMap((row) => row.findings)];
  const count = known.length === 0 ? "There are no tenants yet" : plural(known.length, "tenant");
  const [worst] = attention({ findings });
  const states = statesOf(looked);
  return {
    summary:
      worst === undefined
        ? `${count}, as Git has them at ${shortSha(sha)}`
        : `${count}: ${states === "" ? worst.title : states}`,
    findings,
    tables: known.length === 0 ? [] : [table(looked)],
  };
}

function malformed({ name, problems, folder }: KnownTenant): readonly Finding[] {
  if (problems.length === 0) return [];
  const title = `${name} is not in Git as it should be`;
  return [
    finding({
      id: `tenant.${name}`,
      section: name,
      verdict: "fail",
      title,
      detail: `${folder}: ${problems.join("; ")}`,
    }),
  ];
}

/** Two tenants on one instance have the same words about it. */
function inSection(one: Finding, { name }: KnownTenant): Finding {
  return { ...one, id: `${name}.${one.id}`, section: name };
}

interface Row {
  readonly one: KnownTenant;
  readonly findings: readonly Finding[];
}

const marks = { ok: "ok", warn: "warning", unknown: "unknown", fail: "failing" } as const;

/** What matters first comes first: a phone shows three columns, and the rest when it is pushed aside. */
function table(rows: readonly Row[]): ReportTable {
  return {
    title: "Tenants",
    columns: [
      { title: "Tenant", align: "left" },
      { title: "State", align: "left" },
      { title: "Memory", align: "right" },
      { title: "Isolation", align: "left" },
      { title: "Namespace", align: "left" },
      { title: "Owner", align: "left" },
    ],
    rows: rows.map(({ one: { name, tenant }, findings }) => [
      name,
      marks[stateOf(findings)],
      tenant?.memory ?? "?",
      tenant?.isolation ?? "?",
      tenant?.namespace ?? "?",
      tenant?.owner ?? "?",
    ]),
  };
}

function stateOf(findings: readonly Finding[]): Verdict {
  return worstVerdict(findings.map(({ verdict }) => verdict));
}

const mostNamed = 5;

/** "payments failing, billing unknown, 3 ok": the worst first; empty when all are ok. */
function statesOf(rows: readonly Row[]): string {
  const states = rows.map(({ one: { name }, findings }) => ({ name, verdict: stateOf(findings) }));
  const rank = ({ verdict }: (typeof states)[number]) => verdicts.indexOf(verdict);
  const bad = states.filter(({ verdict }) => verdict !== "ok").toSorted((a, b) => rank(b) - rank(a));
  if (bad.length === 0) return "";
  const fine = states.length - bad.length;
  return [
    ...bad.slice(0, mostNamed).map(({ name, verdict }) => `${name} ${marks[verdict]}`),
    ...(bad.length > mostNamed ? [`${bad.length - mostNamed} more not ok`] : []),
    ...(fine > 0 ? [`${fine} ok`] : []),
  ].join(", ");
}
