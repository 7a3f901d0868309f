import type { Config } from "../../config/file.ts";
import type { Platform } from "../../platform/ports.ts";
import { checksSection, deedsFindingId } from "../../reports/plan-report.ts";
import type { Conclusion } from "../definition.ts";
import { finding } from "../instance/findings.ts";
import { effectsOf, stops } from "./plan.ts";
import { prepare } from "./prepare.ts";

interface Context {
  readonly params: { readonly instance?: string | undefined };
  readonly config: Config;
  readonly platform: Platform;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/** What a drill would do, who would feel it, and whether it could be asked for now. Nothing is changed. */
export async function previewDrill({ params, config, platform, signal, now }: Context): Promise<Conclusion> {
  const prepared = await prepare(params.instance, { config, platform }, signal, now);
  const against = prepared.checks.filter(stops);
  const { primary, instance } = prepared.members;
  const [first] = against;
  return {
    summary:
      first === undefined
        ? `A drill would evict ${primary.pod}, the primary of ${instance.name}, and measure what clients see`
        : `A drill would be refused: ${first.title}${against.length === 1 ? "" : ` (and ${against.length - 1} more)`}`,
    findings: [
      ...prepared.checks.map(({ id, verdict, title, detail, command, at }) =>
        finding({
          id: `plan.${id}`,
          section: checksSection,
          verdict,
          title,
          detail,
          evidence: [{ command, output: title, at }],
        }),
      ),
      finding({
        id: deedsFindingId,
        section: "Plan",
        verdict: "ok",
        title: "What will be done, and what everybody sees of it",
        detail: effectsOf(prepared, config.drill)
          .map(({ description }) => `• ${description}`)
          .join("\n"),
      }),
    ],
    tables: [],
  };
}
