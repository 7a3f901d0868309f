import { describe, expect, it, vi } from "vitest";
import { answerLate, proposed, signal, startProject } from "./project.ts";

describe("files of a commit", () => {
  it("are all those below a folder, page after page, and are asked for once", async () => {
    const many = new Map(
      Array.from({ length: 230 }, (_, n) => [`tenants/t${n}/tenant.yaml`, `name: t${n}\n`] as const),
    );
    const { gitlab, git } = await startProject({
      files: new Map([...many, ["tenants.md", "not below"], ["a/b", "x"]]),
    });
    const sha = (await gitlab.head()) ?? "";
    expect(await git.reader.files(sha, "tenants", signal())).toEqual(new Map([...many].toSorted()));
    const blobs = () => gitlab.log.filter(({ route }) => route.includes("blobs")).length;
    expect(blobs()).toBe(230);
    await gitlab.people.push("ada", { branch: "main", message: "One more", files: { "tenants/t7/more": "more" } });
    const next = await git.reader.files((await gitlab.head()) ?? "", "/tenants/", signal());
    expect(next.size).toBe(231);
    expect(blobs()).toBe(231);
    expect((await git.reader.files(sha, "", signal())).size).toBe(232);
  });

  it("are asked for once by all who read them at the same time, though the first of them gives up", async () => {
    const { gitlab, git } = await startProject();
    const sha = (await gitlab.head()) ?? "";
    const given = new AbortController();
    const first = git.reader.files(sha, "tenants", given.signal);
    const all = Promise.all([1, 2, 3].map(() => git.reader.files(sha, "tenants", signal())));
    given.abort(new Error("given up"));
    await expect(first).rejects.toThrow();
    for (const files of await all) expect(files.size).toBe(3);
    expect(gitlab.log.filter(({ route }) => route.includes("blobs")).length).toBeLessThanOrEqual(6);
  });

  it("are those of that commit, whatever the branch has become", async () => {
    const { gitlab, git } = await startProject();
    const sha = (await gitlab.head()) ?? "";
    await gitlab.people.push("ada", {
      branch: "main",
      message: "Change",
      files: { "README.md": null, "tenants/x": "x" },
    });
    expect(await git.reader.file(sha, "README.md", signal())).toBe("# GitOps\n");
    expect([...(await git.reader.files(sha, "tenants", signal())).keys()]).not.toContain("tenants/x");
    expect(await git.reader.file((await gitlab.head()) ?? "", "README.md", signal())).toBeUndefined();
  });

  it("that are not text are left out of a folder, and said to be so when asked for", async () => {
    const { gitlab, git } = await startProject();
    await gitlab.people.push("ada", {
      branch: "main",
      message: "Picture",
      files: { "tenants/picture": "\u0000\u0001", "tenants/ümlaut ü.md": "ü\r\n" },
    });
    const sha = (await gitlab.head()) ?? "";
    const files = await git.reader.files(sha, "tenants", signal());
    expect(files.get("tenants/ümlaut ü.md")).toBe("ü\r\n");
    expect([...files.keys()]).not.toContain("tenants/picture");
    await expect(git.reader.file(sha, "tenants/picture", signal())).rejects.toMatchObject({ code: "git.not-text" });
  });

  it("are none where there is no folder, and an error where there is no commit or no project", async () => {
    const { gitlab, git, bot } = await startProject();
    const sha = (await gitlab.head()) ?? "";
    expect(await git.reader.files(sha, "elsewhere", signal())).toEqual(new Map());
    expect(await git.reader.file(sha, "elsewhere", signal())).toBeUndefined();
    const outsider = bot({ token: gitlab.token("mallory") }).reader;
    for (const work of [
      () => git.reader.files("0".repeat(40), "tenants", signal()),
      () => git.reader.file("0".repeat(40), "README.md", signal()),
      () => git.reader.commit("0".repeat(40), signal()),
      () => outsider.files(sha, "tenants", signal()),
      () => outsider.head("main", signal()),
    ])
      await expect(work()).rejects.toMatchObject({ code: "git.not-found" });
  });

  it("are not read on when one cannot be read", async () => {
    const { gitlab, git } = await startProject({
      files: new Map(Array.from({ length: 90 }, (_, n) => [`d/${n}`, `${n}`])),
    });
    gitlab.faults.add({ on: "GET projects/:id/repository/blobs/:sha", fault: { kind: "status", status: 500 } });
    await expect(git.reader.files((await gitlab.head()) ?? "", "d", signal())).rejects.toMatchObject({
      code: "git.server-error",
    });
    expect(gitlab.log.filter(({ route }) => route.includes("blobs")).length).toBeLessThan(40);
  });
});

