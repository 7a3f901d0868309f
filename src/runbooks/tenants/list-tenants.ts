import type { Config } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import { read } from "../../platform/reading.ts";
import type { ServerUser } from "../../platform/server.ts";
import {
  attention,
  type Finding,
  type ReportTable,
  type Verdict,
  verdicts,
  worstVerdict,
} from "../../reports/model.ts";
import type { Tree } from "../../tenants/draft.ts";
import { type KnownTenant, tenantsOf } from "../../tenants/inventory.ts";
import type { Conclusion, RunContext } from "../definition.ts";
import { finding } from "../instance/findings.ts";
import { plural } from "../instance/units.ts";
import { driftFindings, userDrift } from "./access-list-findings.ts";
import { type AccessLists, lookAtAccessLists } from "./access-list-look.ts";
import type { PlanDeps } from "./deps.ts";
import { type Aim, accessListOf, aimOfTenant } from "./follow-aim.ts";
import { lookHowFar } from "./follow-look.ts";
import { baseOf } from "./plan-change.ts";
import { shortSha } from "./sha.ts";
import { readTree } from "./tree.ts";

const gitWithinMs = 30_000;

/** Every tenant that Git has, and whether the clusters are as Git says. */
export async function listTenants({ config, platform, signal, now }: RunContext<unknown>): Promise<Conclusion> {
  const deps = { config, platform };
  const { branch, directory } = config.tenants;
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
  const nothing: Aim = {
    ...{ kustomizations: [], instances: [], secrets: [], access: [], accessList: null, notices: [] },
  };
  const kustomizations = known.length === 0 ? [] : fluxOf(known, config);
  const users = known.some(isShared) ? await lookAtUsers(deps, tree, signal) : undefined;
  const applied = await lookHowFar(deps, { ...nothing, kustomizations }, sha, signal, now);
  const looked = await Promise.all(
    known.map(async (one) => {
      const parts = one.tenant === undefined ? nothing : { ...nothing, ...aimOfTenant(deps, one.tenant, tree) };
      const seen = await lookHowFar(deps, parts, sha, signal, now);
      return {
        one,
        findings: [
          ...malformed(one),
          ...seen.map((progress) => inSection(progress.finding, one)),
          ...userOf(one, users),
        ],
      };
    }),
  );
  const flux = applied.map((progress) => ({ ...progress.finding, section: "Flux" }));
  const findings = [...flux, ...(users?.findings ?? []), ...looked.flatMap((row) => row.findings)];
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

/** What applies the tenants' folders; in the other cluster only where a tenant has names there. */
function fluxOf(known: readonly KnownTenant[], { shared, clusters, tenants: places }: Config): Aim["kustomizations"] {
  const other = clusters.find(({ name }) => name !== shared.cluster)?.name;
  const isThere = other !== undefined && known.some(({ tenant }) => tenant?.clusters.includes(other));
  return [
    { cluster: shared.cluster, name: places.kustomization, namespaces: null },
    ...(isThere ? [{ cluster: other, name: places.appsKustomization, namespaces: null }] : []),
  ];
}

function isShared({ tenant }: KnownTenant): boolean {
  return tenant?.isolation === "shared";
}

interface UsersSeen {
  readonly wanted: readonly ServerUser[];
  readonly lists: AccessLists;
  readonly findings: readonly Finding[];
}

/** Who may log in on every pod of the shared instance, against Git: its Secret may say what no server has loaded. */
async function lookAtUsers(deps: PlanDeps, tree: Tree, signal: AbortSignal): Promise<UsersSeen> {
  const { shared: instance } = deps.config;
  let wanted: readonly ServerUser[] = [];
  let lists: AccessLists;
  try {
    wanted = accessListOf(deps, tree).users;
    lists = await lookAtAccessLists(deps, instance, signal);
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    lists = { pods: [], problem: error.message };
  }
  return { wanted, lists, findings: driftFindings(wanted, lists, instance.name) };
}

function userOf(one: KnownTenant, users: UsersSeen | undefined): readonly Finding[] {
  if (users === undefined || !isShared(one)) return [];
  return [inSection(userDrift(one.name, users.wanted, users.lists), one)];
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
