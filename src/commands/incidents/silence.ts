import type { View } from "@slack/types";
import { z } from "zod";
import type { Incident } from "../../alerts/incident.ts";
import type { Matcher } from "../../alerts/manager.ts";
import { BotError } from "../../errors.ts";

export const silenceViewId = "incident_silence_view";

const hours: readonly (readonly [string, number])[] = [
  ["30 minutes", 0.5],
  ["1 hour", 1],
  ["2 hours", 2],
  ["8 hours", 8],
  ["24 hours", 24],
  ["7 days", 168],
];

/** Asks how long, what, and why; the matchers are those of the group, to be changed. */
export function silenceView(incident: Incident): View {
  const matchers = Object.entries(incident.groupLabels)
    .map(([name, value]) => `${name}="${value}"`)
    .join("\n");
  const options = hours.map(([label, value]) => ({
    text: { type: "plain_text" as const, text: label },
    value: String(value),
  }));
  const [, first] = options;
  return {
    type: "modal",
    callback_id: silenceViewId,
    private_metadata: JSON.stringify({ incident: incident.id }),
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
          initial_value: matchers,
          max_length: 2_000,
        },
      },
      {
        type: "input",
        block_id: "comment",
        label: { type: "plain_text", text: "Why?" },
        element: { type: "plain_text_input", action_id: "comment", multiline: true, max_length: 500 },
      },
    ],
  };
}

const metadata = z.object({ incident: z.string() });

/** Which incident a sent-off dialog was about. */
export function silencedIncident(privateMetadata: string): string {
  return metadata.parse(JSON.parse(privateMetadata)).incident;
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
