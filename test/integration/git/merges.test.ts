import { describe, expect, it, vi } from "vitest";
import { answerLate, branch, edits, mergesOf, proposed, signal, startProject } from "./project.ts";

const message = "Merge payments\n\nDfbot-Run: r1\nDfbot-Approved-By: U0ADA";
const merging = (head: string) => ({ head, message });

describe("a merge", () => {
  it("brings exactly the approved head onto the branch, with its message, and takes the source branch away", async () => {
    const test = await startProject();
    const { iid, head } = await proposed(test);
    const base = await test.gitlab.head();
    const outcome = await test.git.changes.merge(iid, merging(head), signal());
    expect(outcome).toMatchObject({
      kind: "merged",
      mergeRequest: { state: "merged", head, mergedBy: "dfbot", mergedAs: await test.gitlab.head() },
    });
    expect((await test.gitlab.history())[0]).toMatchObject({
      parents: [base, head],
      message: expect.stringContaining("Dfbot-Approved-By: U0ADA"),
    });
    expect(await test.gitlab.head(branch)).toBeUndefined();
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({ kind: "merged" });
    const asked = test.gitlab.log.filter(({ route }) => route.endsWith("/merge"));
    expect(asked.map(({ body }) => body)).toEqual([expect.objectContaining({ sha: head })]);
    expect(JSON.stringify(asked)).not.toMatch(/auto_merge|merge_when/);
  });

  it("is not made of another head: a push between approval and merge", async () => {
    const test = await startProject();
    const { iid, head } = await proposed(test);
    const pushed = await test.gitlab.people.push("ada", { branch, message: "Sneaked in", files: { evil: "x" } });
    const outcome = await test.git.changes.merge(iid, merging(head), signal());
    expect(outcome).toMatchObject({ kind: "moved", mergeRequest: { state: "opened", head: pushed } });
    expect(await mergesOf(test.gitlab)).toEqual([]);
  });

  it("is not made of a push that comes between the look and the merge", async () => {
    const test = await startProject();
    const { iid, head } = await proposed(test);
    const looked = answerLate(test.gitlab, "GET projects/:id/merge_requests/:iid");
    const outcome = test.git.changes.merge(iid, merging(head), signal());
    await vi.waitUntil(looked);
    await test.gitlab.people.push("ada", { branch, message: "Sneaked in", files: { evil: "x" } });
    expect(["moved", "not-yet"]).toContain((await outcome).kind);
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({ kind: "moved" });
    expect(await mergesOf(test.gitlab)).toEqual([]);
    expect(test.gitlab.log.some(({ route }) => route.endsWith("/merge"))).toBe(true);
  });

  it("that somebody else made of the same head is one; of another head it is none", async () => {
    const test = await startProject();
    const { iid, head } = await proposed(test);
    await test.gitlab.people.merge("grace", iid);
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({
      kind: "merged",
      mergeRequest: { mergedBy: "grace" },
    });
    expect(await test.git.changes.merge(iid, merging("f".repeat(40)), signal())).toMatchObject({
      kind: "moved",
      mergeRequest: { state: "merged" },
    });
  });

  it("waits for what GitLab computes late, and comes through when asked again", async () => {
    const test = await startProject({ mergeStatusTakesMs: 200 });
    const { iid, head } = await proposed(test);
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({ kind: "not-yet" });
    await expect.poll(async () => (await test.git.changes.merge(iid, merging(head), signal())).kind).toBe("merged");
    expect(await mergesOf(test.gitlab)).toHaveLength(1);
  });

  it.each([true, false])("waits for the pipeline, whether the project demands it (%s) or not", async (mustSucceed) => {
    const test = await startProject({ pipeline: { takesMs: 60_000, mustSucceed } });
    const { iid, head } = await proposed(test);
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({
      kind: "not-yet",
      why: expect.stringContaining("pipeline"),
    });
    await test.gitlab.people.passPipeline(iid);
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({ kind: "merged" });
  });

  it.each([true, false])("is refused when the pipeline failed, demanded (%s) or not", async (mustSucceed) => {
    const test = await startProject({ pipeline: { takesMs: 60_000, mustSucceed } });
    const { iid, head } = await proposed(test);
    await test.gitlab.people.failPipeline(iid);
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({
      kind: "refused",
      mergeRequest: {
        readiness: "pipeline-failed",
        pipeline: { state: "failed", url: expect.stringMatching(/^http/) },
      },
    });
  });

  it("waits for an approval that GitLab demands", async () => {
    const test = await startProject({ approvalsRequired: 1 });
    const { iid, head } = await proposed(test);
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({
      kind: "not-yet",
      mergeRequest: { readiness: "approval-missing", readinessWord: "not_approved" },
    });
    await test.git.changes.approve(iid, head, signal());
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({ kind: "merged" });
  });

  it("is refused when the target branch got what conflicts with it, and goes through when only its base moved", async () => {
    const test = await startProject();
    const { iid, head } = await proposed(test);
    await test.gitlab.people.push("grace", { branch: "main", message: "Elsewhere", files: { elsewhere: "x" } });
    expect(await test.git.reader.mergeRequest(iid, signal())).toMatchObject({ state: "opened", head });
    await test.gitlab.people.push("grace", {
      branch: "main",
      message: "The same lines",
      files: { "tenants/kustomization.yaml": "resources:\n  - orders\n  - shipping\n" },
    });
    await expect
      .poll(() => test.git.changes.merge(iid, merging(head), signal()))
      .toMatchObject({ kind: "refused", mergeRequest: { readiness: "conflict" } });
    expect(await mergesOf(test.gitlab)).toEqual([]);
  });

  it("goes through when the target branch only got other files", async () => {
    const test = await startProject();
    const { iid, head } = await proposed(test);
    await test.gitlab.people.push("grace", { branch: "main", message: "Elsewhere", files: { elsewhere: "x" } });
    await expect.poll(async () => (await test.git.changes.merge(iid, merging(head), signal())).kind).toBe("merged");
    expect(await test.gitlab.file("elsewhere")).toBe("x");
    expect(await test.gitlab.file("tenants/payments/tenant.yaml")).toBe("name: payments\n");
  });

  it("is refused when the merge request was closed", async () => {
    const test = await startProject();
    const { iid, head } = await proposed(test);
    await test.gitlab.people.close("ada", iid);
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({ kind: "refused" });
  });

  it("is held back while it is a draft, and while a thread is open", async () => {
    const test = await startProject({ discussionsMustBeResolved: true });
    const { iid, head } = await proposed(test);
    await test.gitlab.people.retitle("ada", iid, "Draft: not now");
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({
      kind: "not-yet",
      why: "it is a draft",
    });
    await test.gitlab.people.retitle("ada", iid, "Now");
    await test.gitlab.people.openThread("ada", iid, "Why?");
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({
      kind: "not-yet",
      mergeRequest: { readiness: "blocked", readinessWord: "discussions_not_resolved" },
    });
  });

  it("is refused when the bot's account may not merge (401), with that reason", async () => {
    const test = await startProject({ protection: { push: "nobody", merge: "maintainer" } });
    const { iid, head } = await proposed(test);
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({
      kind: "refused",
      why: expect.stringContaining("may not merge into main"),
    });
  });

  it("is an error, not a refusal, when the token itself is not taken any more", async () => {
    const test = await startProject();
    const { iid, head } = await proposed(test);
    test.gitlab.revoke(test.gitlab.token("dfbot"));
    await expect(test.git.changes.merge(iid, merging(head), signal())).rejects.toMatchObject({
      code: "git.unauthorized",
    });
  });

  it("that two processes make at once is one, and both know", async () => {
    const test = await startProject();
    const { iid, head } = await proposed(test);
    const outcomes = await Promise.all([1, 2, 3].map(() => test.bot().changes.merge(iid, merging(head), signal())));
    expect(outcomes.map(({ kind }) => kind)).toEqual(["merged", "merged", "merged"]);
    expect(await mergesOf(test.gitlab)).toHaveLength(1);
  });

  it("has the edits of the plan and nothing else", async () => {
    const test = await startProject();
    const { iid, head } = await proposed(test);
    expect(await test.git.reader.mergeRequestFiles(iid, signal())).toEqual(
      edits.map((edit) => ({ ...edit, renamedFrom: undefined, opaque: false })),
    );
    expect(await test.git.changes.merge(iid, merging(head), signal())).toMatchObject({ kind: "merged" });
  });
});
