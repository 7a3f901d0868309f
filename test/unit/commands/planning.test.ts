import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseView } from "../../../sandbox/slack/view-rules.ts";
import { inputsFor, labelOf, readFields } from "../../../src/commands/planning/fields.ts";
import { type FormParts, formOrigin, formView, readForm } from "../../../src/commands/planning/form-view.ts";
import {
  planMessage,
  planningView,
  planView,
  readPlanButton,
  readPlanView,
} from "../../../src/commands/planning/plan-view.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { changeIds } from "../../../src/runbooks/changes/ids.ts";
import { defineRunbook } from "../../../src/runbooks/define.ts";
import { describeParameters } from "../../../src/runbooks/parameter-description.ts";
import { previewOf } from "../../../src/runbooks/preview.ts";
import { finding, hostileText, report } from "../../fakes/report.ts";
import { diff } from "../../fakes/tenant-runbooks.ts";

const every = defineRunbook({
  id: "every-kind",
  title: "Every kind of parameter there is, with a long title",
  description: "Has one of each",
  params: z.strictObject({
    name: z
      .string()
      .max(30)
      .regex(/^[a-z]+$/, "lower case letters")
      .describe("its name"),
    purpose: z.string().describe("what it is for"),
    replicas: z.int().min(2).max(5).default(3).describe("pods"),
    share: z.number().optional().describe("a part of it"),
    isolation: z.enum(["shared", "own"]).optional().describe("where"),
    size: z.enum(["a", "b", "c", "d", "e", "f"]).default("b").describe("how large"),
    clusters: z.array(z.string()).min(1).default(["infra"]).describe("where its consumers are"),
    commands: z
      .array(z.enum(["blocking", "stream"]))
      .optional()
      .describe("what it may do"),
    others: z.array(z.string()).optional().describe("names, with commas"),
    persistence: z.boolean().default(true).describe("keep snapshots"),
    undeclaredKeys: z.boolean().default(false).describe("Lua scripts touch keys that they do not declare"),
  }),
  positional: ["name"],
  effect: "read",
  run: async () => ({ summary: "", findings: [], tables: [] }),
}) as unknown as FormParts["runbook"];
const choices = { clusters: ["infra", "apps"] };
const view = (given: FormParts["given"], more: Partial<FormParts> = {}) =>
  formView({ runbook: every, given, choices, channel: "C0OPS", ...more });
const taken = (form: object) => expect(parseView(form, "modal")).toHaveProperty("view");
const input = (given: FormParts["given"], name: string) =>
  inputsFor(describeParameters(every), { given, choices, problems: {} }).find(({ block_id }) => block_id === name);

describe("the form of a change", () => {
  it("has an input of the right kind for each parameter, with what is given or holds by default", () => {
    const kinds = inputsFor(describeParameters(every), { given: {}, choices, problems: {} }).map(
      ({ block_id, element }) => `${block_id} ${element.type}`,
    );
    expect(kinds).toEqual([
      "name plain_text_input",
      "purpose plain_text_input",
      "replicas number_input",
      "share number_input",
      "isolation radio_buttons",
      "size static_select",
      "clusters checkboxes",
      "commands checkboxes",
      "others plain_text_input",
      "plan_boxes checkboxes",
    ]);
    expect(input({}, "replicas")).toMatchObject({
      optional: false,
      element: { initial_value: "3", min_value: "2", max_value: "5", is_decimal_allowed: false },
    });
    expect(input({ replicas: "5" }, "replicas")).toMatchObject({ element: { initial_value: "5" } });
    expect(input({}, "isolation")).toMatchObject({ element: { initial_option: { text: { text: "As recommended" } } } });
    expect(input({}, "size")).toMatchObject({ element: { initial_option: { value: "b" } } });
    expect(input({}, "clusters")).toMatchObject({ element: { initial_options: [{ value: "infra" }] } });
    expect(input({}, "plan_boxes")).toMatchObject({ element: { initial_options: [{ value: "persistence" }] } });
    expect(input({ undeclaredKeys: true, persistence: "no" }, "plan_boxes")).toMatchObject({
      element: { initial_options: [{ value: "undeclaredKeys" }] },
    });
  });

  it("tells while it is typed only what can be told then", () => {
    const dispatching = inputsFor(describeParameters(every), { given: {}, choices, problems: {} }).filter(
      ({ dispatch_action }) => dispatch_action === true,
    );
    expect(dispatching.map(({ block_id }) => block_id)).toEqual(["name"]);
  });

  it("says at the input what is wrong with what was given, and nothing yet about what is missing", () => {
    const said = JSON.stringify(view({ name: "Payments", replicas: "9" }));
    expect(said).toContain(':warning: Found \\"Payments\\"; lower case letters');
    expect(said).toContain(':warning: Found \\"9\\"; allowed: at most 5');
    expect(said).not.toContain("missing");
  });

  it("is a view that Slack takes, whatever was given", () => {
    // Any text, halves of characters included; fast-check's own takes seconds to begin.
    const codeUnits = fc.array(fc.nat(0xffff), { maxLength: 100 }).map((units) => String.fromCharCode(...units));
    const words = fc.oneof(codeUnits, fc.constant<true>(true), fc.constant("x".repeat(5_000)));
    const names = Object.keys(every.params.shape);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), words), (given) => {
        taken(view(given, { channel: undefined, offeredChannel: "C0OPS" }));
      }),
      { numRuns: 20 },
    );
  });

  it.each(changeIds.flatMap((id) => previewOf(id, catalog) ?? []))("of $id is one that Slack takes", (runbook) => {
    taken(formView({ runbook, given: {}, choices, channel: "C0OPS" }));
    taken(formView({ runbook, given: {}, choices: {}, channel: undefined }));
  });

  it("names parameters as people do", () => {
    expect(["name", "undeclaredKeys", "dry-run", "clusters"].map(labelOf)).toEqual([
      "Name",
      "Undeclared keys",
      "Dry run",
      "Environments",
    ]);
  });
});

