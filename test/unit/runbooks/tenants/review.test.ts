import { describe, expect, it } from "vitest";
import { type Plan, planSchema } from "../../../../src/approvals/plan.ts";
import { configSchema } from "../../../../src/config/file.ts";
import { requesterOf } from "../../../../src/runbooks/tenants/identity.ts";
import { mergeRequestOf } from "../../../../src/runbooks/tenants/merge-request-of.ts";
import { approved } from "./people.ts";
import { ada, asked, conclusionOf, config, deeds, trial, verdictOf, type World } from "./world.ts";

const path = `${config.tenants.sharedDirectory}/networkpolicy.yaml`;

function byHand({ git }: World, files: Readonly<Record<string, string | null>> = {}, email = ada.emails[0]) {
  git.people.push("by-hand", { [path]: `${git.text("main", path)}# by hand\n`, ...files }, email);
}

function reviewed(prepare: (world: World) => void, options: Parameters<typeof trial>[1] = { decide: () => approved }) {
  const made = trial("review", options, prepare);
  return made.kit.run({ mergeRequest: 1 }).then(({ record }) => ({ record, world: made.world }));
}

describe("a merge request that people opened", () => {
  it("is shown with its diff and its authors, and merged as it was approved", async () => {
    const { record, world } = await reviewed((made) => {
      byHand(made);
      made.git.people.open("by-hand", "ada", "Let *nobody* in <!channel>");
    });
    expect(record.failure).toBeUndefined();
    const plan: Plan = planSchema.parse(asked(record)[0]?.plan);
    expect(plan).toMatchObject({ target: "merge-request/1", authors: ["U0ADA"] });
    expect(plan.effects.some(({ diff }) => diff?.includes("+# by hand"))).toBe(true);
    expect(deeds(world)).toEqual(["note", "merge"]);
    expect(verdictOf(record, "merged.exact")).toBe("ok");
    expect(mergeRequestOf(record)).toEqual({ iid: 1, head: world.git.mergeRequests[0]?.frozen?.head });
  });

  it.each<[string, (world: World) => void, string, RegExp]>([
    [
      "whose author is nobody in Slack",
      (world) => {
        byHand(world);
        world.git.people.open("by-hand", "mallory");
      },
      "review.author-unknown",
      /Nobody can approve !1 here: who @mallory is in Slack is not known/,
    ],
    [
      "with a commit of somebody unknown",
      (world) => {
        byHand(world, {}, "mallory@example.com");
        world.git.people.open("by-hand", "ada");
      },
      "review.author-unknown",
      /mallory@example\.com/,
    ],
    [
      "that touches other files too",
      (world) => {
        byHand(world, { "kubernetes/clusters/infra/kustomization.yaml": "resources: []\n" });
        world.git.people.open("by-hand", "ada");
      },
      "change.refused",
      /kubernetes\/clusters\/infra\/kustomization\.yaml/,
    ],
    [
      "that touches nothing of tenants",
      ({ git }) => {
        git.people.push("by-hand", { "README.md": "# Hello\n" }, ada.emails[0]);
        git.people.open("by-hand", "ada");
      },
      "review.not-tenants",
      /touches nothing of tenants/,
    ],
    [
      "that is a draft",
      (world) => {
        byHand(world);
        world.git.people.open("by-hand", "ada", "Draft: not yet");
      },
      "change.refused",
      /marked as a draft/,
    ],
    [
      "from a fork",
      (world) => {
        byHand(world);
        world.git.people.open("by-hand", "ada", "From afar", { fromFork: true });
      },
      "change.refused",
      /from another project/,
    ],
    [
      "whose files main has changed since",
      (world) => {
        byHand(world);
        world.git.people.open("by-hand", "ada");
        world.git.people.push("main", { [path]: `# First\n${world.git.text("main", path)}` });
      },
      "change.refused",
      /has changed the same files meanwhile/,
    ],
  ])("%s is asked about to nobody, and says why", async (_, prepare, code, words) => {
    const { record, world } = await reviewed(prepare);
    expect(record.failure).toMatchObject({ code, message: expect.stringMatching(words) });
    expect(asked(record)).toEqual([]);
    expect(world.git.did).toEqual([]);
  });

  it("pushed to between asking and approving, is asked about again", async () => {
    let world: World | undefined;
    let times = 0;
    const made = trial(
      "review",
      {
        decide: () => {
          if (times++ === 0) {
            world?.git.people.push("by-hand", { [path]: `${world.git.text("by-hand", path)}# more\n` }, ada.emails[0]);
          }
          return approved;
        },
      },
      (fresh) => {
        byHand(fresh);
        fresh.git.people.open("by-hand", "ada");
      },
    );
    world = made.world;
    const { record } = await made.kit.run({ mergeRequest: 1 });
    expect(record.state).toBe("succeeded");
    expect(asked(record)).toHaveLength(2);
    expect(made.world.git.text("main", path)).toContain("# more");
    expect(deeds(made.world)).toEqual(["note", "merge"]);
  });

  it("that was merged or closed already is said to be, and followed", async () => {
    const merged = await reviewed((made) => {
      byHand(made);
      made.git.people.open("by-hand", "ada");
      made.git.people.merge(1, "grace");
    });
    expect(conclusionOf(merged.record).findings[0]?.id).toBe("merged.outside");
    const closed = await reviewed((made) => {
      byHand(made);
      made.git.people.open("by-hand", "ada");
      made.git.people.close(1, "grace");
    });
    expect(conclusionOf(closed.record).summary).toContain("was closed in GitLab by @grace");
  });

  it("is asked for in its author's name, the same that their clicks have", () => {
    const people = configSchema.parse({ approvals: { people: [ada] } });
    expect(requesterOf({ author: "Ada" }, people)).toEqual({ surface: "webhook", id: "U0ADA" });
    expect(requesterOf({ author: "mallory" }, people)).toEqual({ surface: "webhook", id: "gitlab:mallory" });
  });
});

describe("taking a merge request back", () => {
  it("gives the files back as they were, by a merge request of its own", async () => {
    const before = trial("revert").world.git.text("main", path);
    const { kit, world } = trial("revert", { decide: () => approved }, (made) => {
      byHand(made);
      made.git.people.open("by-hand", "ada");
      made.git.people.merge(1, "ada");
    });
    const { record } = await kit.run({ mergeRequest: 1 });
    expect(record.failure).toBeUndefined();
    expect(deeds(world)).toEqual(["commit", "open", "note", "merge"]);
    expect(world.git.text("main", path)).toBe(before);
    expect(mergeRequestOf(record)?.iid).toBe(2);
  });

  it.each<[string, (world: World) => void, string]>([
    [
      "is refused when its files were changed since",
      ({ git }) => {
        git.people.merge(1, "ada");
        git.people.push("main", { [path]: `${git.text("main", path)}# later\n` });
      },
      "change.refused",
    ],
    ["is refused when it was never merged", () => {}, "revert.not-merged"],
    [
      "is needless when everything is as it was",
      ({ git }) => {
        const text = git.text("main", path) ?? "";
        git.people.merge(1, "ada");
        git.people.push("main", { [path]: text });
      },
      "change.needless",
    ],
  ])("%s", async (_, prepare, code) => {
    const { kit, world } = trial("revert", {}, (made) => {
      byHand(made);
      made.git.people.open("by-hand", "ada");
      prepare(made);
    });
    const { record } = await kit.run({ mergeRequest: 1 });
    expect(record.failure?.code).toBe(code);
    expect(world.git.did).toEqual([]);
  });
});
