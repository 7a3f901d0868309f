import { afterAll, describe, expect, it } from "vitest";
import type { Fault } from "../../../sandbox/gitlab/faults.ts";
import {
  branch,
  type GitTest,
  mergeRequestProposal,
  mergesOf,
  proposalOn,
  proposed,
  signal,
  startProject as start,
} from "./project.ts";

/** Every fault at every write: what is asked for is there once, whatever became of the answer. */

const faults: readonly (readonly [string, Fault])[] = [
  ["its answer is lost", { kind: "lose-answer" }],
  ["the connection is cut before it", { kind: "cut" }],
  ["it is done and no answer ever comes", { kind: "hang", done: true }],
  ["nothing is done and no answer ever comes", { kind: "hang", done: false }],
  ["GitLab answers 500", { kind: "status", status: 500 }],
  ["a proxy answers 502", { kind: "status", status: 502 }],
  ["GitLab answers 503", { kind: "status", status: 503 }],
  ["GitLab asks to wait a second", { kind: "rate-limit", retryAfterSeconds: 1 }],
];
/** What hangs is given up soon. */
const startProject = (options: Parameters<typeof start>[0] = {}) =>
  start(options, { readTimeoutMs: 1_500, writeTimeoutMs: 1_000 }, (stop) => stops.push(stop));
const stops: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(stops.map((stop) => stop())));
const merge = (test: GitTest, { iid, head }: { iid: number; head: string }) =>
  test.git.changes.merge(iid, { head, message: "Merge payments" }, signal());

// Most of the time is spent waiting, so they do it together.
describe.concurrent.each(faults)("when %s", (_what, fault) => {
  const strike = (test: GitTest, on: string) => test.gitlab.faults.add({ on, fault, times: 1 });

  it("a commit is there once", async () => {
    const test = await startProject();
    strike(test, "POST projects/:id/repository/commits");
    const proposal = await proposalOn(test.gitlab);
    const sha = await test.git.changes.commit(proposal, signal());
    expect(await test.gitlab.head(branch)).toBe(sha);
    expect((await test.gitlab.history(branch))[0]?.parents).toEqual([proposal.base]);
  });

  it("a commit that takes another's place is there once", async () => {
    const test = await startProject();
    await test.git.changes.commit(await proposalOn(test.gitlab), signal());
    await test.gitlab.people.push("grace", { branch: "main", message: "Meanwhile", files: { other: "x" } });
    strike(test, "POST projects/:id/repository/commits");
    const proposal = await proposalOn(test.gitlab);
    const sha = await test.git.changes.commit(proposal, signal());
    expect((await test.gitlab.history(branch))[0]).toMatchObject({ sha, parents: [proposal.base] });
  });

  it("a merge request is open once", async () => {
    const test = await startProject();
    await test.git.changes.commit(await proposalOn(test.gitlab), signal());
    strike(test, "POST projects/:id/merge_requests");
    const { iid } = await test.git.changes.openMergeRequest(mergeRequestProposal, signal());
    expect((await test.git.reader.openMergeRequests("main", signal())).map((each) => each.iid)).toEqual([iid]);
  });

  it("a merge request has its new text", async () => {
    const test = await startProject();
    const { iid } = await proposed(test);
    strike(test, "PUT projects/:id/merge_requests/:iid");
    await test.git.changes.openMergeRequest({ ...mergeRequestProposal, title: "New" }, signal());
    expect(await test.git.reader.mergeRequest(iid, signal())).toMatchObject({ title: "New" });
  });

  it("a note is there once", async () => {
    const test = await startProject();
    const { iid } = await proposed(test);
    strike(test, "POST projects/:id/merge_requests/:iid/notes");
    await test.git.changes.note(iid, "m", "Approved by Ada.", signal());
    await test.git.changes.note(iid, "m", "Approved by Ada.", signal());
    const done = test.gitlab.log.filter(
      ({ method, route, status }) => method === "POST" && route.endsWith("/notes") && status === 201,
    );
    expect(done).toHaveLength(1);
  });

  it("an approval is given", async () => {
    const test = await startProject({ approvalsRequired: 1 });
    const { iid, head } = await proposed(test);
    strike(test, "POST projects/:id/merge_requests/:iid/approve");
    expect(await test.git.changes.approve(iid, head, signal())).toEqual({ kind: "approved" });
    expect(await test.git.reader.approvals(iid, signal())).toEqual({ missing: 0, by: ["dfbot-approver"] });
  });

  it("a merge is made once, and the outcome says what is true", async () => {
    const test = await startProject();
    const request = await proposed(test);
    strike(test, "PUT projects/:id/merge_requests/:iid/merge");
    const first = await merge(test, request);
    const made = (await mergesOf(test.gitlab)).length;
    expect(first.kind).toBe(made === 1 ? "merged" : "not-yet");
    expect(await merge(test, request)).toMatchObject({ kind: "merged", mergeRequest: { head: request.head } });
    expect(await mergesOf(test.gitlab)).toHaveLength(1);
  });

  it("a merge request is closed and its branch gone", async () => {
    const test = await startProject();
    const { iid } = await proposed(test);
    strike(test, "PUT projects/:id/merge_requests/:iid");
    strike(test, "DELETE projects/:id/repository/branches/:branch");
    expect(await test.git.changes.close(iid, signal())).toMatchObject({ state: "closed" });
    expect(await test.gitlab.head(branch)).toBeUndefined();
  });

  it("a read is made again", async () => {
    const test = await startProject();
    strike(test, "GET projects/:id/repository/branches/:branch");
    expect(await test.git.reader.head("main", signal())).toBe(await test.gitlab.head());
  });
});

