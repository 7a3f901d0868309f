import { afterEach, beforeEach, expect, it } from "vitest";
import { type GitLabSimulation, startGitLab } from "../../../sandbox/gitlab/gitlab.ts";

let gitlab: GitLabSimulation;
let iid: number;
beforeEach(async () => {
  gitlab = await startGitLab({
    files: new Map([["list.yaml", "resources:\n  - a\n"]]),
    mergeStatusTakesMs: 5,
    approvalsRequired: 1,
    pipeline: { takesMs: 60_000 },
  });
  await gitlab.people.push("dfbot", {
    branch: "proposal",
    message: "A proposal",
    files: { "list.yaml": "resources:\n  - a\n  - <b>\n" },
  });
  iid = await gitlab.people.openMergeRequest("dfbot", {
    sourceBranch: "proposal",
    title: `<img src="x" onerror="alert(1)">`,
    description: "Why <script>",
  });
});
afterEach(() => gitlab.stop());

const pageUrl = () => `${gitlab.url}/${gitlab.project}/-/merge_requests/${iid}`;
const look = async (url = pageUrl()) => {
  const response = await fetch(url);
  return { status: response.status, text: await response.text(), headers: response.headers };
};
/** Clicks a button, and is led to the page again. */
const click = async (action: string, fields: Readonly<Record<string, string>>) => {
  const response = await fetch(`${pageUrl()}/${action}`, { method: "POST", body: new URLSearchParams(fields) });
  return { status: response.status, text: await response.text() };
};
const state = async () => {
  const headers = { "private-token": gitlab.token("dfbot") };
  const response = await fetch(`${gitlab.url}/api/v4/projects/1/merge_requests/${iid}`, { headers });
  return Object(await response.json());
};

it("is where a merge request's own link leads, and shows what people wrote as text", async () => {
  expect((await state()).web_url).toBe(pageUrl());
  const { status, text, headers } = await look();
  expect(status).toBe(200);
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(text).toContain("&lt;img src=&quot;x&quot;");
  expect(text).toContain("Why &lt;script&gt;");
  expect(text).toContain("+  - &lt;b&gt;");
  expect(text).not.toMatch(/<script|<img/);
});

it("lets somebody approve, pass the pipeline and merge", async () => {
  await click("approve", { as: "grace" });
  await click("pass", { as: "grace" });
  expect(await click("merge", { as: "grace" })).toMatchObject({ status: 200 });
  expect(await state()).toMatchObject({ state: "merged", merged_by: { username: "grace" } });
  expect((await look(`${gitlab.url}/${gitlab.project}/-/commit/${await gitlab.head()}`)).text).toContain("list.yaml");
});

it("shows what GitLab refuses, and changes nothing", async () => {
  expect((await click("merge", { as: "grace" })).text).toContain("GitLab refused it: 405");
  expect(await state()).toMatchObject({ state: "opened" });
});

it("lets somebody push a commit, comment and close", async () => {
  const before = await gitlab.head("proposal");
  await click("push", { as: "ada", path: "more.yaml", content: "a: 1\r\n", message: "More" });
  expect(await gitlab.head("proposal")).not.toBe(before);
  expect(await gitlab.file("more.yaml", "proposal")).toBe("a: 1\n");
  expect((await click("comment", { as: "ada", body: "Not like this" })).text).toContain("Not like this");
  await click("close", { as: "ada" });
  expect(await state()).toMatchObject({ state: "closed", closed_by: { username: "ada" } });
});

it("lets nobody act as the bot, or as who is not of the project", async () => {
  for (const as of ["dfbot", "dfbot-approver", "mallory", "nobody"])
    expect((await click("close", { as })).status).toBe(404);
  expect(await state()).toMatchObject({ state: "opened" });
  expect((await look(`${gitlab.url}/${gitlab.project}/-/merge_requests/99`)).status).toBe(404);
});
