import { afterEach, describe, expect, it } from "vitest";
import type { GitLabOptions, GitLabSimulation } from "../../../sandbox/gitlab/gitlab.ts";
import { isReal, openSubject, type Subject } from "./subject.ts";

let subject: Subject | undefined;
afterEach(async () => {
  await subject?.close();
  subject = undefined;
});

async function opened(options: Partial<GitLabOptions>) {
  subject = await openSubject(options);
  const { simulation } = subject;
  if (simulation === undefined) throw new Error("only the simulation's pipelines are under control");
  const { branch, sha } = await subject.proposal();
  return { subject, simulation, branch, sha, iid: await subject.open(branch) };
}

const merge = (to: Subject, iid: number, body: object) => to.inProject("PUT", `merge_requests/${iid}/merge`, body);
const long = 60_000;
const isMerged = async (simulation: GitLabSimulation, sha: string) =>
  (await simulation.history()).some(({ parents }) => parents.includes(sha));

describe.skipIf(isReal)("pipelines (https://docs.gitlab.com/api/merge_requests/#list-merge-request-pipelines)", () => {
  it("begin with the merge request, and again with every push, which cancels the older one", async () => {
    const { subject, simulation, iid, branch, sha } = await opened({ pipeline: { takesMs: long } });
    const pushed = await simulation.people.push("ada", { branch, message: "More", files: { more: "x" } });
    expect(await subject.inProject("GET", `merge_requests/${iid}/pipelines`)).toMatchObject({
      body: [
        { sha: pushed, source: "merge_request_event" },
        { sha, status: "canceled" },
      ],
    });
    expect(await subject.inProject("GET", `merge_requests/${iid}`)).toMatchObject({
      body: { sha: pushed, head_pipeline: { sha: pushed } },
    });
  });

  it("hold up a merge while they run and when they failed", async () => {
    const { subject, simulation, iid, sha } = await opened({ pipeline: { takesMs: long } });
    expect(await subject.checked(iid)).toMatchObject({ detailed_merge_status: "ci_still_running" });
    expect(await merge(subject, iid, { sha })).toMatchObject({ status: 405 });
    await simulation.people.failPipeline(iid);
    expect(await subject.checked(iid)).toMatchObject({
      detailed_merge_status: "ci_must_pass",
      head_pipeline: { status: "failed" },
    });
    expect(await merge(subject, iid, { sha })).toMatchObject({ status: 405 });
    await simulation.people.passPipeline(iid);
    expect(await merge(subject, iid, { sha })).toMatchObject({ status: 200 });
  });

  it("end by themselves, as the test says", async () => {
    const { subject, iid } = await opened({ pipeline: { takesMs: 20, outcome: () => "failed" } });
    await expect.poll(() => subject.checked(iid)).toMatchObject({ head_pipeline: { status: "failed" } });
  });
});

describe.skipIf(isReal)("auto-merge (https://docs.gitlab.com/user/project/merge_requests/auto_merge/)", () => {
  it("merges when the pipeline has passed", async () => {
    const { subject, simulation, iid, sha } = await opened({ pipeline: { takesMs: long } });
    await subject.checked(iid);
    expect(await merge(subject, iid, { sha, auto_merge: true })).toMatchObject({
      status: 200,
      body: { state: "opened", merge_when_pipeline_succeeds: true },
    });
    await simulation.people.passPipeline(iid);
    await expect.poll(() => subject.checked(iid)).toMatchObject({ state: "merged", merged_by: { username: "dfbot" } });
    expect(await isMerged(simulation, sha)).toBe(true);
  });

  it("is called off by a push, so that nothing else is merged than what was asked for", async () => {
    const { subject, simulation, iid, sha, branch } = await opened({ pipeline: { takesMs: long } });
    await subject.checked(iid);
    await merge(subject, iid, { sha, auto_merge: true });
    await simulation.people.push("mallory", { branch, message: "Sneak", files: { sneak: "x" } });
    await simulation.people.passPipeline(iid);
    expect(await subject.checked(iid)).toMatchObject({ state: "opened", merge_when_pipeline_succeeds: false });
  });

  it("is called off when the pipeline fails", async () => {
    const { subject, simulation, iid, sha } = await opened({ pipeline: { takesMs: long } });
    await subject.checked(iid);
    await merge(subject, iid, { sha, auto_merge: true });
    await simulation.people.failPipeline(iid);
    await expect
      .poll(() => subject.checked(iid))
      .toMatchObject({ state: "opened", merge_when_pipeline_succeeds: false });
  });
});

describe.skipIf(isReal)("what else holds up a merge (https://docs.gitlab.com/api/merge_requests/#merge-status)", () => {
  it("while it is being found out whether git can: 405", async () => {
    const { subject, iid, sha } = await opened({ mergeStatusTakesMs: 300 });
    expect(await merge(subject, iid, { sha })).toMatchObject({ status: 405 });
    await subject.checked(iid);
    expect(await merge(subject, iid, { sha })).toMatchObject({ status: 200 });
  });

  it("a thread that nobody resolved", async () => {
    const { subject, simulation, iid, sha } = await opened({ discussionsMustBeResolved: true });
    await simulation.people.openThread("grace", iid, "Why so large?");
    expect(await subject.checked(iid)).toMatchObject({ detailed_merge_status: "discussions_not_resolved" });
    expect(await merge(subject, iid, { sha })).toMatchObject({ status: 405 });
    await simulation.people.resolveThreads("grace", iid);
    expect(await subject.checked(iid)).toMatchObject({ detailed_merge_status: "mergeable" });
  });

  it("being behind the target, where the project merges only what is on top of it: 422", async () => {
    const { subject, simulation, iid, sha } = await opened({ mergeMethod: "rebase_merge" });
    await simulation.people.push("linus", { branch: "main", message: "Something else", files: { other: "x" } });
    expect(await subject.checked(iid)).toMatchObject({ detailed_merge_status: "need_rebase" });
    expect(await merge(subject, iid, { sha })).toMatchObject({
      status: 422,
      body: { message: "Branch cannot be merged" },
    });
  });

  it("not being allowed to: 401", async () => {
    const { subject, simulation, iid, sha } = await opened({ protection: { push: "nobody", merge: "maintainer" } });
    expect(await subject.checked(iid)).toMatchObject({ user: { can_merge: false } });
    expect(await merge(subject, iid, { sha })).toMatchObject({ status: 401, body: { message: "401 Unauthorized" } });
    const asGrace = await subject.inProject("PUT", `merge_requests/${iid}/merge`, { sha }, simulation.token("grace"));
    expect(asGrace).toMatchObject({ status: 200, body: { merge_user: { username: "grace" } } });
  });
});