describe("what does not pass", () => {
  it("ends in an error with a code, and a write is not begun more than three times", async () => {
    const test = await startProject();
    test.gitlab.faults.add({ on: "POST projects/:id/repository/commits", fault: { kind: "status", status: 503 } });
    await expect(test.git.changes.commit(await proposalOn(test.gitlab), signal())).rejects.toMatchObject({
      code: "git.server-error",
    });
    expect(test.gitlab.log.filter(({ method }) => method === "POST")).toHaveLength(3);
  });

  it("a long wait that GitLab asks for is an error with its time, also of a merge, which is done later", async () => {
    const test = await startProject();
    const request = await proposed(test);
    const clear = test.gitlab.faults.add({
      on: "PUT projects/:id/merge_requests/:iid/merge",
      fault: { kind: "rate-limit", retryAfterSeconds: 600 },
    });
    await expect(merge(test, request)).rejects.toMatchObject({
      code: "git.rate-limited",
      message: expect.stringMatching(/until 20\d\d-/),
    });
    clear();
    const later = test.bot();
    expect(await merge({ ...test, git: later }, request)).toMatchObject({ kind: "merged" });
  });

  it("a signal that aborts in the middle of a write stops it, and the next one finds what was done", async () => {
    const test = await startProject();
    const proposal = await proposalOn(test.gitlab);
    test.gitlab.faults.add({
      on: "POST projects/:id/repository/commits",
      fault: { kind: "hang", done: true },
      times: 1,
    });
    const stop = new AbortController();
    const stopped = expect(test.git.changes.commit(proposal, stop.signal)).rejects.toThrow("stopping");
    await expect.poll(() => test.gitlab.log.at(-1)?.outcome).toBe("hanging");
    stop.abort(new Error("stopping"));
    await stopped;
    expect(await test.git.changes.commit(proposal, signal())).toBe(await test.gitlab.head(branch));
    expect(test.gitlab.log.filter(({ method }) => method === "POST")).toHaveLength(1);
  });
});

describe("a change among faults at random", () => {
  it.each([1, 2, 3, 4, 5, 6])(
    "comes through as one branch, one merge request, one note, one merge (seed %i)",
    async (seed) => {
      const test = await startProject({ approvalsRequired: 1, mergeStatusTakesMs: 20, pipeline: { takesMs: 50 } });
      const proposal = await proposalOn(test.gitlab);
      test.gitlab.faults.atRandom({
        seed,
        rate: 0.25,
        faults: [
          { kind: "lose-answer" },
          { kind: "cut" },
          { kind: "status", status: 500 },
          { kind: "status", status: 502 },
          { kind: "delay", ms: 20 },
        ],
      });
      const bots = [test.bot(), test.bot()] as const;
      /** Two processes that do the same, until it is done; a process that died would begin again in the same way. */
      const until = async <T>(work: (git: (typeof bots)[number]) => Promise<T>, done: (value: T) => boolean) => {
        const tryOn = async (git: (typeof bots)[number]) => {
          for (let attempt = 0; attempt < 60; attempt++) {
            const value = await work(git).catch((error: unknown) => {
              if (/^git\.(unreachable|timeout|server-error|refused)$/.test(Object(error).code)) return undefined;
              throw error;
            });
            if (value !== undefined && done(value)) return value;
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
          return expect.unreachable("it never came through");
        };
        return Promise.all(bots.map(tryOn));
      };
      const heads = await until(
        (git) => git.changes.commit(proposal, signal()),
        () => true,
      );
      const head = (await test.gitlab.head(branch)) ?? "";
      expect(heads).toContain(head);
      const opened = await until(
        (git) => git.changes.openMergeRequest(mergeRequestProposal, signal()),
        () => true,
      );
      const iid = opened[0]?.iid ?? 0;
      await until((git) => git.changes.note(iid, "m", "Approved.", signal()).then(() => true), Boolean);
      await until(
        (git) => git.changes.approve(iid, head, signal()),
        ({ kind }) => kind === "approved",
      );
      const wanted = { head, message: "Merge payments" };
      const outcomes = await until(
        (git) => git.changes.merge(iid, wanted, signal()),
        ({ kind }) => kind !== "not-yet",
      );
      expect(outcomes.map(({ kind, mergeRequest }) => [kind, mergeRequest.head])).toEqual([
        ["merged", head],
        ["merged", head],
      ]);
      test.gitlab.faults.clear();
      await test.git.changes.note(iid, "m", "Approved.", signal());
      const merges = await mergesOf(test.gitlab);
      expect(merges).toHaveLength(1);
      expect((await test.gitlab.history())[0]?.parents).toEqual([proposal.base, head]);
      expect(new Set(opened.map((each) => each.iid)).size).toBe(1);
      const notes = test.gitlab.log.filter(
        ({ method, route, status }) =>
          route.includes("/notes") && (method === "POST" ? status === 201 : method === "DELETE" && status === 204),
      );
      const made = notes.filter(({ method }) => method === "POST").length;
      const removed = notes.filter(({ method }) => method === "DELETE").length;
      expect(made - removed).toBe(1);
    },
  );
});
