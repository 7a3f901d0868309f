import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSubject, type Subject } from "./subject.ts";

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

const encoded = encodeURIComponent;
const commit = async (fields: Readonly<Record<string, unknown>>) =>
  subject.inProject("POST", "repository/commits", { commit_message: "A change", ...fields });
const create = (file_path: string, content = "one\n") => ({ action: "create", file_path, content });
const fileName = () => `${randomBytes(6).toString("hex")}.txt`;
const contentOf = async (file: string, ref: string) => {
  const { status, body } = await subject.inProject("GET", `repository/files/${encoded(file)}/raw?ref=${encoded(ref)}`);
  return status === 200 ? body : status;
};

describe("a commit of several files (https://docs.gitlab.com/api/commits/#create-a-commit-with-multiple-files-and-actions)", () => {
  it("is made on the sha that it starts at, all of it at once", async () => {
    const base = await subject.head(subject.branch);
    const branch = subject.branchName();
    const folder = randomBytes(6).toString("hex");
    const first = await commit({
      branch,
      start_sha: base,
      author_name: "Ada",
      author_email: "ada@example.com",
      actions: [create(`${folder}/a.txt`), create(`${folder}/b.txt`, "two\n"), create(`${folder}/c.txt`, "three\n")],
    });
    expect(first).toMatchObject({
      status: 201,
      body: {
        parent_ids: [base],
        title: "A change",
        author_name: "Ada",
        author_email: "ada@example.com",
        stats: { additions: 3, deletions: 0, total: 3 },
      },
    });
    const second = await commit({
      branch,
      actions: [
        {
          action: "update",
          file_path: `${folder}/a.txt`,
          content: Buffer.from("1\n").toString("base64"),
          encoding: "base64",
        },
        { action: "move", previous_path: `${folder}/b.txt`, file_path: `${folder}/d.txt` },
        { action: "delete", file_path: `${folder}/c.txt` },
        { action: "chmod", file_path: `${folder}/a.txt`, execute_filemode: true },
      ],
    });
    expect(second).toMatchObject({ status: 201, body: { parent_ids: [Object(first.body)["id"]] } });
    expect(await contentOf(`${folder}/a.txt`, branch)).toBe("1\n");
    expect(await contentOf(`${folder}/d.txt`, branch)).toBe("two\n");
    expect(await contentOf(`${folder}/b.txt`, branch)).toBe(404);
    expect(await contentOf(`${folder}/c.txt`, branch)).toBe(404);
    const tree = await subject.inProject("GET", `repository/tree?path=${folder}&ref=${encoded(branch)}`);
    expect(tree.body).toMatchObject([
      { name: "a.txt", mode: "100755", type: "blob" },
      { name: "d.txt", mode: "100644" },
    ]);
  });

  it("that one action of cannot be done does nothing", async () => {
    const { branch, sha } = await subject.proposal();
    const there = fileName();
    const refusal = (message: string) => ({ status: 400, body: { message } });
    await commit({ branch, actions: [create(there)] });
    const before = await subject.head(branch);
    expect(await commit({ branch, actions: [create(fileName()), create(there)] })).toMatchObject(
      refusal("A file with this name already exists"),
    );
    for (const action of ["update", "delete"])
      expect(
        await commit({ branch, actions: [create(fileName()), { action, file_path: fileName(), content: "x" }] }),
      ).toMatchObject(refusal("A file with this name doesn't exist"));
    expect(
      await commit({
        branch,
        actions: [{ action: "update", file_path: there, content: "x", last_commit_id: sha }],
      }),
    ).toMatchObject(refusal(`The file has changed since you started editing it: ${there}`));
    expect(await subject.head(branch)).toBe(before);
  });

  it("onto a branch that is there already needs force, which moves the branch", async () => {
    const base = await subject.head(subject.branch);
    const { branch, sha } = await subject.proposal();
    const wanted = { branch, start_sha: base, actions: [create(fileName())] };
    expect(await commit(wanted)).toMatchObject({
      status: 400,
      body: {
        message: `A branch called '${branch}' already exists. Switch to that branch in order to make changes`,
      },
    });
    expect(await subject.head(branch)).toBe(sha);
    expect(await commit({ ...wanted, force: true })).toMatchObject({ status: 201, body: { parent_ids: [base] } });
  });

  it("onto a branch that is not there needs a start", async () => {
    const branch = subject.branchName();
    expect(await commit({ branch, actions: [create(fileName())] })).toMatchObject({
      status: 400,
      body: { message: "You can only create or edit files when you are on a branch" },
    });
    expect(await commit({ branch, start_branch: subject.branch, actions: [create(fileName())] })).toMatchObject({
      status: 201,
    });
  });

  it("from a start that is none is refused", async () => {
    const actions = [create(fileName())];
    const branch = subject.branchName();
    expect(await commit({ branch, start_sha: "abc", actions })).toMatchObject({
      status: 400,
      body: { message: "Invalid start_sha 'abc'" },
    });
    const missing = "1".repeat(40);
    expect(await commit({ branch, start_sha: missing, actions })).toMatchObject({
      status: 400,
      body: { message: `Cannot find start_sha '${missing}'` },
    });
    expect(await commit({ branch, start_sha: missing, start_branch: subject.branch, actions })).toMatchObject({
      status: 400,
    });
  });

  it("onto the protected branch is 403", async () => {
    expect(await commit({ branch: subject.branch, actions: [create(fileName())] })).toMatchObject({
      status: 403,
      body: { message: "403 Forbidden - You are not allowed to push into this branch" },
    });
  });

  it("without actions, or out of the project, is 400", async () => {
    const { branch } = await subject.proposal();
    expect(await commit({ branch, actions: [] })).toMatchObject({ status: 400 });
    expect(await commit({ branch, actions: [create("../outside")] })).toMatchObject({ status: 400 });
    expect(await commit({ branch, actions: [{ action: "conjure", file_path: "x" }] })).toMatchObject({ status: 400 });
  });
});

