import { describe, expect, it, vi } from "vitest";
import { configSchema } from "../../../src/config/file.ts";
import { type LookDeps, lookAt, reviewIdOf } from "../../../src/merge-requests/look.ts";
import { createMergeRequestWatch } from "../../../src/merge-requests/watch.ts";
import { newRun, type RunRecord } from "../../../src/runbooks/durable/record.ts";
import { fakeGit } from "../../fakes/git.ts";

const at = new Date("2026-01-02T12:00:00Z");
const later = new Date("2026-01-02T13:00:00Z");
const signal = new AbortController().signal;
const folder = "kubernetes/workloads/platform/databases/tenants";
const files = new Map([
  [`${folder}/kustomization.yaml`, "resources: []\n"],
  ["README.md", "words\n"],
]);

/** A Git project with one merge request, the runs there are, and everything that a look does to either. */
function setUp() {
  const git = fakeGit(files, { now: () => at });
  const runs = new Map<string, RunRecord>();
  const said: string[] = [];
  const shown: string[] = [];
  const reviews: { id: string; iid: number; requester: { id: string } }[] = [];
  const deps: LookDeps = {
    config: configSchema.parse({ approvals: { people: [{ slack: "U0GRACE", gitlab: "grace" }] } }),
    git: git.reader,
    changes: git.changes,
    touchesTenants: (path) => path.startsWith(folder),
    driver: {
      voidApproval: async (id, digest, reason) => {
        said.push(`void ${id} ${digest}: ${reason}`);
        const record = runs.get(id);
        const last = record?.checkpoints.at(-1);
        if (record === undefined || last?.kind !== "approval" || last.outcome !== undefined) return;
        const outcome = { state: "voided" as const, at: at.toISOString(), by: [], reason };
        runs.set(id, { ...record, checkpoints: record.checkpoints.with(-1, { ...last, outcome }) });
      },
      amend: async (id, edit) => {
        const record = runs.get(id);
        if (record === undefined) throw new Error(`no run ${id}`);
        const edited = edit(record);
        runs.set(id, edited);
        return edited;
      },
    },
    review: async (wanted) => void reviews.push(wanted),
    say: async (_record, text) => void said.push(text),
    show: ({ id }) => void shown.push(id),
    now: () => at,
  };
  const ours = async () => {
    const head = await git.changes.commit(
      {
        branch: "dfbot/tenant-propose-payments-r-1",
        base: (await git.reader.head("main", signal)) ?? "",
        message: "Payments\n\nDfbot-Run: r-1",
        edits: [{ path: `${folder}/payments/tenant.yaml`, before: null, after: "kind: ConfigMap\n" }],
      },
      signal,
    );
    const proposal = { title: "Payments", description: "", labels: [], reviewers: [], targetBranch: "main" };
    const sourceBranch = "dfbot/tenant-propose-payments-r-1";
    const { iid } = await git.changes.openMergeRequest({ ...proposal, sourceBranch }, signal);
    return { iid, head };
  };
  const run = (id: string, more: Partial<RunRecord>) => {
    const requester = { surface: "slack", id: "U0ADA" } as const;
    const params = { name: "payments" };
    runs.set(id, { ...newRun({ id, runbook: "tenant-propose", version: 1, params, requester }, at), ...more });
  };
  const look = (iid: number) => lookAt(iid, [...runs.values()], deps, signal);
  const theirs = (path: string, title = "A change by hand") => {
    git.people.push("theirs", { [path]: "kind: ConfigMap\n" });
    return git.people.open("theirs", "grace", title);
  };
  return { theirs, git, runs, said, shown, reviews, deps, ours, run, look };
}

const opened = (iid: number, head: string): RunRecord["checkpoints"][number] => ({
  kind: "step",
  name: "open the merge request",
  effect: true,
  begunAt: at.toISOString(),
  attempts: 1,
  doneAt: at.toISOString(),
  result: { iid, head },
});
const asking = (iid: number, head: string): RunRecord["checkpoints"][number] => ({
  kind: "approval",
  name: "approval",
  askedAt: at.toISOString(),
  expiresAt: later.toISOString(),
  votes: [{ person: "U0GRACE", choice: "approve", at: at.toISOString(), reason: "" }],
  digest: "d".repeat(64),
  plan: { effects: [{ key: `merge-request/${iid}/merge/${head}` }] },
});

