import { describe, expect, it } from "vitest";
import { blockProblems } from "../../../sandbox/slack/block-kit.ts";
import { parseView } from "../../../sandbox/slack/view-rules.ts";
import { makePlan, type PlanContents } from "../../../src/approvals/plan.ts";
import { detailsView } from "../../../src/commands/changes/details.ts";
import { type CardParts, runCard } from "../../../src/commands/changes/run-card.ts";
import type { ApprovalCheckpoint, Checkpoint, RunRecord } from "../../../src/runbooks/durable/record.ts";
import { finding, hostileText } from "../../fakes/report.ts";
import { expectEscaped, mrkdwnOf } from "../reports/slack-rules.ts";

const at = "2026-01-02T12:00:00.000Z";
const policy = {
  groups: ["operators", "owners"],
  quorum: 2,
  fromEachGroup: false,
  expiresAfterMinutes: 60,
  remindAfterMinutes: [],
  breakGlass: [],
};

const planWith = (more: Partial<PlanContents> = {}) =>
  makePlan({
    runbook: "tenant-propose",
    target: "tenants/payments",
    title: "Own instance for payments",
    risk: "medium",
    effects: [{ key: "merge-request/12", description: "Merge !12 at 1234abcd into main" }],
    preconditions: [{ id: "head", description: "nobody has pushed to !12", expected: "1234abcd" }],
    url: "https://gitlab.example/platform/dragonfly/-/merge_requests/12",
    ...more,
  });

const asked = (more: Partial<ApprovalCheckpoint> = {}, plan = planWith()): ApprovalCheckpoint => ({
  kind: "approval",
  name: "people",
  askedAt: at,
  expiresAt: "2026-01-02T13:00:00.000Z",
  votes: [],
  digest: plan.digest,
  plan,
  ...more,
});

const vote = (person: string, reason = "") => ({ person, choice: "approve" as const, at, reason });

const run = (more: Partial<RunRecord> = {}): RunRecord => ({
  id: "r-20260102-120000-3fa9c1",
  runbook: "tenant-propose",
  version: 1,
  params: {},
  requester: { surface: "slack", id: "U0ADA" },
  requestedAt: at,
  state: "waiting",
  checkpoints: [asked()],
  conclusion: null,
  ...more,
});

const card = (record: RunRecord, more: Partial<CardParts> = {}) =>
  runCard(record, { title: "Tenant", policy, ...more });
const said = (record: RunRecord, more: Partial<CardParts> = {}) => JSON.stringify(card(record, more));

function expectTaken(record: RunRecord, more: Partial<CardParts> = {}): void {
  const { text: fallback, blocks = [] } = card(record, more);
  expectEscaped(fallback);
  expect(blockProblems(blocks, "message")).toEqual([]);
  expect(parseView(detailsView(record, "Tenant"), "modal")).toHaveProperty("view");
  // Besides the links, mentions and times that are ours nothing is marked up.
  const ours = /<(@U0\w+|https:\/\/gitlab\.example\/[^<>|]*\|Merge request !\d+|!date\^\d+\^[^<>|]*\|[^<>|]*)>/g;
  for (const { text, verbatim } of [...mrkdwnOf(blocks), ...mrkdwnOf(detailsView(record, "Tenant"))]) {
    expect(verbatim).toBe(true);
    expectEscaped(text.replaceAll(ours, ""));
  }
}