describe("branches (https://docs.gitlab.com/api/branches/)", () => {
  it("that are not there are 404, before and after they were deleted", async () => {
    const { branch } = await subject.proposal();
    const path = `repository/branches/${encoded(branch)}`;
    expect(await subject.inProject("GET", path)).toMatchObject({
      status: 200,
      body: { name: branch, protected: false },
    });
    expect(await subject.inProject("DELETE", path)).toMatchObject({ status: 204 });
    const gone = { status: 404, body: { message: "404 Branch Not Found" } };
    expect(await subject.inProject("GET", path)).toMatchObject(gone);
    expect(await subject.inProject("DELETE", path)).toMatchObject(gone);
  });

  it("the default one is protected and stays", async () => {
    const path = `repository/branches/${encoded(subject.branch)}`;
    expect(await subject.inProject("GET", path)).toMatchObject({ body: { protected: true, default: true } });
    expect((await subject.inProject("DELETE", path)).status).toBeGreaterThanOrEqual(403);
    expect(await subject.inProject("GET", path)).toMatchObject({ status: 200 });
  });
});

describe("files and trees (https://docs.gitlab.com/api/repository_files/, https://docs.gitlab.com/api/repositories/)", () => {
  it("a file comes with its content, its blob and the commit that last touched it", async () => {
    const file = `folder/${fileName()}`;
    const { branch, sha } = await subject.proposal(file, "grüße\n");
    await commit({ branch, actions: [create(fileName())] });
    const { status, body } = await subject.inProject("GET", `repository/files/${encoded(file)}?ref=${encoded(branch)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ file_path: file, encoding: "base64", last_commit_id: sha, execute_filemode: false });
    const { content, blob_id } = Object(body);
    expect(Buffer.from(String(content), "base64").toString()).toBe("grüße\n");
    expect(await subject.inProject("GET", `repository/blobs/${blob_id}`)).toMatchObject({
      status: 200,
      body: { content },
    });
    expect(await subject.inProject("GET", `repository/blobs/${blob_id}/raw`)).toMatchObject({ body: "grüße\n" });
    expect(await subject.inProject("GET", `repository/blobs/${"1".repeat(40)}`)).toMatchObject({ status: 404 });
  });

  it("what is not there is 404, and says what", async () => {
    const at = (ref: string) => subject.inProject("GET", `repository/files/no-such-file?ref=${ref}`);
    expect(await at(subject.branch)).toMatchObject({ status: 404, body: { message: "404 File Not Found" } });
    expect(await at("no-such-branch")).toMatchObject({ status: 404, body: { message: "404 Commit Not Found" } });
    expect(await subject.inProject("GET", "repository/files/no-such-file")).toMatchObject({ status: 400 });
    expect(await subject.inProject("GET", "repository/tree?ref=no-such-branch")).toMatchObject({
      status: 404,
      body: { message: "404 Tree Not Found" },
    });
    expect(await subject.inProject("GET", "repository/tree?path=no-such-folder")).toMatchObject({ status: 404 });
    expect(await subject.inProject("GET", `repository/commits/${"1".repeat(40)}`)).toMatchObject({
      status: 404,
      body: { message: "404 Commit Not Found" },
    });
  });

  it("a tree goes into folders when asked to, page after page by both ways of counting", async () => {
    const { branch } = await subject.proposal();
    const folder = randomBytes(6).toString("hex");
    const files = ["a.txt", "b/c.txt", "b/d.txt"].map((name) => `${folder}/${name}`);
    await commit({ branch, actions: files.map((file) => create(file)) });
    const query = `repository/tree?ref=${encoded(branch)}&path=${folder}&recursive=true&per_page=2`;
    const pathsOf = (body: unknown) => (Array.isArray(body) ? body.map((entry) => String(Object(entry)["path"])) : []);
    const offset = [
      ...pathsOf((await subject.inProject("GET", query)).body),
      ...pathsOf((await subject.inProject("GET", `${query}&page=2`)).body),
    ];
    expect(offset.toSorted()).toEqual([`${folder}/b`, ...files].toSorted());
    const first = await subject.inProject("GET", `${query}&pagination=keyset`);
    const token = /page_token=([^&>]+)/.exec(first.headers.get("link") ?? "")?.[1];
    const second = await subject.inProject("GET", `${query}&pagination=keyset&page_token=${token}`);
    expect([...pathsOf(first.body), ...pathsOf(second.body)].toSorted()).toEqual(offset.toSorted());
    expect(second.headers.get("link") ?? "").not.toContain('rel="next"');
  });

  it("two commits are compared from where they parted", async () => {
    const file = fileName();
    const { branch, sha } = await subject.proposal(file, "one\ntwo\n");
    const base = await subject.head(subject.branch);
    const compared = await subject.inProject("GET", `repository/compare?from=${base}&to=${encoded(branch)}`);
    expect(compared.body).toMatchObject({
      commits: [{ id: sha }],
      diffs: [{ new_path: file, new_file: true, diff: "@@ -0,0 +1,2 @@\n+one\n+two\n" }],
    });
    expect(await subject.inProject("GET", `repository/compare?from=${base}&to=no-such-branch`)).toMatchObject({
      status: 404,
    });
  });
});
