import { afterEach, expect, it } from "vitest";
import { type GitLabSimulation, startGitLab } from "../../../sandbox/gitlab/gitlab.ts";
import { planSchema } from "../../../src/approvals/plan.ts";
import { openProject } from "../../../src/git/project.ts";
import type { Platform } from "../../../src/platform/ports.ts";
import { createRunDriver, type RunDriver } from "../../../src/runbooks/durable/driver.ts";
import { hasEnded, type RunRecord } from "../../../src/runbooks/durable/record.ts";
import { tenantChanges } from "../../../src/runbooks/tenants/catalog.ts";
import { mergeRequestOf } from "../../../src/runbooks/tenants/merge-request-of.ts";
import { groupDecides } from "../../fakes/decisions.ts";
import { fakePlatform, meta } from "../../fakes/platform.ts";
import { noChanges } from "../../fakes/platform-changes.ts";
import { memoryRunStore } from "../../fakes/run-store.ts";
import { project as files, config as shipped } from "../../unit/tenants/project.ts";

/** The whole way of a change, over the real client and a real git repository; GitLab fails at random. */

const limits = { readTimeoutMs: 5_000, writeTimeoutMs: 5_000, waitAtMostMs: 5_000, pauseMs: 5 };
const config = { ...shipped, tenants: { ...shipped.tenants, readyMinutes: 1 } };
const policy = `${config.tenants.sharedDirectory}/networkpolicy.yaml`;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start() {
  const gitlab = await startGitLab({
    files,
    mergeStatusTakesMs: 10,
    approvalsRequired: 1,
    pipeline: { takesMs: 20 },
  });
  cleanups.push(() => gitlab.stop());
  const project = openProject(
    {
      url: gitlab.url,
      project: gitlab.project,
      token: gitlab.token("dfbot"),
      approverToken: gitlab.token("dfbot-approver"),
    },
    limits,
  );
  const base = fakePlatform({ git: project.reader });
  const platform: Platform = {
    ...base,
    cluster: (name) => ({
      ...base.cluster(name),
      kustomizations: async () => [
        {
          ...{ meta: meta(config.tenants.sharedKustomization), ready: true, message: "", suspended: false },
          appliedRevision: `main@sha1:${await gitlab.head()}`,
        },
      ],
    }),
  };
  let clock = Date.parse("2026-01-02T12:00:00Z");
  const now = () => new Date(clock);
  const store = memoryRunStore();
  const driver = createRunDriver({
    store,
    runbooks: tenantChanges({
      config,
      platform,
      changes: noChanges,
      git: project.changes,
      tell: async () => undefined,
    }),
    process: "p0",
    now,
    leaseMs: 60_000,
    concurrency: 4,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms / 200)),
    approvalLifeMs: () => 3_600_000,
    decisionContext: groupDecides("platform", ["U0GRACE"], { now }),
  });
  cleanups.push(() => driver.stop());
  /** Goes on until somebody is asked, or it has ended; whatever failed is tried again, as people do. */
  const untilAsked = async (): Promise<RunRecord> => {
    for (let looks = 0; looks < 2_000; looks++) {
      const record = (await store.get("r-1"))?.record;
      const open = record?.checkpoints.findLast(({ kind }) => kind === "approval");
      const isAsking = record?.state === "waiting" && open?.kind === "approval" && open.outcome === undefined;
      if (record?.state === "failed") await driver.rerun("r-1", "U0ADA");
      else if (record !== undefined && (isAsking || hasEnded(record.state))) return record;
      await driver.sweep();
      clock += 1_000;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error("it never came to an end");
  };
  return { gitlab, driver, untilAsked };
}

async function approve(driver: RunDriver, record: RunRecord): Promise<void> {
  const asked = record.checkpoints.findLast(({ kind }) => kind === "approval");
  if (asked?.kind === "approval") {
    await driver.vote("r-1", { person: "U0GRACE", choice: "approve", digest: asked.digest });
  }
}

const wanted = {
  id: "r-1",
  runbook: "access-allow",
  params: { namespace: "payments-prod" },
  requester: { surface: "slack" as const, id: "U0ADA" },
};

async function mergesOf(gitlab: GitLabSimulation) {
  return (await gitlab.history()).filter(({ parents }) => parents.length === 2);
}

function done(gitlab: GitLabSimulation, route: string): number {
  return gitlab.log.filter(({ method, route: at, status }) => `${method} ${at}` === route && (status ?? 500) < 300)
    .length;
}

it.each([1, 2, 3])(
  "whatever GitLab loses, cuts or refuses (seed %i), one approval is one merge of exactly what was approved",
  async (seed) => {
    const { gitlab, driver, untilAsked } = await start();
    gitlab.faults.atRandom({
      seed,
      rate: 0.15,
      faults: [{ kind: "lose-answer" }, { kind: "cut" }, { kind: "status", status: 502 }],
    });
    await driver.submit(wanted);
    const asked = await untilAsked();
    const about = mergeRequestOf(asked);
    await approve(driver, asked);
    const ended = await untilAsked();
    gitlab.faults.clear();
    expect([ended.state, ended.failure]).toEqual(["succeeded", undefined]);
    const merges = await mergesOf(gitlab);
    expect(merges).toMatchObject([{ parents: [expect.any(String), about?.head] }]);
    expect(merges[0]?.message).toContain("Approved-by: U0GRACE");
    expect(merges[0]?.message).toContain(`Dfbot-Plan: ${about?.digest}`);
    expect(await gitlab.file(policy)).toContain("- payments-prod");
    expect(done(gitlab, "POST projects/:id/merge_requests")).toBe(1);
    expect(done(gitlab, "POST projects/:id/merge_requests/:iid/notes")).toBe(1);
    expect(gitlab.quickActions).toEqual([]);
  },
  60_000,
);

it("rebuilds on a main that has moved under its files, in the same merge request, and asks again", async () => {
  const { gitlab, driver, untilAsked } = await start();
  await driver.submit(wanted);
  const first = await untilAsked();
  const { botConfig } = config.tenants;
  const text = await gitlab.file(botConfig);
  // main is protected: it moves by a merge request of somebody else.
  await gitlab.people.push("ada", {
    branch: "other",
    message: "A word",
    files: { [botConfig]: `# Looked at in December.\n${text}` },
  });
  const other = await gitlab.people.openMergeRequest("ada", { sourceBranch: "other", title: "A word" });
  await gitlab.people.approve("grace", other);
  await expect
    .poll(() =>
      gitlab.people.merge("grace", other).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  await approve(driver, first);
  const second = await untilAsked();
  expect(second.state).toBe("waiting");
  expect(mergeRequestOf(second)?.iid).toBe(mergeRequestOf(first)?.iid);
  const plans = second.checkpoints.flatMap((one) => (one.kind === "approval" ? [planSchema.parse(one.plan)] : []));
  expect(plans[1]?.checks?.[0]?.id).toBe("plan.again");
  await approve(driver, second);
  expect((await untilAsked()).state).toBe("succeeded");
  expect(await gitlab.file(botConfig)).toMatch(/^# Looked at in December\.[\s\S]*- payments-prod/);
  expect((await mergesOf(gitlab)).map(({ parents }) => parents[1])).toContain(mergeRequestOf(second)?.head);
});