describe("branches, commits and accounts", () => {
  it("are as git has them", async () => {
    const { gitlab, git } = await startProject();
    const before = await gitlab.head();
    const author = { name: "Somebody Else", email: "else@example.com" };
    const sha = await gitlab.people.push("ada", {
      branch: "feature/ü#1",
      message: "One\n\nBody",
      files: { x: "x" },
      author,
    });
    expect(await git.reader.head("feature/ü#1", signal())).toBe(sha);
    expect(await git.reader.head("feature", signal())).toBeUndefined();
    expect(await git.reader.commit(sha, signal())).toMatchObject({
      sha,
      parents: [before],
      message: expect.stringContaining("One\n\nBody"),
      authorName: "Somebody Else",
      authorEmail: "else@example.com",
    });
    expect(await git.reader.self(signal())).toBe("dfbot");
  });

  it("are not told to a token that was revoked", async () => {
    const { gitlab, git } = await startProject();
    gitlab.revoke(gitlab.token("dfbot"));
    await expect(git.reader.head("main", signal())).rejects.toMatchObject({
      code: "git.unauthorized",
      next: expect.stringContaining("GITLAB_TOKEN"),
    });
  });
});

describe("merge requests", () => {
  it("into a branch are all of the open ones, newest change first", async () => {
    const { gitlab, git } = await startProject();
    const open = async (n: number, targetBranch = "main") => {
      const sourceBranch = `b${n}`;
      await gitlab.people.push("ada", { branch: sourceBranch, message: `B ${n}`, files: { [`f${n}`]: "x" } });
      return gitlab.people.openMergeRequest("ada", { sourceBranch, targetBranch, title: `MR ${n}` });
    };
    await gitlab.people.push("grace", { branch: "other", message: "Other", files: { other: "x" } });
    const iids: number[] = [];
    for (let n = 0; n < 104; n++) iids.push(await open(n));
    const elsewhere = await open(200, "other");
    await gitlab.people.close("ada", iids[3] ?? 0);
    await gitlab.people.merge("grace", iids[4] ?? 0);
    await gitlab.people.retitle("ada", iids[0] ?? 0, "Changed last");
    const found = await git.reader.openMergeRequests("main", signal());
    expect(found[0]).toMatchObject({ iid: iids[0], title: "Changed last" });
    expect(found.map(({ iid }) => iid).toSorted((a, b) => a - b)).toEqual(iids.filter((_, n) => n !== 3 && n !== 4));
    expect(found.map(({ iid }) => iid)).not.toContain(elsewhere);
  });

  it("say who closed them, and who merged them as what", async () => {
    const test = await startProject();
    const { gitlab, git } = test;
    const { iid, head } = await proposed(test);
    expect(await git.reader.mergeRequest(iid, signal())).toMatchObject({
      state: "opened",
      head,
      author: "dfbot",
      fromFork: false,
      labels: ["dfbot", "dragonfly"],
      mergedAs: undefined,
    });
    await gitlab.people.close("ada", iid);
    expect(await git.reader.mergeRequest(iid, signal())).toMatchObject({ state: "closed", closedBy: "ada" });
    await gitlab.people.reopen("ada", iid);
    await gitlab.people.merge("grace", iid);
    expect(await git.reader.mergeRequest(iid, signal())).toMatchObject({
      state: "merged",
      head,
      mergedBy: "grace",
      mergedAs: await gitlab.head(),
    });
  });

  it("show whole files as they are at the merge base and at the head, and commits from the oldest on", async () => {
    const { gitlab, git } = await startProject();
    const text = Array.from({ length: 30 }, (_, n) => `line ${n}\n`).join("");
    await gitlab.people.push("grace", {
      branch: "main",
      message: "Text",
      files: { "old name.md": text, gone: "gone\n" },
    });
    const first = await gitlab.people.push("ada", {
      branch: "change",
      message: "First",
      files: { "README.md": "# Changed\n", "new.md": "new\n", gone: null, binary: "\u0000", empty: "" },
    });
    const second = await gitlab.people.push("ada", {
      branch: "change",
      message: "Second",
      files: { "old name.md": null, "new name.md": `${text}more\n` },
    });
    const iid = await gitlab.people.openMergeRequest("ada", { sourceBranch: "change", title: "Change" });
    await gitlab.people.push("grace", {
      branch: "main",
      message: "Later",
      files: { "README.md": "# Later\n", later: "x" },
    });
    const files = await git.reader.mergeRequestFiles(iid, signal());
    const plain = { renamedFrom: undefined, opaque: false };
    expect(files.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { ...plain, path: "README.md", before: "# GitOps\n", after: "# Changed\n" },
      { ...plain, path: "binary", before: null, after: null, opaque: true },
      { ...plain, path: "empty", before: null, after: "" },
      { ...plain, path: "gone", before: "gone\n", after: null },
      { ...plain, path: "new name.md", renamedFrom: "old name.md", before: text, after: `${text}more\n` },
      { ...plain, path: "new.md", before: null, after: "new\n" },
    ]);
    expect((await git.reader.mergeRequestCommits(iid, signal())).map(({ sha }) => sha)).toEqual([first, second]);
  });

  it("with more files than are read are refused as a whole", async () => {
    const { gitlab, git } = await startProject();
    const files = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`many/${n}`, "x"]));
    await gitlab.people.push("ada", { branch: "many", message: "Many", files });
    const iid = await gitlab.people.openMergeRequest("ada", { sourceBranch: "many", title: "Many" });
    await expect(git.reader.mergeRequestFiles(iid, signal())).rejects.toMatchObject({ code: "git.too-large" });
  });

  it("that are pushed to while they are read are read again", async () => {
    const test = await startProject();
    const { gitlab, git } = test;
    const { iid } = await proposed(test);
    const looked = answerLate(gitlab, "GET projects/:id/merge_requests/:iid/diffs");
    const reading = git.reader.mergeRequestFiles(iid, signal());
    await vi.waitUntil(looked);
    await gitlab.people.push("ada", {
      branch: "dfbot/tenant-propose-payments-r1",
      message: "Between",
      files: { "tenants/payments/tenant.yaml": "name: changed\n", sneaked: "in\n" },
    });
    const files = await reading;
    expect(files.map(({ path }) => path)).toContain("sneaked");
    expect(files.find(({ path }) => path.endsWith("payments/tenant.yaml"))?.after).toBe("name: changed\n");
  });

  it("say how many approvals GitLab still demands, and who gave theirs", async () => {
    const test = await startProject({ approvalsRequired: 2 });
    const { iid } = await proposed(test);
    expect(await test.git.reader.approvals(iid, signal())).toEqual({ missing: 2, by: [] });
    await test.gitlab.people.approve("ada", iid);
    expect(await test.git.reader.approvals(iid, signal())).toEqual({ missing: 1, by: ["ada"] });
    await expect(test.git.reader.approvals(999, signal())).rejects.toMatchObject({ code: "git.not-found" });
  });
});
