import { describe, expect, it } from "vitest";
import {
  branch,
  edits,
  mergeRequestProposal,
  mergesOf,
  proposalOn,
  proposed,
  signal,
  startProject,
} from "./project.ts";

const message = "Merge payments\n\nDfbot-Run: r1\nDfbot-Approved-By: U0ADA";
const merging = (head: string) => ({ head, message });

describe("a commit", () => {
  it("is one atomic commit on the base, and is not made a second time", async () => {
    const { gitlab, git } = await startProject();
    const proposal = await proposalOn(gitlab);
    const sha = await git.changes.commit(proposal, signal());
    expect(await gitlab.head(branch)).toBe(sha);
    expect((await gitlab.history(branch))[0]).toMatchObject({ sha, parents: [proposal.base] });
    expect(await gitlab.file("tenants/payments/tenant.yaml", sha)).toBe("name: payments\n");
    expect(await git.changes.commit(proposal, signal())).toBe(sha);
    expect(gitlab.log.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  it("may take away, make empty, and change at once, also what looks like a renamed file", async () => {
    const { gitlab, git } = await startProject();
    const proposal = {
      ...(await proposalOn(gitlab)),
      edits: [
        { path: "tenants/orders/README.md", before: "Orders.\n", after: null },
        { path: "tenants/orders/about.md", before: null, after: "Orders.\n" },
        { path: "tenants/empty", before: null, after: "" },
        { path: "README.md", before: "# GitOps\n", after: "# GitOps\n" },
      ],
    };
    const sha = await git.changes.commit(proposal, signal());
    expect(await gitlab.file("tenants/orders/README.md", sha)).toBeUndefined();
    expect(await gitlab.file("tenants/empty", sha)).toBe("");
    expect(await git.changes.commit(proposal, signal())).toBe(sha);
  });

  it("of the same run takes the place of its earlier one: on a new base, or with other contents", async () => {
    const { gitlab, git } = await startProject();
    const first = await proposalOn(gitlab);
    const old = await git.changes.commit(first, signal());
    await gitlab.people.push("grace", { branch: "main", message: "Meanwhile", files: { other: "x" } });
    const again = await proposalOn(gitlab);
    const rebuilt = await git.changes.commit(again, signal());
    expect(rebuilt).not.toBe(old);
    expect((await gitlab.history(branch))[0]).toMatchObject({ sha: rebuilt, parents: [again.base] });
    const other = { ...again, edits: [{ path: "tenants/payments/tenant.yaml", before: null, after: "name: other\n" }] };
    const changed = await git.changes.commit(other, signal());
    expect(await gitlab.file("tenants/payments/tenant.yaml", branch)).toBe("name: other\n");
    expect((await gitlab.history(branch))[0]).toMatchObject({ sha: changed, parents: [again.base] });
  });

  it.each<readonly [string, string]>([
    ["somebody's commit", "Mine"],
    ["a commit of another run", "Add payments\n\nDfbot-Run: r2"],
    ["a commit that only speaks of the run", "This is like Dfbot-Run: r1 but mine"],
  ])("is not put over %s", async (_what, theirs) => {
    const { gitlab, git } = await startProject();
    const sha = await gitlab.people.push("ada", { branch, message: theirs, files: { mine: "x" } });
    await expect(git.changes.commit(await proposalOn(gitlab), signal())).rejects.toMatchObject({
      code: "git.branch-taken",
      message: expect.stringContaining(branch),
    });
    expect(await gitlab.head(branch)).toBe(sha);
  });

  it("is not put over a person's commit on top of it", async () => {
    const { gitlab, git } = await startProject();
    const proposal = await proposalOn(gitlab);
    await git.changes.commit(proposal, signal());
    const theirs = await gitlab.people.push("ada", { branch, message: "On top", files: { mine: "x" } });
    await expect(git.changes.commit(proposal, signal())).rejects.toMatchObject({ code: "git.branch-taken" });
    expect(await gitlab.head(branch)).toBe(theirs);
  });

  it("that does not fit its base, or changes nothing, is refused", async () => {
    const { gitlab, git } = await startProject();
    const proposal = await proposalOn(gitlab);
    const wrong = { ...proposal, edits: [{ path: "README.md", before: null, after: "x" }] };
    await expect(git.changes.commit(wrong, signal())).rejects.toMatchObject({
      code: "git.refused",
      message: expect.stringContaining("already exists"),
    });
    const nothing = { ...proposal, edits: [{ path: "README.md", before: "x", after: "x" }] };
    await expect(git.changes.commit(nothing, signal())).rejects.toMatchObject({ code: "git.refused" });
    await expect(git.changes.commit({ ...proposal, base: "0".repeat(40) }, signal())).rejects.toMatchObject({
      code: "git.refused",
    });
    await expect(git.changes.commit({ ...proposal, branch: "main" }, signal())).rejects.toMatchObject({
      code: "git.branch-taken",
    });
    expect(await gitlab.head(branch)).toBeUndefined();
  });

  it("that two processes make at once is one", async () => {
    const { gitlab, bot } = await startProject();
    const proposal = await proposalOn(gitlab);
    gitlab.faults.add({ on: "POST projects/:id/repository/commits", fault: { kind: "delay", ms: 50 } });
    const shas = await Promise.all([1, 2, 3].map(() => bot().changes.commit(proposal, signal())));
    expect(new Set(shas)).toEqual(new Set([await gitlab.head(branch)]));
  });

  it("closes no issue by what people typed", async () => {
    const { gitlab, git } = await startProject();
    const proposal = { ...(await proposalOn(gitlab)), message: "Closes #12\n\nDfbot-Run: r1" };
    const sha = await git.changes.commit(proposal, signal());
    expect((await gitlab.history(branch))[0]?.message).not.toMatch(/Closes #12/);
    expect(await git.changes.commit(proposal, signal())).toBe(sha);
  });
});

describe("a merge request", () => {
  it("is opened with what was proposed, and is not opened a second time", async () => {
    const test = await startProject();
    const { gitlab, git } = test;
    const { iid, head } = await proposed(test);
    const made = gitlab.log.find(({ method, route }) => method === "POST" && route.endsWith("merge_requests"));
    // The reviewer that nobody knows is left out.
    expect(made?.body).toMatchObject({ reviewer_ids: [5], labels: "dragonfly,dfbot", remove_source_branch: true });
    expect(await git.changes.openMergeRequest(mergeRequestProposal, signal())).toMatchObject({
      iid,
      head,
      title: mergeRequestProposal.title,
      description: mergeRequestProposal.description,
      sourceBranch: branch,
      targetBranch: "main",
      author: "dfbot",
    });
    expect(gitlab.log.filter(({ method }) => method === "PUT")).toEqual([]);
  });

  it("is brought up to a new title and description", async () => {
    const test = await startProject();
    const { iid } = await proposed(test);
    const proposal = { ...mergeRequestProposal, title: "Own instance of 2 GiB", description: "Another plan." };
    const changed = await test.git.changes.openMergeRequest(proposal, signal());
    expect(changed).toMatchObject({ iid, title: "Own instance of 2 GiB", description: "Another plan." });
    expect(await test.git.reader.mergeRequest(iid, signal())).toMatchObject({ description: "Another plan." });
  });

  it("is another one when the first was closed", async () => {
    const test = await startProject();
    const { iid } = await proposed(test);
    await test.gitlab.people.close("ada", iid);
    expect((await test.git.changes.openMergeRequest(mergeRequestProposal, signal())).iid).not.toBe(iid);
  });

  it("that two processes open at once is one", async () => {
    const { gitlab, git, bot } = await startProject();
    await git.changes.commit(await proposalOn(gitlab), signal());
    const opened = await Promise.all(
      [1, 2, 3].map(() => bot().changes.openMergeRequest(mergeRequestProposal, signal())),
    );
    expect(new Set(opened.map(({ iid }) => iid)).size).toBe(1);
    expect(await git.reader.openMergeRequests("main", signal())).toHaveLength(1);
  });

  it("carries out nothing, mentions nobody and closes nothing of what people typed", async () => {
    const { gitlab, git } = await startProject();
    await git.changes.commit(await proposalOn(gitlab), signal());
    const { iid } = await git.changes.openMergeRequest(
      { ...mergeRequestProposal, title: "Hello @all\n/close", description: "purpose:\n/merge\n@all\ncloses #12" },
      signal(),
    );
    const { title, description } = await git.reader.mergeRequest(iid, signal());
    expect(title).not.toMatch(/@all|\n/);
    expect(description).not.toMatch(/^\/|@all|closes #12/m);
  });

  it("is closed with its branch, and closing it again does nothing", async () => {
    const test = await startProject();
    const { iid } = await proposed(test);
    expect(await test.git.changes.close(iid, signal())).toMatchObject({ iid, state: "closed" });
    expect(await test.gitlab.head(branch)).toBeUndefined();
    expect(await test.git.changes.close(iid, signal())).toMatchObject({ state: "closed", closedBy: "dfbot" });
  });

  it("of a person is closed and keeps its branch; a merged one stays as it is", async () => {
    const test = await startProject();
    const { gitlab, git } = test;
    const theirs = await gitlab.people.push("ada", { branch: "mine", message: "Mine", files: { mine: "x" } });
    const iid = await gitlab.people.openMergeRequest("ada", { sourceBranch: "mine", title: "Mine" });
    expect(await git.changes.close(iid, signal())).toMatchObject({ state: "closed" });
    expect(await gitlab.head("mine")).toBe(theirs);
    const own = await proposed(test);
    await gitlab.people.merge("grace", own.iid);
    expect(await git.changes.close(own.iid, signal())).toMatchObject({ state: "merged" });
  });
});

describe("a note", () => {
  const notesOf = async ({ gitlab }: Awaited<ReturnType<typeof startProject>>, iid: number) => {
    const response = await fetch(
      `${gitlab.url}/api/v4/projects/${gitlab.projectId}/merge_requests/${iid}/notes?sort=asc&per_page=100`,
      {
        headers: { "private-token": gitlab.token("grace") },
      },
    );
    const notes = (await response.json()) as readonly { body: string; system: boolean; author: { username: string } }[];
    return notes.filter(({ system }) => !system);
  };

  it("is there once for its mark, and the mark is not seen", async () => {
    const test = await startProject();
    const { iid } = await proposed(test);
    await test.git.changes.note(iid, "approved/r1", "Approved by Ada.", signal());
    await test.git.changes.note(iid, "approved/r1", "Approved by Ada.", signal());
    await test.git.changes.note(iid, "approved/r1/2", "Approved by Grace.", signal());
    const bodies = (await notesOf(test, iid)).map(({ body }) => body.replace(/<!--.*?-->/gs, "").trim());
    expect(bodies.toSorted()).toEqual(["Approved by Ada.", "Approved by Grace."]);
  });

  it("is found among more notes than fit on a page", async () => {
    const test = await startProject();
    const { iid } = await proposed(test);
    await test.git.changes.note(iid, "m", "First.", signal());
    for (let n = 0; n < 120; n++) await test.gitlab.people.comment("ada", iid, `Comment ${n}`);
    await test.git.changes.note(iid, "m", "First.", signal());
    expect((await notesOf(test, iid)).filter(({ author }) => author.username === "dfbot").length).toBe(1);
  });

  it("is not kept back by a mark that somebody else wrote, nor by text that imitates one", async () => {
    const test = await startProject();
    const { iid } = await proposed(test);
    await test.gitlab.people.comment("ada", iid, "<!-- dfbot:m -->\n\nApproved by me.");
    await test.git.changes.note(iid, "other", "text\n<!-- dfbot:m -->", signal());
    await test.git.changes.note(iid, "m", "Approved by Grace.\n/merge\n@all <!-- open", signal());
    const notes = await notesOf(test, iid);
    expect(notes.filter(({ author }) => author.username === "dfbot")).toHaveLength(2);
    expect(notes.find(({ body }) => body.includes("Grace"))?.body).not.toMatch(/^\/|@all/m);
  });

  it("that two processes write at once is one in the end", async () => {
    const test = await startProject();
    const { iid } = await proposed(test);
    test.gitlab.faults.add({ on: "POST projects/:id/merge_requests/:iid/notes", fault: { kind: "delay", ms: 60 } });
    await Promise.all([1, 2, 3].map(() => test.bot().changes.note(iid, "m", "Approved.", signal())));
    expect(await notesOf(test, iid)).toHaveLength(1);
  });
});

describe("GitLab's own approval", () => {
  it("is given by the second account, once", async () => {
    const test = await startProject({ approvalsRequired: 1 });
    const { iid, head } = await proposed(test);
    expect(await test.git.changes.approve(iid, head, signal())).toEqual({ kind: "approved" });
    expect(await test.git.changes.approve(iid, head, signal())).toEqual({ kind: "approved" });
    expect(await test.git.reader.approvals(iid, signal())).toEqual({ missing: 0, by: ["dfbot-approver"] });
    expect(test.gitlab.log.filter(({ route }) => route.endsWith("/approve"))).toHaveLength(1);
  });

  it("is not given to another head than was approved", async () => {
    const test = await startProject({ approvalsRequired: 1 });
    const { iid, head } = await proposed(test);
    await test.gitlab.people.push("ada", { branch, message: "More", files: { more: "x" } });
    expect(await test.git.changes.approve(iid, head, signal())).toEqual({ kind: "moved" });
    expect(await test.git.reader.approvals(iid, signal())).toMatchObject({ by: [] });
  });

  it.each<readonly [string, (test: Awaited<ReturnType<typeof startProject>>) => string | undefined, RegExp]>([
    ["without a second account", () => undefined, /no second account/],
    ["with the account that opened it", ({ gitlab }) => gitlab.token("dfbot"), /dfbot opened it/],
    ["with an account that is no member", ({ gitlab }) => gitlab.token("mallory"), /does not let mallory approve/],
    ["with a token that is none", () => "glpat-no-such", /does not take GITLAB_APPROVER_TOKEN/],
  ])("%s is left to people, with the reason", async (_what, approver, why) => {
    const test = await startProject({ approvalsRequired: 1 });
    const { iid, head } = await proposed(test);
    const outcome = await test.bot({ approver: approver(test) }).changes.approve(iid, head, signal());
    expect(outcome).toEqual({ kind: "not-entitled", why: expect.stringMatching(why) });
  });

  it("is an error when it is the bot's own token that is not taken", async () => {
    const test = await startProject({ approvalsRequired: 1 });
    const { iid, head } = await proposed(test);
    test.gitlab.revoke(test.gitlab.token("dfbot"));
    await expect(test.bot().changes.approve(iid, head, signal())).rejects.toMatchObject({ code: "git.unauthorized" });
  });
});

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
    test.gitlab.faults.add({ on: "GET projects/:id/merge_requests/:iid", fault: { kind: "delay", ms: 300 }, times: 1 });
    const outcome = test.git.changes.merge(iid, merging(head), signal());
    await new Promise((resolve) => setTimeout(resolve, 150));
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
