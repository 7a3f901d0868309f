import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isReal, openSubject, type Subject } from "./subject.ts";

let subject: Subject;
beforeEach(async () => {
  subject = await openSubject({ approvalsRequired: isReal ? 0 : 1 });
});
afterEach(() => subject.close());

const simulated = () => {
  if (subject.simulation === undefined) throw new Error("only the simulation has more than one account");
  return subject.simulation;
};
const opened = async () => {
  const { branch, sha } = await subject.proposal();
  return { branch, sha, iid: await subject.open(branch) };
};

describe("diffs and commits (https://docs.gitlab.com/api/merge_requests/#list-merge-request-diffs)", () => {
  it("show what the merge request changes against where it left the target, not what came there since", async () => {
    const { branch, iid, sha } = await opened();
    const other = await subject.proposal();
    const otherIid = await subject.open(other.branch);
    if (!isReal) await simulated().people.approve("grace", otherIid);
    await subject.checked(otherIid);
    await subject.inProject("PUT", `merge_requests/${otherIid}/merge`, { sha: other.sha });
    const { body } = await subject.inProject("GET", `merge_requests/${iid}/diffs`);
    expect(body).toMatchObject([
      { new_file: true, deleted_file: false, renamed_file: false, diff: "@@ -0,0 +1 @@\n+one\n" },
    ]);
    expect(await subject.inProject("GET", `merge_requests/${iid}/commits`)).toMatchObject({ body: [{ id: sha }] });
    expect(await subject.inProject("GET", `merge_requests/${iid}?include_diverged_commits_count=true`)).toMatchObject({
      body: { source_branch: branch, changes_count: "1", diverged_commits_count: 2 },
    });
  });

  it("a large file's is left out, and says so (https://docs.gitlab.com/administration/diff_limits/)", async () => {
    const { branch } = await subject.proposal("large.txt", "line of a large file\n".repeat(20_000));
    const iid = await subject.open(branch);
    expect(await subject.inProject("GET", `merge_requests/${iid}/diffs`)).toMatchObject({
      body: [{ new_path: "large.txt", diff: "" }],
    });
  });
});

describe("notes (https://docs.gitlab.com/api/notes/#merge-requests)", () => {
  it("are written, and listed newest first", async () => {
    const { iid } = await opened();
    const path = `merge_requests/${iid}/notes`;
    expect(await subject.inProject("POST", path, { body: "One" })).toMatchObject({
      status: 201,
      body: { body: "One", system: false, noteable_iid: iid },
    });
    await subject.inProject("POST", path, { body: "Two" });
    const bodies = async (query: string) => {
      const { body } = await subject.inProject("GET", `${path}?${query}`);
      return (Array.isArray(body) ? body : []).filter((note) => !note.system).map((note) => note.body);
    };
    expect(await bodies("sort=desc")).toEqual(["Two", "One"]);
    expect(await bodies("sort=asc")).toEqual(["One", "Two"]);
  });

  it("without a body are 400", async () => {
    const { iid } = await opened();
    expect(await subject.inProject("POST", `merge_requests/${iid}/notes`, {})).toMatchObject({
      status: 400,
      body: { error: "body is missing" },
    });
    expect(await subject.inProject("POST", `merge_requests/${iid}/notes`, { body: " " })).toMatchObject({
      status: 400,
    });
  });

  it("run the commands that stand in them as whoever wrote them (https://docs.gitlab.com/user/project/quick_actions/)", async () => {
    const { iid } = await opened();
    const state = async () => Object((await subject.inProject("GET", `merge_requests/${iid}`)).body)["state"];
    await subject.inProject("POST", `merge_requests/${iid}/notes`, { body: "```\n/close\n```\nand in words: /close" });
    expect(await state()).toBe("opened");
    await subject.inProject("POST", `merge_requests/${iid}/notes`, { body: "Somebody said:\n/close" });
    expect(await state()).toBe("closed");
    if (!isReal) expect(simulated().quickActions).toEqual([{ by: "dfbot", iid, command: "close" }]);
  });
});

describe.skipIf(isReal)("approvals (https://docs.gitlab.com/api/merge_request_approvals/)", () => {
  const approve = (iid: number, who: string, body: object = {}) =>
    subject.inProject("POST", `merge_requests/${iid}/approve`, body, simulated().token(who));

  it("are missing until somebody else gave one; whoever opened it is 401", async () => {
    const { iid, sha } = await opened();
    expect(await subject.checked(iid)).toMatchObject({ detailed_merge_status: "not_approved" });
    expect(await subject.inProject("PUT", `merge_requests/${iid}/merge`, { sha })).toMatchObject({ status: 405 });
    expect(await approve(iid, "dfbot", { sha })).toMatchObject({ status: 401, body: { message: "401 Unauthorized" } });
    expect(await approve(iid, "dfbot-approver", { sha })).toMatchObject({
      status: 201,
      body: { approved: true, approvals_left: 0, approved_by: [{ user: { username: "dfbot-approver" } }] },
    });
    // GitLab says the same to who has approved already.
    expect(await approve(iid, "dfbot-approver", { sha })).toMatchObject({ status: 401 });
    expect(await subject.checked(iid)).toMatchObject({ detailed_merge_status: "mergeable" });
  });

  it("of another sha than the head are 409", async () => {
    const { iid } = await opened();
    const stale = await subject.head(subject.branch);
    expect(await approve(iid, "grace", { sha: stale })).toMatchObject({ status: 409 });
  });

  it("are taken away by a push, and can be taken back", async () => {
    const { iid, branch } = await opened();
    await simulated().people.approve("grace", iid);
    await simulated().people.push("ada", { branch, message: "More", files: { "more.txt": "more\n" } });
    expect(await subject.inProject("GET", `merge_requests/${iid}/approvals`)).toMatchObject({
      body: { approved: false, approved_by: [] },
    });
    await simulated().people.approve("grace", iid);
    const back = () => subject.inProject("POST", `merge_requests/${iid}/unapprove`, {}, simulated().token("grace"));
    expect(await back()).toMatchObject({ status: 201, body: { approved: false } });
    expect(await back()).toMatchObject({ status: 404 });
  });
});