describe("the card of a plan with a merge request", () => {
  it("links it, names what is not ok, and counts what is", () => {
    const checks = [
      { id: "a", verdict: "ok" as const, title: "The name is free" },
      { id: "b", verdict: "warn" as const, title: "Half of the quota is used" },
      { id: "c", verdict: "unknown" as const, title: "Cluster apps did not answer" },
      { id: "d", verdict: "ok" as const, title: "The image is pinned" },
    ];
    const text = said(run({ checkpoints: [asked({}, planWith({ checks }))] }));
    expect(text).toContain("<https://gitlab.example/platform/dragonfly/-/merge_requests/12|Merge request !12>");
    expect(text).toMatch(
      /Cluster apps did not answer \(unknown\).*Half of the quota is used \(warning\).*2 checks are ok/,
    );
    expect(text).not.toContain("The image is pinned");
  });

  it.each([
    ["javascript:alert(1)", "Look at it"],
    ["https://gitlab.example/x|y>z/-/merge_requests/7", "Merge request !7"],
  ])("never lets the address %j end the link or be another", (url, words) => {
    const text = said(run({ checkpoints: [asked({}, planWith({ url }))] }));
    expect(text).toContain(words);
    expect(text).not.toMatch(/<javascript|x\|y|y>z/);
  });

  it("says what GitLab says of the merge request, and takes no name there for more than a name", () => {
    const mergeRequest = { iid: 12, url: "https://gitlab.example/x", state: "opened" as const, head: "1234abcd" };
    const open = run({ mergeRequest: { ...mergeRequest, pipeline: "running", approvedBy: ["grace", "<!here>"] } });
    expect(said(open)).toContain("GitLab: !12 is open · pipeline running · approved there by grace, &lt;!here&gt;");
    const merged = {
      ...mergeRequest,
      state: "merged" as const,
      by: "dfbot",
      pipeline: "failed" as const,
      approvedBy: [],
    };
    expect(said(run({ mergeRequest: merged }))).toContain("GitLab: !12 is merged by dfbot · :x: pipeline failed");
    expect(said(run())).not.toContain("GitLab:");
    expectTaken(open);
  });

  it("of a change that is done has its checks as a number only", () => {
    const checks = [
      { id: "a", verdict: "ok" as const, title: "The name is free" },
      { id: "b", verdict: "warn" as const, title: "Half of the quota is used" },
    ];
    const text = said(run({ state: "succeeded", checkpoints: [asked({}, planWith({ checks }))] }));
    expect(text).toContain("1 of 2 checks of the plan were ok · Details has them");
    expect(text).not.toContain("Half of the quota is used");
  });

  it("says how many must still approve once somebody did, and from which group", () => {
    const checkpoints = [asked({ votes: [vote("U0GRACE")] })];
    expect(said(run({ checkpoints }), { missing: { people: 1, groups: ["owners"] } })).toContain(
      "needs 2 of operators, owners · ✔ <@U0GRACE> · *1 more (one from owners)*",
    );
    expect(said(run(), { missing: { people: 2, groups: [] } })).not.toContain("2 more");
  });

  it("says that a question was taken back, why, and whose word that cost", () => {
    const outcome = { state: "voided" as const, at, by: [], reason: "somebody pushed to !12" };
    const first = asked({ name: "people 1", votes: [vote("U0GRACE")], outcome }, planWith({ risk: "low" }));
    const text = said(run({ checkpoints: [first, asked()] }));
    expect(text).toMatch(/does not count any more, nor does what <@U0GRACE> said .*: somebody pushed to !12/);
    // While the new plan is made, the newest question is the voided one.
    expect(said(run({ state: "running", checkpoints: [first] }))).toContain("somebody pushed to !12");
  });

  it("shows what the step at work waits for", () => {
    const step: Checkpoint = { kind: "step", name: "merge", begunAt: at, attempts: 1, result: null };
    expect(said(run({ state: "running", checkpoints: [asked(), step] }), { progress: "the pipeline runs" })).toContain(
      "the pipeline runs",
    );
  });

  it("says what it waits for while it sleeps, and looks again in one word", () => {
    const look = (index: number): Checkpoint => ({
      kind: "step",
      name: "look again",
      begunAt: at,
      doneAt: at,
      attempts: 1,
      result: index,
    });
    const sleep: Checkpoint = { kind: "sleep", name: "waits for the pipeline <!here>", until: at };
    const text = said(
      run({ state: "sleeping", checkpoints: [asked(), look(1), sleep, look(2), sleep, look(3), sleep] }),
    );
    expect(text).toContain(":hourglass_flowing_sand: waits for the pipeline &lt;!here&gt;");
    expect(text).toContain("✔ look again (3 times)");
    expect(said(run({ state: "running", checkpoints: [asked(), sleep] }))).not.toContain("waits for the pipeline");
  });

  it("lists few files, and counts many", () => {
    const file = (index: number) => ({ key: `file/${index}`, description: `new: file-${index}.yaml`, diff: "+x" });
    const of = (count: number) => ({
      effects: [
        ...Array.from({ length: count }, (_, index) => file(index)),
        { key: "merge", description: "Merge !12" },
      ],
    });
    expect(said(run({ checkpoints: [asked({}, planWith(of(2)))] }))).toContain("new: file-1.yaml");
    const many = said(run({ checkpoints: [asked({}, planWith(of(12)))] }));
    expect(many).not.toContain("new: file-1.yaml");
    expect(many).toContain("12 files change, see the diff");
    expect(many).toContain("Merge !12");
  });
});

