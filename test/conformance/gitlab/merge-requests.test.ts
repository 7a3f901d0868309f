import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isReal, openSubject, type Subject } from "./subject.ts";

let subject: Subject;
beforeEach(async () => {
  subject = await openSubject();
});
afterEach(() => subject.close());

describe("opening (https://docs.gitlab.com/api/merge_requests/#create-a-merge-request)", () => {
  it("answers 201 with its iid, its head, and a merge status that is still being found out", async () => {
    const { branch, sha } = await subject.proposal();
    const { status, body } = await subject.inProject("POST", "merge_requests", {
      title: "A proposal",
      source_branch: branch,
      target_branch: subject.branch,
      description: "Why",
      labels: "two,one",
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      state: "opened",
      sha,
      labels: ["one", "two"],
      description: "Why",
      detailed_merge_status: expect.stringMatching(/^(preparing|unchecked|checking)$/),
      merge_commit_sha: null,
      merged_by: null,
      diff_refs: { head_sha: sha },
      web_url: expect.stringMatching(/\/-\/merge_requests\/\d+$/),
      user: { can_merge: expect.any(Boolean) },
    });
  });

  it("a second one of the same branch is 409, and names the first", async () => {
    const { branch } = await subject.proposal();
    const iid = await subject.open(branch);
    const again = { title: "Again", source_branch: branch, target_branch: subject.branch };
    expect(await subject.inProject("POST", "merge_requests", again)).toMatchObject({
      status: 409,
      body: { message: [`Another open merge request already exists for this source branch: !${iid}`] },
    });
  });

  it("without a title is 400, with a blank or too long one too", async () => {
    const { branch } = await subject.proposal();
    const wanted = { source_branch: branch, target_branch: subject.branch };
    expect(await subject.inProject("POST", "merge_requests", wanted)).toMatchObject({
      status: 400,
      body: { error: "title is missing" },
    });
    expect(await subject.inProject("POST", "merge_requests", { ...wanted, title: " " })).toMatchObject({ status: 400 });
    expect(await subject.inProject("POST", "merge_requests", { ...wanted, title: "x".repeat(256) })).toMatchObject({
      status: 400,
      body: { message: { title: ["is too long (maximum is 255 characters)"] } },
    });
  });

  it("from a branch that is not there, or onto itself, is refused", async () => {
    // 422 by lib/api/helpers/merge_requests_helpers.rb; some versions are said to answer 400.
    const refusal = { status: expect.toSatisfy((status: number) => status === 422 || status === 400) };
    const nowhere = { title: "x", source_branch: subject.branchName(), target_branch: subject.branch };
    expect(await subject.inProject("POST", "merge_requests", nowhere)).toMatchObject(refusal);
    const itself = { title: "x", source_branch: subject.branch, target_branch: subject.branch };
    expect(await subject.inProject("POST", "merge_requests", itself)).toMatchObject(refusal);
  });
});

describe("finding (https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests)", () => {
  it("by source branch and state; none is an empty list", async () => {
    const { branch } = await subject.proposal();
    const iid = await subject.open(branch);
    const find = (state: string, of = branch) =>
      subject.inProject("GET", `merge_requests?state=${state}&source_branch=${encodeURIComponent(of)}`);
    expect(await find("opened")).toMatchObject({ status: 200, body: [{ iid, source_branch: branch }] });
    expect(await find("closed")).toMatchObject({ status: 200, body: [] });
    expect(await find("opened", subject.branchName())).toMatchObject({ status: 200, body: [] });
    expect(await find("ajar")).toMatchObject({ status: 400, body: { error: "state does not have a valid value" } });
  });

  it("in pages, whose headers lead to the next one (https://docs.gitlab.com/api/rest/#pagination)", async () => {
    const first = await subject.open((await subject.proposal()).branch);
    const second = await subject.open((await subject.proposal()).branch);
    const query = `merge_requests?iids[]=${first}&iids[]=${second}&per_page=1&order_by=created_at&sort=asc`;
    const one = await subject.inProject("GET", query);
    expect(one.body).toMatchObject([{ iid: first }]);
    expect(one.headers.get("x-next-page")).toBe("2");
    expect(one.headers.get("link")).toContain('rel="next"');
    const two = await subject.inProject("GET", `${query}&page=2`);
    expect(two.body).toMatchObject([{ iid: second }]);
    expect(two.headers.get("x-next-page")).toBe("");
  });

  it("one that is not there is 404", async () => {
    expect(await subject.inProject("GET", "merge_requests/999999")).toMatchObject({
      status: 404,
      body: { message: "404 Not Found" },
    });
  });
});

