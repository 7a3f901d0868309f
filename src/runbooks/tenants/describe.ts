import { shortDigest } from "../../approvals/plan.ts";
import type { Config } from "../../config/file.ts";
import { verdicts } from "../../reports/model.ts";
import type { Requester } from "../definition.ts";
import { gitlabNameOf } from "./identity.ts";
import { cell, code, flatten } from "./markdown.ts";
import type { Prepared } from "./prepared.ts";

/** Everything that the bot writes into the Git project about a change, as text. Nothing that people gave stands in it bare. */

export interface About {
  readonly runId: string;
  readonly runbook: string;
  readonly requester: Requester["id"];
}

/** Unique to what is proposed: by it the bot recognises its own commit. */
export function commitMessage(prepared: Prepared, { runId, requester }: About): string {
  return [
    flatten(prepared.title, 120),
    "",
    ...prepared.effects.map((effect) => `- ${flatten(effect, 200)}`),
    "",
    `Requested-by: ${flatten(requester, 100)}`,
    `Dfbot-Run: ${runId}`,
    `Dfbot-Draft: ${prepared.digest}`,
  ].join("\n");
}

export function mergeRequestTitle(prepared: Prepared): string {
  return flatten(prepared.title, 200);
}

const emojis = { ok: ":white_check_mark:", warn: ":warning:", unknown: ":grey_question:", fail: ":x:" } as const;

function worstFirst(checks: Prepared["checks"]): Prepared["checks"] {
  return checks.toSorted((a, b) => verdicts.indexOf(b.verdict) - verdicts.indexOf(a.verdict));
}

/** The plan for whoever looks at the merge request in GitLab. */
export function mergeRequestDescription(prepared: Prepared, about: About): string {
  const { effects, reasons, checks, sums, files, risk, base, digest } = prepared;
  const list = (lines: readonly string[]) => lines.map((line) => `- ${code(line)}`);
  const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
  const part = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`### ${title}`, "", ...lines, ""];
  return [
    "Opened by the Dragonfly runbook bot. It is decided about in Slack; the bot then merges exactly what was approved. A push, or a change",
    "of the same files on the target branch, takes back what was approved.",
    "",
    ...part("What will be different", list(effects)),
    ...part("Why", list(reasons)),
    ...part(
      "Checks",
      checks.length === 0
        ? []
        : table(
            ["", "check", "result"],
            worstFirst(checks).map(({ verdict, id, title, detail }) => [
              emojis[verdict],
              cell(id),
              cell(detail === "" ? title : `${title}. ${detail}`),
            ]),
          ),
    ),
    ...part(
      "Sums",
      sums.length === 0
        ? []
        : table(
            ["what", "now", "then", "limit"],
            sums.map(({ what, now, after, limit }) => [what, now, after, limit].map((text) => cell(text))),
          ),
    ),
    ...part(
      "Files",
      files.map(({ what, path }) => `- ${what}: ${code(path)}`),
    ),
    `Risk ${risk} · asked for by ${code(about.requester)} · run ${code(about.runId)} of ${code(about.runbook)} · on ${code(base)} · draft ${code(digest)}`,
    "",
  ].join("\n");
}

export interface Approved {
  /** Of the plan. */
  readonly digest: string;
  readonly head: string;
  /** Canonical ids. */
  readonly by: readonly string[];
  /** `break-glass: …` where somebody went ahead alone. */
  readonly reason: string;
}

/** Who approved what, for those who look at the merge request later. */
export function approvalNote({ digest, head, by, reason }: Approved, { runId }: About, config: Config): string {
  const who = by.map((id) => code(named(id, config))).join(", ");
  return [
    `Approved in Slack by ${who}: plan ${code(digest)} at ${code(head)}, run ${code(runId)}.`,
    ...(reason === "" ? [] : ["", `They went ahead alone: ${code(reason)}`]),
  ].join("\n");
}

/** Message of the merge commit; its trailers prove later who approved which plan. */
export function mergeMessage(
  prepared: Prepared,
  { iid, ...approved }: Approved & { readonly iid: number },
  { runId, requester }: About,
  config: Config,
): string {
  return [
    flatten(prepared.title, 120),
    "",
    `Merge request !${iid}, plan ${shortDigest(approved.digest)}`,
    "",
    `Requested-by: ${flatten(named(requester, config), 100)}`,
    ...approved.by.map((id) => `Approved-by: ${flatten(named(id, config), 100)}`),
    ...(approved.reason === "" ? [] : [`Break-glass: ${flatten(approved.reason, 300)}`]),
    `Dfbot-Run: ${runId}`,
    `Dfbot-Plan: ${approved.digest}`,
  ].join("\n");
}

function named(id: string, config: Config): string {
  const gitlab = gitlabNameOf(id, config);
  return gitlab === undefined ? id : `${id} (${gitlab} in GitLab)`;
}