describe("a look at a merge request that a run asks about", () => {
  it("shows on the card how it is, once, and says nothing while nothing happens", async () => {
    const world = setUp();
    const { iid, head } = await world.ours();
    world.run("r-1", { state: "waiting", checkpoints: [opened(iid, head)] });
    await world.look(iid);
    await world.look(iid);
    expect(world.runs.get("r-1")?.mergeRequest).toMatchObject({ iid, state: "opened", head, approvedBy: [] });
    expect(world.shown).toEqual(["r-1"]);
    expect(world.said).toEqual([]);
  });

  it("voids the question once when somebody pushed", async () => {
    const world = setUp();
    const { iid, head } = await world.ours();
    world.run("r-1", { state: "waiting", checkpoints: [opened(iid, head), asking(iid, head)] });
    await world.look(iid);
    world.git.people.push("dfbot/tenant-propose-payments-r-1", { "README.md": "other words\n" });
    await world.look(iid);
    await world.look(iid);
    expect(world.said.filter((text) => text.startsWith("void r-1"))).toHaveLength(1);
  });

  it("wakes a run that waits for GitLab when somebody approves there", async () => {
    const world = setUp();
    const { iid, head } = await world.ours();
    const sleep = { kind: "sleep", name: "waits", until: later.toISOString() } as const;
    world.run("r-1", { state: "sleeping", wakeAt: sleep.until, checkpoints: [opened(iid, head), sleep] });
    await world.look(iid);
    world.runs.set("r-1", {
      ...(world.runs.get("r-1") as RunRecord),
      wakeAt: sleep.until,
      checkpoints: [opened(iid, head), sleep],
    });
    world.git.people.approve(iid, "grace");
    await world.look(iid);
    expect(world.runs.get("r-1")?.wakeAt).toBe(at.toISOString());
    expect(world.said).toEqual(["Approved in GitLab by grace."]);
  });
});

describe("a look at a merge request that no run is about", () => {
  it("has what people opened for a tenant reviewed, once for a head, in the name of its author", async () => {
    const world = setUp();
    const iid = world.theirs(`${folder}/payments/tenant.yaml`);
    await world.look(iid);
    const id = reviewIdOf(iid, (await world.git.reader.mergeRequest(iid, signal)).head);
    expect(world.reviews).toEqual([{ id, iid, requester: { surface: "webhook", id: "U0GRACE" } }]);
    world.run(id, { state: "rejected" });
    await world.look(iid);
    expect(world.reviews).toHaveLength(1);
  });

  it("leaves alone what has nothing to do with tenants, and drafts", async () => {
    const world = setUp();
    await world.look(world.theirs("README.md"));
    await world.look(world.theirs(`${folder}/x/tenant.yaml`, "Draft: it"));
    expect(world.reviews).toEqual([]);
  });

  it("closes one of the bot's own that was decided against, and says why; not one that failed and may go on", async () => {
    const world = setUp();
    const { iid, head } = await world.ours();
    world.run("r-1", { state: "failed", checkpoints: [opened(iid, head)] });
    await world.look(iid);
    expect((await world.git.reader.mergeRequest(iid, signal)).state).toBe("opened");
    world.run("r-1", { state: "rejected", checkpoints: [opened(iid, head)] });
    await world.look(iid);
    expect((await world.git.reader.mergeRequest(iid, signal)).state).toBe("closed");
  });
});

describe("the watch", () => {
  it("looks at all there is when it starts, and goes on after a look that failed", async () => {
    const world = setUp();
    const iid = world.theirs(`${folder}/payments/tenant.yaml`);
    const trouble: unknown[] = [];
    let broken = true;
    const runs = async () => {
      if (broken) throw new Error("the cluster is away");
      return [...world.runs.values()];
    };
    const watch = createMergeRequestWatch({ ...world.deps, runs, onTrouble: (error) => trouble.push(error) });
    watch.start();
    await expect.poll(() => trouble.length).toBe(1);
    broken = false;
    watch.hint({ branch: "somebody-elses" });
    watch.hint({ mergeRequest: iid });
    await expect.poll(() => world.reviews.length).toBe(1);
    await watch.stop();
  });

  it("finds out by itself, within the time that the configuration says, what no webhook told", async () => {
    vi.useFakeTimers();
    try {
      const world = setUp();
      const runs = async () => [...world.runs.values()];
      const watch = createMergeRequestWatch({ ...world.deps, runs, onTrouble: () => undefined });
      watch.start();
      await vi.advanceTimersByTimeAsync(1_000);
      world.theirs(`${folder}/payments/tenant.yaml`);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(world.reviews).toEqual([]);
      await vi.advanceTimersByTimeAsync(31_000);
      expect(world.reviews).toHaveLength(1);
      await watch.stop();
    } finally {
      vi.useRealTimers();
    }
  });
});