describe("a form that was sent off", () => {
  const typed = (value: string) => ({ plan_field: { type: "plain_text_input", value } });
  const chosen = (...values: readonly string[]) => ({
    plan_field: { type: "checkboxes", selected_options: values.map((value) => ({ value })) },
  });
  const one = (value: string) => ({ plan_field: { type: "radio_buttons", selected_option: { value } } });
  const complete = {
    name: typed("payments"),
    purpose: typed(" sessions "),
    clusters: chosen("infra", "apps"),
    plan_boxes: chosen("undeclaredKeys"),
  };
  const read = (values: unknown) => readForm(every, { runbook: "every-kind", channel: "C0OPS" }, values);

  it("is the parameters, what was left open being left out", () => {
    expect(read({ ...complete, isolation: one("-"), share: { plan_field: { value: null } } })).toEqual({
      ok: true,
      channel: "C0OPS",
      params: {
        name: "payments",
        purpose: "sessions",
        replicas: 3,
        size: "b",
        clusters: ["infra", "apps"],
        persistence: false,
        undeclaredKeys: true,
      },
    });
    expect(read({ ...complete, isolation: one("own") })).toMatchObject({ params: { isolation: "own" } });
  });

  it("is told at its inputs what is wrong", () => {
    expect(read({ ...complete, name: typed("PAY"), clusters: chosen(), replicas: typed("99") })).toEqual({
      ok: false,
      errors: { name: 'Found "PAY"; lower case letters', replicas: 'Found "99"; allowed: at most 5' },
    });
  });

  it("must say where it is decided when nobody knows that", () => {
    const home = { runbook: "every-kind" };
    expect(readForm(every, home, complete)).toMatchObject({ ok: false, errors: { plan_channel: expect.any(String) } });
    const values = { ...complete, plan_channel: { plan_channel: { selected_conversation: "C0OPS" } } };
    expect(readForm(every, home, values)).toMatchObject({ ok: true, channel: "C0OPS" });
  });

  it("reads back what was given, for as long as somebody types", () => {
    expect(readFields(describeParameters(every), { name: typed("pa"), plan_boxes: chosen() })).toEqual({
      name: "pa",
      persistence: "no",
      undeclaredKeys: "no",
    });
  });

  it.each(["", "{}", "null", '{"runbook":7}'])("with %j for its origin is from another version", (metadata) => {
    expect(formOrigin(metadata)).toBeUndefined();
    expect(readPlanView(metadata)).toBeUndefined();
    expect(readPlanButton(metadata)).toBeUndefined();
  });
});

describe("the plan of a change", () => {
  const at = "2026-01-02T12:00:00.000Z";
  const fine = report({ findings: [finding({ evidence: [{ command: "git diff", output: diff, at }] })] });
  const planned = { run: "r-20260102-120000-3fa9c1", runbook: "tenant-propose", params: { name: "payments" } };
  const plan = (more: object = {}) => ({ report: fine, planned, refusal: undefined, ...more });

  it("is asked for by what the dialog and the button carry", () => {
    const dialog = planView("Tenant", "key", plan(), "C0OPS");
    expect(dialog.submit?.text).toBe("Open merge request");
    expect(readPlanView(dialog.private_metadata ?? "")).toEqual({ channel: "C0OPS", planned });
    const button = JSON.stringify(planMessage(plan()).blocks?.at(-1));
    expect(button).toContain("Open merge request");
    expect(button).toContain("Details");
  });

  it.each([
    ["a check fails", { report: { ...fine, verdict: "fail" as const } }, "It cannot be asked for like this"],
    ["there is no diff", { report: report({ verdict: "unknown" }) }, "There is nothing to ask for"],
    ["the person may not", { refusal: "Only operators may ask for this" }, "Only operators may ask for this"],
    ["it is too long for Slack", { planned: { ...planned, params: { text: "x".repeat(4_000) } } }, "too long"],
  ])("has no button when %s, and says so", (_, more, words) => {
    const dialog = planView("Tenant", "key", plan(more), "C0OPS");
    expect(dialog.submit).toBeUndefined();
    expect(JSON.stringify(dialog)).toContain(words);
    expect(JSON.stringify(planMessage(plan(more)))).toContain(words);
    expect(JSON.stringify(planMessage(plan(more)))).not.toContain("Open merge request");
    taken(dialog);
  });

  it("and the wait for it are views that Slack takes", () => {
    taken(planningView(hostileText, "key"));
    taken(planView(hostileText, "key", { problem: "It went wrong" }, "D0ADA"));
    taken(planView("", "key", plan(), "D0ADA"));
  });
});
