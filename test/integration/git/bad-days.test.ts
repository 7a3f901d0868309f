import { afterEach, beforeEach, expect, it } from "vitest";
import { type GitLabSimulation, startGitLab } from "../../../sandbox/gitlab/gitlab.ts";
import { type GitProject, openProject } from "../../../src/git/project.ts";
import type { MergeRequest } from "../../../src/platform/git.ts";

const limits = { readTimeoutMs: 5_000, writeTimeoutMs: 5_000, waitAtMostMs: 5_000, pauseMs: 5 };
const file = "tenants/kustomization.yaml";
const listed = (names: readonly string[]) => `resources:\n${names.map((name) => `  - ${name}\n`).join("")}`;
const signal = new AbortController().signal;

let gitlab: GitLabSimulation;
let project: GitProject;
beforeEach(async () => {
  gitlab = await startGitLab({
    files: new Map([[file, listed(["a", "z"])]]),
    mergeStatusTakesMs: 10,
    approvalsRequired: 1,
    pipeline: { takesMs: 20 },
  });
  project = openProject(
    {
      url: gitlab.url,
      project: gitlab.project,
      token: gitlab.token("dfbot"),
      approverToken: gitlab.token("dfbot-approver"),
    },
    limits,
  );
});
afterEach(() => gitlab.stop());

/** Asks until there is an answer, as a durable step does after each of its failures. */
async function untilItWorks<T>(run: () => Promise<T>, enough: (value: T) => boolean = () => true): Promise<T> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const value = await run().catch(() => undefined);
    if (value !== undefined && enough(value)) return value;
    await new Promise<void>((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it never worked");
}

async function propose(name: string): Promise<{ readonly head: string; readonly mergeRequest: MergeRequest }> {
  const { reader, changes } = project;
  const base = await untilItWorks(() => reader.head("main", signal));
  if (base === undefined) throw new Error("there is no main");
  const before = await untilItWorks(async () => (await reader.file(base, file, signal)) ?? "");
  const proposal = {
    branch: `dfbot/tenant-propose-${name}`,
    base,
    message: `Tenant ${name}\n\nDfbot-Run: ${name}`,
    edits: [{ path: file, before, after: before.replace("  - z\n", `  - ${name}\n  - z\n`) }],
  };
  const head = await untilItWorks(() => changes.commit(proposal, signal));
  const mergeRequest = await untilItWorks(() =>
    changes.openMergeRequest(
      {
        sourceBranch: proposal.branch,
        targetBranch: "main",
        title: `Tenant ${name}`,
        description: "Why\n/merge",
        labels: ["dfbot"],
        reviewers: ["grace"],
      },
      signal,
    ),
  );
  return { head, mergeRequest };
}

const seeds = [1, 2, 3, 4, 5, 6];
it.each(seeds)(
  "whatever is lost, cut or refused (seed %i), there is one branch, one merge request, one note and one merge",
  async (seed) => {
    gitlab.faults.atRandom({
      seed,
      rate: 0.4,
      faults: [
        { kind: "lose-answer" },
        { kind: "cut" },
        { kind: "status", status: 502 },
        { kind: "status", status: 503 },
      ],
    });
    const { head, mergeRequest } = await propose("payments");
    const { iid } = mergeRequest;
    for (let twice = 0; twice < 2; twice++)
      await untilItWorks(async () => {
        await project.changes.note(iid, "approved", "Approved by grace", signal);
        return true;
      });
    await untilItWorks(
      () => project.changes.approve(iid, head, signal),
      ({ kind }) => kind === "approved",
    );
    const wanted = { head, message: "Merge a tenant\n\nApproved-by: grace" };
    const outcome = await untilItWorks(
      () => project.changes.merge(iid, wanted, signal),
      ({ kind }) => kind === "merged",
    );
    gitlab.faults.clear();

    const merges = (await gitlab.history()).filter(({ parents }) => parents.length === 2);
    expect(merges).toMatchObject([{ parents: [expect.any(String), head], message: wanted.message }]);
    expect(outcome).toMatchObject({ mergeRequest: { mergedAs: merges[0]?.sha, head } });
    expect(await gitlab.file(file)).toBe(listed(["a", "payments", "z"]));
    const done = (route: string) =>
      gitlab.log.filter(({ method, route: at, status }) => `${method} ${at}` === route && (status ?? 500) < 300).length;
    expect(done("POST projects/:id/repository/commits")).toBe(1);
    expect(done("POST projects/:id/merge_requests")).toBe(1);
    expect(done("PUT projects/:id/merge_requests/:iid/merge")).toBe(1);
    expect(done("POST projects/:id/merge_requests/:iid/notes")).toBe(1);
    expect(gitlab.quickActions).toEqual([]);
  },
);

it("of two proposals that touch neighbouring lines, the second is refused as a conflict and lands on the new base", async () => {
  const [one, two] = [await propose("one"), await propose("two")];
  const land = async ({ head, mergeRequest: { iid } }: Awaited<ReturnType<typeof propose>>) => {
    await project.changes.approve(iid, head, signal);
    return untilItWorks(
      () => project.changes.merge(iid, { head, message: "Merge" }, signal),
      ({ kind }) => kind !== "not-yet",
    );
  };
  expect(await land(one)).toMatchObject({ kind: "merged" });
  expect(await land(two)).toMatchObject({ kind: "refused", mergeRequest: { readiness: "conflict" } });
  const again = await propose("two");
  expect(again.mergeRequest.iid).toBe(two.mergeRequest.iid);
  expect(await land(again)).toMatchObject({ kind: "merged" });
  expect(await gitlab.file(file)).toBe(listed(["a", "one", "two", "z"]));
});

it("a push between approval and merge is not merged", async () => {
  const { head, mergeRequest } = await propose("payments");
  const { iid, sourceBranch } = mergeRequest;
  await project.changes.approve(iid, head, signal);
  await gitlab.people.push("mallory", { branch: sourceBranch, message: "Sneak", files: { sneak: "x" } });
  expect(await project.changes.merge(iid, { head, message: "Merge" }, signal)).toMatchObject({ kind: "moved" });
  expect(await project.changes.approve(iid, head, signal)).toMatchObject({ kind: "moved" });
  expect(await gitlab.file("sneak")).toBeUndefined();
});
