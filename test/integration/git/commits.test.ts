import { describe, expect, it } from "vitest";
import { branch, proposalOn, signal, startProject } from "./project.ts";

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
