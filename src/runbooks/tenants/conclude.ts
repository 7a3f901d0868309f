import type { Finding, NextStep } from "../../reports/model.ts";
import type { Conclusion } from "../definition.ts";
import type { DurableContext } from "../durable/definition.ts";
import { finding } from "../instance/findings.ts";
import { editsOf } from "./change-of-files.ts";
import type { TenantDeps } from "./deps.ts";
import type { About, Approved } from "./describe.ts";
import { type Followed, follow } from "./follow.ts";
import { type Aim, aimOf } from "./follow-aim.ts";
import { loadAccessList } from "./load-access-list.ts";
import { code } from "./markdown.ts";
import { baseOf } from "./plan-change.ts";
import { textDigest } from "./prepared.ts";
import { shortSha } from "./sha.ts";
import type { Current, Situation } from "./situation.ts";
import { tellTenants } from "./tell-tenants.ts";
import { readTree } from "./tree.ts";

const section = "Merge request";

export function concludeClosed(iid: number, { by }: Extract<Situation, { kind: "closed" }>): Conclusion {
  const title = `!${iid} was closed in GitLab${by === null ? "" : ` by @${by}`}: nothing was changed`;
  return {
    summary: title,
    findings: [finding({ id: "merge-request.closed", section, verdict: "warn", title })],
    tables: [],
  };
}

export interface Ended {
  readonly iid: number;
  readonly about: About;
  /** What is to be said besides. */
  readonly findings: readonly Finding[];
  readonly current?: Current;
  /** Given here, for exactly this head; undefined when nobody has approved it here. */
  readonly approved?: Approved | undefined;
}

interface ReadBack {
  readonly sha: string;
  readonly by: string | null;
  /** Not by the bot. */
  readonly outside: boolean;
  /** What is on the target branch is, file by file, what was approved; null when nothing was approved here. */
  readonly exact: boolean | null;
  readonly aim: Aim;
}

/** From the merge to the end: reads the truth back, follows the change into the clusters, tells the tenant, and sums it up. */
export async function concludeMerged(
  context: DurableContext<unknown>,
  deps: TenantDeps,
  ended: Ended,
  merged: Extract<Situation, { kind: "merged" }>,
): Promise<Conclusion> {
  const { iid, about, approved } = ended;
  const back = await context.step("read back what was merged", ({ signal }) => readBack(deps, ended, merged, signal), {
    timeoutMs: 60_000,
    retries: 3,
    backoffMs: 2_000,
  });
  if (back.outside) {
    // In the audit log too, as every effect is.
    await context.effect(
      `note that @${back.by} merged it in GitLab`,
      {
        find: async () => undefined,
        apply: async ({ signal }) => {
          const given = approved === undefined ? "No approval was given in Slack" : "It had been approved in Slack";
          const text = `Merged in GitLab by ${code(`@${back.by}`)}, not by the bot. ${given}; run ${code(about.runId)}.`;
          await deps.git.note(iid, `${about.runId}/merged-outside`, text, signal);
          return "noted";
        },
      },
      { retries: 3, backoffMs: 2_000 },
    );
  }
  const followed = await follow(context, deps, back.aim, back.sha);
  const users = await loadUsers(context, deps, ended, back, followed);
  const seen = [...followed.findings, ...users];
  const unserved = seen.find(({ verdict }) => verdict === "fail") ?? users.find(({ verdict }) => verdict === "unknown");
  const served = unserved === undefined;
  const told = served ? await tellTenants(context, deps, back.aim.notices, iid) : [];
  const revert: NextStep = {
    runbook: "revert",
    params: { mergeRequest: iid },
    label: `Take !${iid} back`,
  };
  const findings = [
    ...mergeFindings(ended, back, revert),
    ...ended.findings,
    ...seen.map((one) => (one.verdict === "fail" ? { ...one, next: [...one.next, revert] } : one)),
    ...told,
  ];
  const failed = findings.find(({ verdict }) => verdict === "fail") ?? unserved;
  const what = `!${iid} is merged as ${shortSha(back.sha)}`;
  return {
    summary: failed === undefined ? `${what} and serves` : `${what}, but: ${failed.title}`,
    findings,
    tables: [],
  };
}

/** Until a pod has loaded its access list anew, a user of the shared instance is nobody there, or still somebody. */
async function loadUsers(
  context: DurableContext<unknown>,
  deps: TenantDeps,
  { approved }: Ended,
  { aim, exact }: ReadBack,
  { findings, waitedMs }: Followed,
): Promise<readonly Finding[]> {
  const { accessList, kustomizations } = aim;
  if (accessList === null) return [];
  const { config } = deps;
  const needed = new Set([
    `secret.${accessList.instance.namespace}`,
    ...kustomizations.map(({ name }) => `flux.${name}`).filter((id) => id.endsWith(config.tenants.sharedKustomization)),
  ]);
  const lacking = findings.find(({ id, verdict }) => needed.has(id) && (verdict === "fail" || verdict === "unknown"));
  const notLoaded =
    approved === undefined || exact !== true
      ? "Nobody approved here that it is loaded, so the bot has not done it."
      : lacking === undefined
        ? ""
        : `It was not loaded, because: ${lacking.title}.`;
  const leftMs = config.tenants.readyMinutes * 60_000 - waitedMs;
  return await loadAccessList(context, deps, accessList, { leftMs, notLoaded });
}

async function readBack(
  deps: TenantDeps,
  { iid, current, approved }: Ended,
  { as, by, head }: Extract<Situation, { kind: "merged" }>,
  signal: AbortSignal,
): Promise<ReadBack> {
  const { config, platform } = deps;
  const { git } = platform;
  const sha = as ?? (await baseOf(deps, signal));
  const [self, files, tree] = await Promise.all([
    git.self(signal),
    git.mergeRequestFiles(iid, signal),
    readTree(git, config, sha, signal),
  ]);
  let exact: boolean | null = null;
  if (approved !== undefined && current !== undefined) {
    exact = head === approved.head;
    for (const { path, after } of current.prepared.files) {
      if (textDigest(await git.file(sha, path, signal)) !== after) exact = false;
    }
  }
  return { sha, by, outside: by !== null && by !== self, exact, aim: aimOf(deps, editsOf(files), tree) };
}

function mergeFindings({ iid, approved }: Ended, { sha, by, outside, exact }: ReadBack, revert: NextStep) {
  const findings: Finding[] = [];
  if (outside) {
    const given = approved === undefined ? "no approval was given here" : "as it had been approved here";
    findings.push(
      finding({
        id: "merged.outside",
        section,
        verdict: "warn",
        title: `@${by} merged !${iid} in GitLab; ${given}`,
        detail: "The bot follows it all the same.",
        next: approved === undefined ? [revert] : [],
      }),
    );
  }
  if (exact !== null) {
    findings.push(
      finding({
        id: "merged.exact",
        section,
        verdict: exact ? "ok" : "fail",
        title: exact
          ? `What was merged as ${shortSha(sha)} is exactly what was approved`
          : `What is on the target branch at ${shortSha(sha)} is not what was approved`,
        detail: exact ? "" : "Something else was merged at the same moment, or the host changed it. Compare the two.",
        next: exact ? [] : [revert],
      }),
    );
  }
  return findings;
}
