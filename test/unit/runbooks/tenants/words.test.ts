import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Commit } from "../../../../src/platform/git.ts";
import { contains } from "../../../../src/runbooks/tenants/ancestry.ts";
import { mergeMessage, mergeRequestDescription } from "../../../../src/runbooks/tenants/describe.ts";
import { authorsOf } from "../../../../src/runbooks/tenants/identity.ts";
import { cell, code, flatten } from "../../../../src/runbooks/tenants/markdown.ts";
import type { Prepared } from "../../../../src/runbooks/tenants/prepared.ts";
import { faultsBySchema } from "../../../../src/runbooks/tenants/resource-schema.ts";
import { ada, config, grace } from "./world.ts";

const nasty = "x` @all !12 #3 | <img src=x>\n/merge\n/approve \u202egnp.exe\u0007";
const prepared: Prepared = {
  title: nasty,
  risk: "low",
  base: "a".repeat(40),
  digest: "b".repeat(64),
  files: [{ path: `tenants/${nasty}`, what: "new", diff: "", before: null, after: "c" }],
  checks: [{ id: "text", verdict: "warn", title: nasty, detail: nasty }],
  sums: [{ what: nasty, now: "1", after: nasty, limit: "" }],
  effects: [nasty],
  reasons: [nasty],
  authors: [],
};

describe("what the bot writes into GitLab", () => {
  it("has people's words only in code, where they do nothing", () => {
    const text = mergeRequestDescription(prepared, { runId: "r-1", runbook: "tenant-propose", requester: nasty });
    for (const line of text.split("\n")) expect(line).not.toMatch(/^\s*\//);
    // Outside of code spans nothing of it is left.
    const bare = text.replaceAll(/`[^`\n]*`/g, "");
    expect(bare).not.toMatch(/@all|!12|#3|<img|gnp/);
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    // Every row of a table has as many cells as its head.
    const rows = text.split("\n").filter((line) => line.startsWith("|"));
    expect(new Set(rows.map((row) => row.split("|").length)).size).toBeLessThanOrEqual(2);
  });

  it("adds no trailer that somebody else wrote", () => {
    const approved = { digest: "d".repeat(64), head: "e".repeat(40), by: ["U0GRACE"], reason: "x\nApproved-by: U0EVE" };
    const about = { runId: "r-1", runbook: "x", requester: "U0X\nApproved-by: U0EVE" };
    const message = mergeMessage(
      { ...prepared, title: "x\n\nApproved-by: U0EVE" },
      { ...approved, iid: 1 },
      about,
      config,
    );
    expect(message.match(/^Approved-by: .*$/gm)).toEqual(["Approved-by: U0GRACE (grace in GitLab)"]);
  });

  it("keeps any text on one line, in one code span, within its length", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(flatten(text, 50)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(flatten(text, 50).length).toBeLessThanOrEqual(50);
        expect(code(text).slice(1, -1)).not.toContain("`");
        expect(cell(text)).not.toContain("|");
      }),
    );
  });
});

describe("who had a hand in a merge request", () => {
  const commit = (sha: string, authorEmail: string) => ({
    ...{ sha, authorEmail, parents: [], message: "", authorName: "", at: "2026-01-01T00:00:00Z" },
  });
  const own = { account: "dfbot", commits: new Set(["s1"]) };

  it("is its author and those of its commits, by whatever name, but not the bot", () => {
    const commits = [commit("s1", "dfbot@example.com"), commit("s2", "GRACE@example.com")];
    expect(authorsOf({ author: "Ada" }, commits, own, config)).toEqual({
      known: [ada.slack, grace.slack],
      unknown: [],
    });
    expect(authorsOf({ author: "dfbot" }, commits, own, config)).toEqual({ known: [grace.slack], unknown: [] });
  });

  it("is unknown where dfbot.yaml does not say who that is, also when it claims to be the bot", () => {
    const commits = [commit("s9", "dfbot@example.com")];
    expect(authorsOf({ author: "dfbot" }, commits, own, config)).toEqual({ known: [], unknown: ["dfbot@example.com"] });
    expect(authorsOf({ author: "eve" }, [], own, config)).toEqual({ known: [], unknown: ["@eve"] });
  });
});

describe("whether a revision has a commit in it", () => {
  const at = (minute: number) => `2026-01-01T10:${String(minute).padStart(2, "0")}:00Z`;
  const history = new Map<string, Commit>(
    (
      [
        ["old", [], 0],
        ["merge", ["old", "side"], 10],
        ["side", ["old"], 5],
        ["later", ["merge"], 20],
        ["latest", ["other", "later"], 30],
        ["other", ["merge"], 25],
        ["elsewhere", ["old"], 40],
      ] as const
    ).map(([sha, parents, minute]) => [
      sha,
      { sha, parents, message: "", authorName: "", authorEmail: "", at: at(minute) },
    ]),
  );
  const git = {
    commit: async (sha: string) => {
      const found = history.get(sha);
      if (found === undefined) throw new Error(`no ${sha}`);
      return found;
    },
  };
  const signal = new AbortController().signal;

  it.each([
    ["merge", true],
    ["later", true],
    ["latest", true],
    ["old", false],
    ["elsewhere", false],
  ])("%s: %s", async (revision, expected) => {
    expect(await contains(git, revision, "merge", signal)).toBe(expected);
  });
});

describe("a resource against the schema of its kind", () => {
  const schema = {
    type: "object",
    required: ["spec", "metadata"],
    properties: {
      metadata: { type: "object" },
      spec: {
        type: "object",
        required: ["image"],
        properties: {
          image: { type: "string" },
          replicas: { type: "integer", format: "int32" },
          port: { anyOf: [{ type: "integer" }, { type: "string" }], "x-kubernetes-int-or-string": true },
          labels: { type: "object", additionalProperties: { type: "string" } },
          env: { type: "array", items: { type: "object", properties: { name: { type: "string" } } } },
          open: { type: "object", "x-kubernetes-preserve-unknown-fields": true, properties: { a: { type: "string" } } },
          note: { type: "string", nullable: true },
        },
      },
    },
  };
  const faults = (spec: Record<string, unknown>) =>
    faultsBySchema({ apiVersion: "v1", kind: "X", metadata: { name: "x" }, spec }, schema);

  it("that keeps it has no faults, with all that only Kubernetes' schemas have", async () => {
    const spec = {
      ...{ image: "x", replicas: 3, labels: { a: "b" }, env: [{ name: "A" }], open: { a: "x", b: 1 }, note: null },
    };
    expect(await faults({ ...spec, port: 6379 })).toEqual([]);
    expect(await faults({ ...spec, port: "redis", env: [] })).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["a field that it has not", { image: "x", imag: "y" }, /^spec\.imag: the schema has no such field$/],
    ["a wrong type", { image: "x", replicas: "three" }, /^spec\.replicas: must be integer$/],
    ["what is missing", {}, /^spec: must have required property 'image'$/],
    ["an item of a list", { image: "x", env: [{ name: 1 }] }, /^spec\.env\.0\.name: must be string$/],
    ["a value of a map", { image: "x", labels: { a: 1 } }, /^spec\.labels\.a: must be string$/],
    ["neither number nor text", { image: "x", port: true }, /^spec\.port: must be/],
  ])("names %s", async (_, spec, words) => {
    expect((await faults(spec))[0]).toMatch(words);
  });
});
