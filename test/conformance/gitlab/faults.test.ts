import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type GitLabSimulation, startGitLab } from "../../../sandbox/gitlab/gitlab.ts";

let gitlab: GitLabSimulation;
beforeEach(async () => {
  gitlab = await startGitLab({ files: new Map([["README.md", "# GitOps\n"]]), mergeStatusTakesMs: 0 });
});
afterEach(() => gitlab.stop());

const route = "PUT projects/:id/merge_requests/:iid/merge";
const send = (method: string, path: string, body?: unknown, signal: AbortSignal | null = null) =>
  fetch(`${gitlab.url}/api/v4/${path}`, {
    method,
    signal,
    headers: { "private-token": gitlab.token("dfbot"), "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const opened = async (branch = "proposal", file = "new.txt") => {
  const sha = await gitlab.people.push("dfbot", { branch, message: "A proposal", files: { [file]: "x\n" } });
  const iid = await gitlab.people.openMergeRequest("dfbot", { sourceBranch: branch, title: "A proposal" });
  return { iid, sha };
};
const merge = (iid: number, sha: string, signal: AbortSignal | null = null) =>
  send("PUT", `projects/1/merge_requests/${iid}/merge`, { sha }, signal);
const mergesOf = async (sha: string) => (await gitlab.history()).filter(({ parents }) => parents[1] === sha);

describe("races", () => {
  it("of ten merges at once, one merges and the others are refused", async () => {
    const { iid, sha } = await opened();
    const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await merge(iid, sha)).status));
    expect(statuses.toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 405)]);
    expect(await mergesOf(sha)).toHaveLength(1);
  });

  it("of two merge requests at once from one branch, one is opened and the other is 409", async () => {
    await gitlab.people.push("dfbot", { branch: "proposal", message: "A proposal", files: { a: "x" } });
    const fields = { title: "x", source_branch: "proposal", target_branch: "main" };
    const answers = await Promise.all([1, 2].map(() => send("POST", "projects/1/merge_requests", fields)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  });

  it("of a push and a merge at once, what is merged is the head that was asked for, or nothing", async () => {
    const { iid, sha } = await opened();
    const [answer] = await Promise.all([
      merge(iid, sha),
      gitlab.people.push("mallory", { branch: "proposal", message: "Sneak", files: { sneak: "x" } }),
    ]);
    expect([200, 409, 405]).toContain(answer.status);
    expect(await mergesOf(sha)).toHaveLength(answer.status === 200 ? 1 : 0);
    expect(await gitlab.file("sneak")).toBeUndefined();
  });

  it("two merge requests into one branch both land when they touch different files", async () => {
    const one = await opened("one", "one.txt");
    const two = await opened("two", "two.txt");
    await merge(one.iid, one.sha);
    await send("GET", `projects/1/merge_requests/${two.iid}`);
    expect((await merge(two.iid, two.sha)).status).toBe(200);
    expect([await gitlab.file("one.txt"), await gitlab.file("two.txt")]).toEqual(["x\n", "x\n"]);
  });
});

describe("faults", () => {
  it("a lost answer: it is done, and the connection is cut", async () => {
    const { iid, sha } = await opened();
    gitlab.faults.add({ on: route, fault: { kind: "lose-answer" }, times: 1 });
    await expect(merge(iid, sha)).rejects.toThrow();
    expect(await mergesOf(sha)).toHaveLength(1);
    expect(gitlab.log.at(-1)).toMatchObject({ outcome: "lost", status: 200, username: "dfbot" });
    expect((await merge(iid, sha)).status).toBe(405);
  });

  it("a cut connection: nothing is done", async () => {
    const { iid, sha } = await opened();
    gitlab.faults.add({ on: route, fault: { kind: "cut" }, times: 1 });
    await expect(merge(iid, sha)).rejects.toThrow();
    expect(await mergesOf(sha)).toHaveLength(0);
    expect((await merge(iid, sha)).status).toBe(200);
  });

  it("no answer, with and without it having been done", async () => {
    const { iid, sha } = await opened();
    const late = () => AbortSignal.timeout(200);
    gitlab.faults.add({ on: route, fault: { kind: "hang", done: false }, times: 1 });
    await expect(merge(iid, sha, late())).rejects.toThrow();
    expect(await mergesOf(sha)).toHaveLength(0);
    gitlab.faults.add({ on: route, fault: { kind: "hang", done: true }, times: 1 });
    await expect(merge(iid, sha, AbortSignal.timeout(2_000))).rejects.toThrow();
    expect(await mergesOf(sha)).toHaveLength(1);
  });

  it("429 says when to come back (https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers)", async () => {
    gitlab.faults.add({ fault: { kind: "rate-limit", retryAfterSeconds: 7 }, times: 1 });
    const answer = await send("GET", "user");
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("7");
    expect(answer.headers.get("ratelimit-remaining")).toBe("0");
    expect(await answer.text()).toBe("Retry later\n");
    expect((await send("GET", "user")).status).toBe(200);
  });

  it.each([500, 502, 503] as const)("%i does nothing", async (status) => {
    const { iid, sha } = await opened();
    const take = gitlab.faults.add({ on: route, fault: { kind: "status", status } });
    expect((await merge(iid, sha)).status).toBe(status);
    expect(await mergesOf(sha)).toHaveLength(0);
    take();
    expect((await merge(iid, sha)).status).toBe(200);
  });

  it("at random, the same seed strikes the same requests", async () => {
    const outcomes = async () => {
      gitlab.faults.atRandom({ seed: 7, rate: 0.5, faults: [{ kind: "cut" }, { kind: "status", status: 503 }] });
      const seen: (number | "cut")[] = [];
      for (let count = 0; count < 12; count++)
        seen.push(
          await send("GET", "user").then(
            ({ status }) => status,
            () => "cut" as const,
          ),
        );
      return seen;
    };
    const first = await outcomes();
    expect(new Set(first)).toEqual(new Set([200, 503, "cut"]));
    expect(await outcomes()).toEqual(first);
    gitlab.faults.clear();
    expect((await send("GET", "user")).status).toBe(200);
  });
});