describe("merging (https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request)", () => {
  it.skipIf(isReal)("without a sha is 400 where the group asks for one", async () => {
    const iid = await subject.open((await subject.proposal()).branch);
    await subject.checked(iid);
    expect(await subject.inProject("PUT", `merge_requests/${iid}/merge`, {})).toMatchObject({
      status: 400,
      body: { message: "SHA must be provided when merging" },
    });
  });

  it("another sha than the head is 409, and nothing is merged", async () => {
    const iid = await subject.open((await subject.proposal()).branch);
    const { sha } = await subject.checked(iid);
    const before = await subject.head(subject.branch);
    expect(await subject.inProject("PUT", `merge_requests/${iid}/merge`, { sha: before })).toMatchObject({
      status: 409,
      body: { message: `SHA does not match HEAD of source branch: ${sha}` },
    });
    expect(await subject.head(subject.branch)).toBe(before);
  });

  it("at its head brings exactly that head in, with the message that was asked for", async () => {
    const { branch, sha } = await subject.proposal();
    const iid = await subject.open(branch);
    await subject.checked(iid);
    const message = "Merge a proposal\n\nApproved-by: grace";
    const { status, body } = await subject.inProject("PUT", `merge_requests/${iid}/merge`, {
      sha,
      merge_commit_message: message,
      should_remove_source_branch: true,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: "merged", sha, merge_commit_sha: await subject.head(subject.branch) });
    const merged = await subject.inProject("GET", `repository/commits/${await subject.head(subject.branch)}`);
    expect(merged.body).toMatchObject({ parent_ids: expect.arrayContaining([sha]) });
    expect(String(Object(merged.body)["message"]).trim()).toBe(message);
  });

  it("what is merged or closed already is 405", async () => {
    const { branch, sha } = await subject.proposal();
    const iid = await subject.open(branch);
    await subject.checked(iid);
    await subject.inProject("PUT", `merge_requests/${iid}`, { state_event: "close" });
    const answer = { status: 405, body: { message: "405 Method Not Allowed" } };
    expect(await subject.inProject("PUT", `merge_requests/${iid}/merge`, { sha })).toMatchObject(answer);
    await subject.inProject("PUT", `merge_requests/${iid}`, { state_event: "reopen" });
    await subject.checked(iid);
    expect(await subject.inProject("PUT", `merge_requests/${iid}/merge`, { sha })).toMatchObject({ status: 200 });
    expect(await subject.inProject("PUT", `merge_requests/${iid}/merge`, { sha })).toMatchObject(answer);
  });

  it("what is a draft is 405, and says so in its status", async () => {
    const { branch, sha } = await subject.proposal();
    const iid = await subject.open(branch, "Draft: not yet");
    expect(await subject.checked(iid)).toMatchObject({ detailed_merge_status: "draft_status", draft: true });
    expect(await subject.inProject("PUT", `merge_requests/${iid}/merge`, { sha })).toMatchObject({ status: 405 });
  });

  it("auto_merge without a pipeline is 405", async () => {
    const { branch, sha } = await subject.proposal();
    const iid = await subject.open(branch);
    await subject.checked(iid);
    expect(await subject.inProject("PUT", `merge_requests/${iid}/merge`, { sha, auto_merge: true })).toMatchObject({
      status: 405,
    });
  });
});

describe("conflicts", () => {
  it("two merge requests that change neighbouring lines: the second cannot be merged once the first is", async () => {
    const file = `${subject.branchName().replace("/", "-")}.yaml`;
    const lines = (resources: readonly string[]) => `resources:\n${resources.map((name) => `  - ${name}\n`).join("")}`;
    const start = await subject.proposal(file, lines(["a", "z"]));
    const first = await subject.open(start.branch);
    await subject.checked(first);
    await subject.inProject("PUT", `merge_requests/${first}/merge`, { sha: start.sha });
    const base = await subject.head(subject.branch);
    const add = async (name: string) => {
      const branch = subject.branchName();
      await subject.inProject("POST", "repository/commits", {
        branch,
        start_sha: base,
        commit_message: `Add ${name}`,
        actions: [{ action: "update", file_path: file, content: lines(["a", name, "z"]) }],
      });
      return subject.open(branch);
    };
    const [one, two] = [await add("one"), await add("two")];
    const { sha } = await subject.checked(one);
    const second = await subject.checked(two);
    expect(await subject.inProject("PUT", `merge_requests/${one}/merge`, { sha })).toMatchObject({ status: 200 });
    await expect
      .poll(() => subject.checked(two))
      .toMatchObject({ detailed_merge_status: "conflict", has_conflicts: true });
    // Before GitLab 17.10 405, since then 422.
    expect(await subject.inProject("PUT", `merge_requests/${two}/merge`, { sha: second.sha })).toMatchObject({
      status: expect.toSatisfy((status: number) => status === 422 || status === 405),
    });
  });
});
