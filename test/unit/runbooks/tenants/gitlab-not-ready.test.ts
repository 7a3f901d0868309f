import { describe, expect, it } from "vitest";
import { rerunFrom } from "../../../../src/runbooks/durable/rerun.ts";
import { access, mergedIsApproved, policy } from "./people.ts";
import { ada, asked, deeds, trial, type World } from "./world.ts";

describe("when GitLab is not ready", () => {
  it("waits without a worker until it has computed that it can be merged", async () => {
    const { kit, world } = trial("access-allow", {}, ({ git }) => {
      git.rules.lateBy = 9;
    });
    const { record } = await kit.run(access);
    expect(record.state).toBe("succeeded");
    expect(
      record.checkpoints.filter(({ kind, name }) => kind === "sleep" && name === "waits for GitLab").length,
    ).toBeGreaterThan(2);
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);
  });

  it("fails with the link when the pipeline fails, and goes on from there when it was mended", async () => {
    let world: World | undefined;
    const made = trial(
      "access-allow",
      {
        rerun: (record) => {
          world?.git.people.pipeline(1, "succeeded");
          return rerunFrom(record, "U0ADA", made.kit.now());
        },
      },
      ({ git }) => {
        git.rules.pipeline = "failed";
      },
    );
    world = made.world;
    const { record } = await made.kit.run(access);
    expect(record.state).toBe("succeeded");
    expect(record.reruns).toHaveLength(1);
    expect(asked(record)).toHaveLength(1);
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);

    const broken = trial("access-allow", {}, ({ git }) => {
      git.rules.pipeline = "failed";
    });
    const ended = await broken.kit.run(access);
    expect(ended.record.failure).toMatchObject({
      code: "merge-request.pipeline-failed",
      message: expect.stringContaining("/pipelines/1"),
    });
  });

  it("gives GitLab's own approval with the second account", async () => {
    const { kit, world } = trial("access-allow", {}, ({ git }) =>
      Object.assign(git.rules, { approvalsRequired: 1, secondAccount: true }),
    );
    expect((await kit.run(access)).record.state).toBe("succeeded");
    expect(deeds(world)).toEqual(["commit", "open", "note", "approve", "merge"]);
  });

  it("says which approval is missing in GitLab when there is no second account, and merges once it is given", async () => {
    let world: World | undefined;
    const waits: string[] = [];
    const made = trial(
      "access-allow",
      {
        meanwhile: (record) => {
          const last = record.checkpoints.at(-1);
          if (last?.kind === "sleep") waits.push(last.name);
          if (waits.length === 3 && world?.git.mergeRequests[0]?.approvedBy.length === 0)
            world.git.people.approve(1, "grace");
          return record;
        },
      },
      ({ git }) => {
        git.rules.approvalsRequired = 1;
      },
    );
    world = made.world;
    const { record } = await made.kit.run(access);
    expect(record.state).toBe("succeeded");
    expect(waits[0]).toBe(
      "waits for 1 more approval in GitLab, by somebody who may give it there (no second account is configured)",
    );
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);
  });

  it("notices a push while it waits, and asks again", async () => {
    let world: World | undefined;
    let looked = 0;
    const made = trial(
      "access-allow",
      {
        meanwhile: (record) => {
          const last = record.checkpoints.at(-1);
          if (last?.kind === "sleep" && looked++ === 1) {
            const branch = world?.git.mergeRequests[0]?.sourceBranch ?? "";
            const text = world?.git.text(branch, policy) ?? "";
            if (world !== undefined) world.git.rules.pipeline = "succeeded";
            world?.git.people.push(branch, { [policy]: `${text}# late\n` }, ada.emails[0]);
          }
          return record;
        },
      },
      ({ git }) => {
        git.rules.pipeline = "running";
      },
    );
    world = made.world;
    const { record } = await made.kit.run(access);
    expect(record.state).toBe("succeeded");
    expect(asked(record)).toHaveLength(2);
    expect(deeds(world).filter((one) => one === "merge")).toHaveLength(1);
    expect(mergedIsApproved(world)).toBe(true);
  });

  it("gives up after a day, and says what GitLab says", async () => {
    const { kit } = trial("access-allow", {}, ({ git }) => {
      git.rules.pipeline = "running";
    });
    const { record } = await kit.run(access);
    expect(record.failure).toMatchObject({
      code: "merge-request.not-ready",
      message: expect.stringContaining("pipeline-running"),
    });
  }, 60_000);
});
