import { z } from "zod";
import type { AuditFilter } from "../../audit/chain.ts";
import type { CommandLine } from "../parse.ts";

const day = z.iso.date().or(z.iso.datetime({ offset: true }));
const schema = z.strictObject({
  person: z
    .string()
    // As Slack writes a mention when it escapes them.
    .transform((text) => /^<@([UW][A-Z0-9]+)(?:\|[^>]*)?>$/.exec(text)?.[1] ?? text.replace(/^@/, ""))
    .optional(),
  run: z.string().optional(),
  runbook: z.string().optional(),
  target: z.string().optional(),
  action: z.string().optional(),
  digest: z
    .string()
    .regex(/^[0-9a-f]{6,64}$/, "must be the beginning of a plan's digest")
    .optional(),
  from: day.optional(),
  until: day.optional(),
});

export const auditUsage =
  "/dragonfly audit [person=@name] [run=…] [runbook=…] [target=…] [action=…] [digest=…] [from=2026-01-01] [until=2026-02-01]";

/** What is asked of the audit log; a bare word is a run, a person or a runbook. */
export function auditQuestion(
  line: CommandLine,
): { readonly ok: true; readonly filter: AuditFilter } | { readonly ok: false; readonly problems: readonly string[] } {
  const given: Record<string, unknown> = { ...line.named };
  for (const word of line.positionals)
    given[/^r-\d/.test(word) ? "run" : /^<?@/.test(word) ? "person" : "runbook"] = word;
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    return {
      ok: false,
      problems: parsed.error.issues.map(({ path, message }) => `${path.join(".") || "audit"}: ${message}`),
    };
  }
  const { from, until, ...rest } = parsed.data;
  const exact = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ok: true,
    filter: {
      ...exact,
      ...(from === undefined ? {} : { from: new Date(from) }),
      ...(until === undefined ? {} : { until: new Date(until) }),
    },
  };
}
