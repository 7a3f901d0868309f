import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { helpText, interpret } from "../../../src/commands/interpret.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { defineRunbook } from "../../../src/runbooks/define.ts";
import { previews, tenantChanges } from "../../fakes/tenant-runbooks.ts";

const say = (text: string) => {
  const intent = interpret(text, catalog);
  return intent.kind === "say" ? intent.text : `does ${JSON.stringify(intent)}`;
};

describe("a line after /dragonfly", () => {
  it.each([
    ["status", { kind: "run", runbook: "status", share: false }],
    ["STATUS", { kind: "run", runbook: "status", share: false }],
    ["role orders", { kind: "run", runbook: "role", params: { instance: "orders" }, share: false }],
    ["role instance=orders", { kind: "run", runbook: "role", params: { instance: "orders" } }],
    ["run role orders --share", { kind: "run", runbook: "role", params: { instance: "orders" }, share: true }],
    ["run ROLE", { kind: "run", runbook: "role" }],
    [
      "connectivity harbor --from pod/web-0 --credentials secret/dragonfly-harbor dragonfly",
      {
        kind: "run",
        runbook: "connectivity",
        params: {
          namespace: "harbor",
          from: "pod/web-0",
          credentials: "secret/dragonfly-harbor",
          instance: "dragonfly",
        },
      },
    ],
    [
      "run connectivity --matrix --cluster infra",
      { kind: "run", runbook: "connectivity", params: { matrix: true, cluster: "infra" } },
    ],
  ])("%j is a run", (line, intent) => {
    expect(interpret(line, catalog)).toMatchObject(intent);
  });

  it.each([
    ["rol", "Did you mean `/dragonfly role`?"],
    ["hlep", "Did you mean `/dragonfly help`?"],
    ["run", "Which runbook?"],
    ["run nothing-like-it", "There is no runbook “nothing-like-it”."],
  ])("%j is answered with one line", (line, words) => {
    expect(say(line)).toContain(words);
    expect(say(line).split("\n")).toHaveLength(1);
  });

  it.each(["status a;b", "status $(id)", "status `id`", "status ../etc", "status a|b", "status 'a b'", "status A_B"])(
    "%j does not run, and says how to write it",
    (line) => {
      expect(say(line)).toMatch(/instance: found .*\nUsage: `\/dragonfly status \[instance\]`/s);
    },
  );

  it("says what may stand beside it when it does not run", () => {
    expect(say("connectivity")).toContain(
      "Usage: `/dragonfly connectivity [namespace] [instance] [cluster=…] [from=…] [credentials=…] [user=…] [--matrix]`",
    );
  });

  it("of any kind never throws, and never lets Slack act on what was typed", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), (line) => {
        const said = say(`x${line}`);
        // Only the escaped forms may stay: a mention, a channel call and a link all begin with a bare angle bracket.
        expect(said.replace(/<(runbook|param)[^<>]*>|\[param=value …\]>/g, "")).not.toMatch(/<[!@#h]/);
      }),
      { numRuns: 500 },
    );
    for (const acting of ["<!channel>", "<@U0ADA>", "<https://evil.example|ok>", "<#C0OPS>"]) {
      for (const line of [acting, `run ${acting}`, `status ${acting}`, `status ${acting}=1`])
        expect(say(line)).not.toMatch(/<[!@#h]/);
    }
  });
});

describe("a change whose plan can be seen", () => {
  const all = [...catalog, ...previews, ...tenantChanges];
  const complete = "namespace=payments-prod owner=x purpose=x memory=2Gi";

  it.each([
    `tenant propose payments ${complete}`,
    `tenant-propose payments ${complete}`,
    `run tenant propose payments ${complete}`,
  ])("%j shows its plan first", (line) => {
    expect(interpret(line, all)).toMatchObject({
      kind: "preview",
      runbook: "tenant-propose",
      params: { name: "payments", replicas: 3 },
    });
  });

  it.each([
    ["tenant propose", "tenant-propose", {}],
    ["TENANT Propose payments memory=2GB", "tenant-propose", { name: "payments", memory: "2GB" }],
    ["tenant propose payments --sensitive", "tenant-propose", { name: "payments", sensitive: true }],
    ["revert", "revert", {}],
    ["revert twelve", "revert", { mergeRequest: "twelve" }],
  ])("%j asks for what is missing or not allowed", (line, runbook, given) => {
    expect(interpret(line, all)).toEqual({ kind: "form", runbook, given });
  });

  it("is not asked for by a form when it was given what it does not take", () => {
    const intent = interpret("tenant propose payments colour=red", all);
    expect(intent).toMatchObject({ kind: "say" });
    expect(intent.kind === "say" && intent.text).toContain("has no parameter");
    expect(intent.kind === "say" && intent.text).toContain("Usage: `/dragonfly tenant propose [name]`");
  });

  it.each([
    ["tenant", ["• `/dragonfly tenant propose [name]` — Proposes", "• `/dragonfly tenant resize [name]` — Resizes"]],
    ["tenant propos x", ["I do not know “tenant propos”. Did you mean `/dragonfly tenant propose`?"]],
    ["tenannt", ["Did you mean `/dragonfly tenant`?"]],
  ])("%j is answered with what there is", (line, lines) => {
    const intent = interpret(line, all);
    for (const words of lines) expect(intent.kind === "say" && intent.text).toContain(words);
  });

  it("has a preview that runs by its name and is in no list", () => {
    expect(interpret("plan-revert 12", all)).toMatchObject({
      kind: "run",
      runbook: "plan-revert",
      params: { mergeRequest: 12 },
    });
    expect(helpText(all)).not.toContain("plan-");
    expect(interpret("runbooks", all)).not.toMatchObject({ text: expect.stringContaining("plan-") });
    expect(interpret("runbooks", all)).toMatchObject({ text: expect.stringContaining("*tenant propose* (change)") });
  });
});

describe("help", () => {
  it("lists what there is and nothing that a later version may bring", () => {
    const text = helpText(catalog);
    for (const { id, listed } of catalog) expect(text.includes(`/dragonfly ${id}`)).toBe(listed !== false);
    expect(text).not.toContain("approvals");
  });

  it("grows with the registry", () => {
    const added = defineRunbook({
      id: "new-one",
      title: "New",
      description: "what the new one does",
      params: z.object({ depth: z.number().describe("how deep") }),
      positional: ["depth"],
      effect: "read",
      run: async () => ({ summary: "", findings: [], tables: [] }),
    });
    expect(helpText([...catalog, added])).toContain("`/dragonfly new-one [depth]` — what the new one does");
    expect(interpret("new-one 3", [added])).toMatchObject({ kind: "run", params: { depth: 3 } });
  });
});
