import { describe, expect, it } from "vitest";
import { branch, mergeRequestProposal, proposalOn, proposed, signal, startProject } from "./project.ts";

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