describe("the card of a run that has ended", () => {
  const next = [{ runbook: "revert", params: { mergeRequest: 12 }, label: "Revert !12" }];
  const ended = (findings: readonly ReturnType<typeof finding>[]) =>
    run({ state: "succeeded", endedAt: at, conclusion: { summary: "Merged as 1234", findings, tables: [] } });

  it("says worst first what is wrong, and does not look like a success", () => {
    const text = said(
      ended([
        finding({ verdict: "warn", title: "The Secret is late" }),
        finding({ verdict: "ok", title: "Flux applied it" }),
        finding({ verdict: "fail", title: "The resource was refused", next }),
      ]),
    );
    expect(text).toMatch(/:red_circle: Done, and something is wrong/);
    expect(text).toMatch(/The resource was refused.*The Secret is late/);
    expect(text).not.toContain("Flux applied it");
    expect(text).not.toContain(":white_check_mark: Done");
  });

  it("offers what findings say would help, as reports do", () => {
    const { blocks = [] } = card(ended([finding({ verdict: "fail", next }), finding({ verdict: "warn", next })]));
    const buttons = blocks.flatMap((block) => (block.type === "actions" ? block.elements : []));
    expect(buttons.filter(({ action_id }) => action_id?.startsWith("report_next_"))).toMatchObject([
      {
        text: { text: "Revert !12" },
        value: expect.stringContaining('"runbook":"revert","params":{"mergeRequest":12}'),
      },
    ]);
  });

  it("is a success when all is well, and not quite when something could not be checked", () => {
    expect(said(ended([finding()]))).toContain(":white_check_mark: Done ·");
    expect(said(ended([finding({ verdict: "unknown" })]))).toContain("something could not be checked");
  });

  it("of a time before there were findings is still shown", () => {
    const old = run({ state: "succeeded", conclusion: { summary: "Saved" } });
    expect(said(old)).toContain("Saved");
    expect(said(run({ state: "failed", conclusion: null }))).toContain(":x: Failed");
  });
});

describe("a card and its details", () => {
  const many = 60;
  const long = "long & <words> ".repeat(40);
  const huge = (text: string): RunRecord => {
    const plan = planWith({
      title: text.slice(0, 300) || "x",
      target: text.slice(0, 300),
      effects: Array.from({ length: many }, (_, index) => ({
        key: `file/${index}`,
        description: text.slice(0, 500) || "x",
        diff: `${text}\n`.repeat(20),
      })),
      preconditions: Array.from({ length: many }, (_, index) => ({
        id: `${index}`,
        description: text || "x",
        expected: text,
      })),
      checks: Array.from({ length: many }, (_, index) => ({
        id: `${index}`,
        verdict: (["fail", "unknown", "warn", "ok"] as const)[index % 4] ?? "ok",
        title: text || "x",
      })),
    });
    const votes = Array.from({ length: many }, (_, index) => vote(`U0V${index}`, text));
    const outcome = { state: "voided" as const, at, by: [], reason: text };
    return run({
      state: "failed",
      failure: { code: "x", message: text, next: text },
      cancel: { by: text, at, reason: text },
      reruns: Array.from({ length: many }, () => ({ by: text, at, from: text })),
      checkpoints: [
        ...Array.from(
          { length: many },
          (_, index): Checkpoint => ({
            kind: "step",
            name: `${index} ${text}`,
            begunAt: at,
            doneAt: at,
            attempts: 2,
            result: null,
          }),
        ),
        ...Array.from({ length: 5 }, (_, index) => asked({ name: `people ${index}`, votes, outcome }, plan)),
        asked({ votes }, plan),
      ],
      conclusion: {
        summary: text,
        tables: [],
        findings: Array.from({ length: many }, (_, index) =>
          finding({
            verdict: (["fail", "unknown", "warn", "ok"] as const)[index % 4] ?? "ok",
            title: text,
            detail: text,
            evidence: [{ command: text, output: text, at }],
            next: [{ runbook: "revert", params: { text }, label: `${index} ${text}` }],
          }),
        ),
      },
    });
  };

  it.each([
    ["a small run", run()],
    ["one with more than there is room for", huge(long)],
    ["one that tries to act on Slack", huge(hostileText.toWellFormed())],
    ["one whose every character is escaped", huge("&".repeat(600))],
  ])("of %s are what Slack takes, and mark up nothing that people wrote", (_, record) => {
    expectTaken(record, { missing: { people: 1, groups: ["owners"] }, progress: long });
    expectTaken({ ...record, state: "waiting" }, { missing: { people: 1, groups: ["owners"] } });
  });

  it("keep the decision, the end and the buttons when there is no room for all", () => {
    const { blocks = [] } = card(huge(long));
    expect(blocks.at(-1)?.type).toBe("actions");
    expect(JSON.stringify(blocks)).toContain("needs 2 of operators, owners");
  });
});
