import type { KnownBlock, View } from "@slack/types";
import { z } from "zod";
import type { Incident } from "../../alerts/incident.ts";
import type { Matcher, Silence } from "../../alerts/manager.ts";
import { BotError } from "../../errors.ts";
import { codeSlack, escapedUpTo } from "../../reports/render/slack-text.ts";
import { context, mention, section, slackTime } from "../changes/words.ts";

export const silenceViewId = "incident_silence_view";
/** The names that Slack sends back for what is under a list of silences. */
export const silenceActionIds = { begin: "silence_begin", expire: "silence_expire" } as const;

const hours: readonly (readonly [string, number])[] = [
  ["30 minutes", 0.5],
  ["1 hour", 1],
  ["2 hours", 2],
  ["8 hours", 8],
  ["24 hours", 24],
  ["7 days", 168],
];

/**
 * Asks how long, what, and why; the matchers are those of the group, to be changed. Without an incident they are for the person
 * to write. `existing` are the silences there are, each with a button that ends it; undefined while they are not known.
 */
export function silenceView(incident: Incident | undefined, existing: readonly Silence[] | undefined): View {
  const matchers = matchersText(
    Object.entries(incident?.groupLabels ?? {}).map(([name, value]) => ({
      name,
      value,
      isRegex: false,
      isEqual: true,
    })),
  );
  const options = hours.map(([label, value]) => ({
    text: { type: "plain_text" as const, text: label },
    value: String(value),
  }));
  const [, first] = options;
  return {
    type: "modal",
    callback_id: silenceViewId,
    private_metadata: JSON.stringify({ incident: incident?.id ?? "" }),
    title: { type: "plain_text", text: "Silence" },
    submit: { type: "plain_text", text: "Silence" },
    close: { type: "plain_text", text: "Back" },
    blocks: [
      {
        type: "input",
        block_id: "hours",
        label: { type: "plain_text", text: "For how long?" },
        element: {
          type: "static_select",
          action_id: "hours",
          options,
          ...(first === undefined ? {} : { initial_option: first }),
        },
      },
      {
        type: "input",
        block_id: "matchers",
        label: { type: "plain_text", text: "Which alerts? One matcher a line, as in Alertmanager" },
        element: {
          type: "plain_text_input",
          action_id: "matchers",
          multiline: true,
          ...(matchers === "" ? {} : { initial_value: matchers }),
          placeholder: { type: "plain_text", text: 'alertname="DragonflyPodDown"' },
          max_length: 2_000,
        },
      },
      {
        type: "input",
        block_id: "comment",
        label: { type: "plain_text", text: "Why?" },
        element: { type: "plain_text_input", action_id: "comment", multiline: true, max_length: 500 },
      },
      ...silenceBlocks(existing),
    ],
  };
}

const mostListed = 15;

/** The silences that are in force, each with a button that ends it. */
export function silenceBlocks(existing: readonly Silence[] | undefined): readonly KnownBlock[] {
  if (existing === undefined) return [context("Looking for the silences there are…")];
  const inForce = existing
    .filter(({ state }) => state !== "expired")
    .toSorted((a, b) => a.endsAt.localeCompare(b.endsAt));
  if (inForce.length === 0) return [context("No silence is in force.")];
  const blocks = inForce.slice(0, mostListed).map((silence): KnownBlock => {
    const { id, matchers, endsAt, createdBy, comment, state } = silence;
    const what = codeSlack(matchersText(matchers).replaceAll("\n", ", "), 600);
    const by = mention(/^dfbot for (\S+)$/.exec(createdBy)?.[1] ?? createdBy);
    const why = escapedUpTo(comment.replace(/ \[dfbot [^\]]*\]$/, ""), 300);
    return {
      ...section(
        `:no_bell: ${what}\n${state === "pending" ? "begins later, " : ""}until ${slackTime(endsAt)}, by ${by}: ${why}`,
      ),
      accessory: {
        type: "button",
        action_id: silenceActionIds.expire,
        text: { type: "plain_text", text: "End it" },
        value: id,
      },
    } as KnownBlock;
  });
  const more = inForce.length - mostListed;
  return [...blocks, ...(more > 0 ? [context(`… and ${more} more, in Alertmanager`)] : [])];
}

const metadata = z.object({ incident: z.string() });

/** Which incident a dialog is about; undefined for none. */
export function silencedIncident(privateMetadata: string): string | undefined {
  const { incident } = metadata.parse(JSON.parse(privateMetadata));
  return incident === "" ? undefined : incident;
}

/** One a line, as `parseMatchers` reads them. */
function matchersText(matchers: readonly Matcher[]): string {
  return matchers
    .map(({ name, value, isRegex, isEqual }) => {
      const operator = isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=";
      return `${name}${operator}"${value.replaceAll(/["\\]/g, "\\$&")}"`;
    })
    .join("\n");
}

/**
 * `name="value"`, `name!="value"`, `name=~"expression"`, `name!~"expression"`, one a line.
 *
 * @throws BotError `silence.matchers` with the line that is none, or when there is none at all
 */
export function parseMatchers(text: string): readonly Matcher[] {
  const lines = text
    .split(/\n|,(?=\s*\w+\s*[=!])/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const matchers = lines.map((line): Matcher => {
    const [, name, operator, quoted, bare] =
      /^([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|(\S+))$/.exec(line) ?? [];
    const value = quoted?.replaceAll(/\\(.)/g, "$1") ?? bare;
    if (name === undefined || operator === undefined || value === undefined) {
      throw new BotError(
        "silence.matchers",
        `"${line.slice(0, 100)}" is not a matcher`,
        'Write for example alertname="DragonflyPodDown"',
      );
    }
    return { name, value, isRegex: operator.endsWith("~"), isEqual: !operator.startsWith("!") };
  });
  // One that matches everything silences everything.
  const matchesSomething = matchers.some(
    ({ value, isEqual, isRegex }) => isEqual && value !== "" && !(isRegex && /^\.[*+]$/.test(value)),
  );
  if (matchesSomething) return matchers;
  throw new BotError(
    "silence.matchers",
    "At least one matcher must name a value that is wanted",
    "A silence without would silence everything",
  );
}
