import { type DestinationStream, type Logger, pino } from "pino";
import type { Scrub } from "./secrets.ts";

export type { Logger };

const secretFields = [
  "token",
  "password",
  "secret",
  "authorization",
  "signingSecret",
  "botToken",
  "appToken",
  "response_url",
  "trigger_id",
];

/**
 * JSON logs, one object a line. Fields with a secret's name are removed by pino; whatever else slips through (a token in
 * an error message, a URL with a password) is taken out of the finished line by the scrubber.
 */
export function createLogger(options: {
  readonly level: string;
  readonly scrub: Scrub;
  readonly out: DestinationStream;
}): Logger {
  const destination: DestinationStream = { write: (line) => options.out.write(options.scrub(line)) };
  return pino(
    {
      level: options.level,
      base: { name: "dfbot" },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: "[redacted]" },
    },
    destination,
  );
}
