import type { HomeView, KnownBlock } from "@slack/types";
import type { Report } from "../../reports/model.ts";
import { escapedUpTo } from "../../reports/render/slack-text.ts";
import type { RunRecord } from "../../runbooks/durable/record.ts";
import { detailsButton } from "../changes/run-buttons.ts";
import { context, requesterOf, section, slackTime, stateWords } from "../changes/words.ts";

export const homeActionIds = { refresh: "home_refresh", open: "home_open", propose: "home_propose" } as const;

/** What the App Home of one person shows. */
export interface HomeContents {
  /** Runs that wait for this person's decision, with a link to the card. */
  readonly waiting: readonly HomeRun[];
  readonly asked: readonly HomeRun[];
  /** Undefined while it is being read; a text when it could not be. */
  readonly platform: Report | string | undefined;
  /** Why the runs are not known. */
  readonly trouble?: string;
  /** Id of the change that the button begins; undefined when there is none. */
  readonly proposal: string | undefined;
  readonly at: Date;
}

export interface HomeRun {
  readonly record: RunRecord;
  readonly title: string;
  /** To its card. */
  readonly link: string | undefined;
}

const mostRuns = 10;
const mostFindings = 8;
const marks = { ok: ":white_check_mark:", warn: ":warning:", fail: ":x:", unknown: ":grey_question:" } as const;

/** What waits for a person, what they asked for, and how the platform is. */
export function homeView({ waiting, asked, platform, trouble, proposal, at }: HomeContents): HomeView {
  return {
    type: "home",
    blocks: [
      { type: "header", text: { type: "plain_text", text: "Waiting for your decision" } },
      ...(trouble === undefined
        ? runBlocks(waiting, "Nothing waits for you.")
        : [section(escapedUpTo(trouble, 1_000))]),
      { type: "divider" },
      { type: "header", text: { type: "plain_text", text: "You asked for" } },
      ...(trouble === undefined ? runBlocks(asked, "Nothing yet. `/dragonfly help` says what there is.") : []),
      ...(proposal === undefined ? [] : proposalBlocks(proposal)),
      { type: "divider" },
      { type: "header", text: { type: "plain_text", text: "The platform" } },
      ...platformBlocks(platform),
      context(`as of ${slackTime(at.toISOString())}`),
      {
        type: "actions",
        elements: [
          { type: "button", action_id: homeActionIds.refresh, text: { type: "plain_text", text: "Look again" } },
        ],
      },
    ],
  };
}

function proposalBlocks(proposal: string): readonly KnownBlock[] {
  return [
    { type: "divider" },
    {
      ...section("*A Dragonfly for another team?* Propose a tenant: its plan is shown before anything is written."),
      accessory: {
        type: "button",
        action_id: homeActionIds.propose,
        text: { type: "plain_text", text: "Propose a tenant…" },
        value: proposal,
      },
    },
  ];
}

function runBlocks(runs: readonly HomeRun[], nothing: string): readonly KnownBlock[] {
  if (runs.length === 0) return [section(nothing)];
  const more = runs.length > mostRuns ? [context(`… and ${runs.length - mostRuns} more: /dragonfly runs`)] : [];
  return [...runs.slice(0, mostRuns).flatMap(runBlock), ...more];
}

function runBlock({ record, title, link }: HomeRun): readonly KnownBlock[] {
  const text = `*${escapedUpTo(title, 200)}*\n${stateWords[record.state]} · asked for by ${requesterOf(record.requester)}, ${slackTime(record.requestedAt)}`;
  return [
    section(text),
    {
      type: "actions",
      elements: [
        detailsButton(record),
        ...(link === undefined
          ? []
          : [
              {
                type: "button" as const,
                action_id: homeActionIds.open,
                text: { type: "plain_text" as const, text: "Open the card" },
                url: link,
              },
            ]),
      ],
    },
  ];
}

function platformBlocks(platform: HomeContents["platform"]): readonly KnownBlock[] {
  if (platform === undefined) return [section(":hourglass_flowing_sand: Reading…")];
  if (typeof platform === "string") return [section(`:grey_question: ${escapedUpTo(platform, 1_000)}`)];
  const { verdict, summary, findings } = platform;
  const worse = findings.filter((one) => one.verdict !== "ok").slice(0, mostFindings);
  const lines = worse.map((one) => `${marks[one.verdict]} ${escapedUpTo(one.title, 200)}`);
  return [
    section(`${marks[verdict]} *${escapedUpTo(summary, 300)}*`),
    ...(lines.length === 0 ? [] : [section(lines.join("\n").slice(0, 2_900))]),
  ];
}
