import { describe, expect, it } from "vitest";
import { outcomeOf } from "../../../src/git/merge.ts";
import type { MergeReadiness, MergeRequest } from "../../../src/platform/git.ts";

const head = "a".repeat(40);
const mergeRequest = (given: Partial<MergeRequest> = {}): MergeRequest => ({
  iid: 7,
  url: "https://gitlab.example.com/platform/gitops/-/merge_requests/7",
  title: "Own instance for payments",
  description: "",
  state: "opened",
  sourceBranch: "dfbot/tenant-propose-payments-r1",
  targetBranch: "main",
  fromFork: false,
  head,
  author: "dfbot",
  labels: [],
  readiness: "ready",
  readinessWord: "mergeable",
  pipeline: { state: "none", url: undefined },
  mergedAs: undefined,
  mergedBy: undefined,
  closedBy: undefined,
  updatedAt: "2026-11-28T10:00:00.000Z",
  ...given,
});

describe("what a merge request says of being merged", () => {
  it("is nothing that speaks against it when it is ready at the approved head", () => {
    expect(outcomeOf(mergeRequest(), head)).toBeUndefined();
  });

  it("is merged when it was merged at the approved head, whoever did it", () => {
    expect(outcomeOf(mergeRequest({ state: "merged", mergedBy: "ada" }), head)).toMatchObject({ kind: "merged" });
  });

  it.each(["opened", "merged", "closed", "locked"] as const)("is moved when it is %s at another head", (state) => {
    expect(outcomeOf(mergeRequest({ state, head: "b".repeat(40) }), head)).toMatchObject({ kind: "moved" });
  });

  it.each<readonly [MergeReadiness, string]>([
    ["checking", "not-yet"],
    ["pipeline-running", "not-yet"],
    ["approval-missing", "not-yet"],
    ["draft", "not-yet"],
    ["blocked", "not-yet"],
    ["pipeline-failed", "refused"],
    ["conflict", "refused"],
  ])("when it is %s is %s", (readiness, kind) => {
    const outcome = outcomeOf(mergeRequest({ readiness }), head);
    expect(outcome).toMatchObject({ kind, why: expect.stringMatching(/\w/) });
  });

  it("is refused when it was closed, and not yet while GitLab is at it", () => {
    expect(outcomeOf(mergeRequest({ state: "closed" }), head)).toMatchObject({ kind: "refused" });
    expect(outcomeOf(mergeRequest({ state: "locked" }), head)).toMatchObject({ kind: "not-yet" });
  });
});
